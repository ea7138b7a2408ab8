import test from "ava";
import fc from "fast-check";
import { SlidingWindow } from "assay/app/window";

/** The windows that a list of one-channel samples gives. */
function windows(samples: number[], length: number, hop: number): number[][] {
  const window = new SlidingWindow({ length, hop, channels: 1 });
  return samples.flatMap((sample) => (window.push([sample]) ? [[...window.values]] : []));
}

test("a window comes when it is full, then every hop samples", (t) => {
  t.deepEqual(windows([1, 2, 3, 4, 5, 6, 7], 3, 2), [[1, 2, 3], [3, 4, 5], [5, 6, 7]]);
});

test("a hop longer than the window leaves samples out", (t) => {
  t.deepEqual(windows([1, 2, 3, 4, 5, 6, 7], 2, 3), [[1, 2], [4, 5]]);
});

test("windows are the slices of the samples at multiples of the hop, whatever length and hop", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 60 }), (length, hop, count) => {
      const samples = Array.from({ length: count }, (_, i) => i);
      const expected: number[][] = [];
      for (let start = 0; start + length <= count; start += hop) expected.push(samples.slice(start, start + length));
      t.deepEqual(windows(samples, length, hop), expected);
    }),
    { seed: 1 },
  );
});

test("samples of several channels stay together, oldest first", (t) => {
  const window = new SlidingWindow({ length: 2, hop: 1, channels: 2 });
  window.push([1, 10]);
  t.true(window.push([2, 20]));
  t.deepEqual([...window.values], [1, 10, 2, 20]);
  t.true(window.push([3, 30]));
  t.deepEqual([...window.values], [2, 20, 3, 30]);
});
