import test from "ava";
import { SeededRandom } from "../../train/seeded-random.ts";

test("the same seed gives the same numbers, another seed others", (t) => {
  const draw = (seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 20 }, () => random.next());
  };
  t.deepEqual(draw(7), draw(7));
  t.notDeepEqual(draw(7), draw(8));
  t.true(draw(7).every((value) => value >= 0 && value < 1));
});

test("shuffling keeps every element", (t) => {
  const items = Array.from({ length: 100 }, (_, index) => index);
  const shuffled = new SeededRandom(1).shuffle([...items]);
  t.notDeepEqual(shuffled, items);
  t.deepEqual(shuffled.toSorted((a, b) => a - b), items);
});

test("distributions keep their range and mean", (t) => {
  const random = new SeededRandom(3);
  const mean = (draw: () => number): number => Array.from({ length: 20_000 }, draw).reduce((sum, value) => sum + value, 0) / 20_000;
  t.true(Math.abs(mean(() => random.poisson(1.5)) - 1.5) < 0.05);
  t.true(Math.abs(mean(() => random.between(-1, 3)) - 1) < 0.05);
  t.true(Math.abs(mean(() => Number(random.chance(0.2))) - 0.2) < 0.02);
  for (let i = 0; i < 1000; i++) {
    const factor = random.logBetween(0.1, 10);
    const integer = random.integer(2, 4);
    t.true(factor >= 0.1 && factor < 10 && [2, 3, 4].includes(integer));
  }
});
