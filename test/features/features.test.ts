import test from "ava";
import fc from "fast-check";
import { chain, compress, standardize } from "assay/features";
import { log2Linear } from "assay/features/compress";
import { FeaturesError } from "assay/features/features-error";

test("standardize subtracts the mean and divides by the deviation of each channel", (t) => {
  const features = standardize({ mean: [1, 10], deviation: [2, 5] }).apply(Float32Array.of(3, 0, 1, 15), 2);
  t.deepEqual([...features], [1, -2, 0, 1]);
});

test("standardize leaves the window as it was, since its digest is attested", (t) => {
  const window = Float32Array.of(3, 0);
  standardize({ mean: [1, 10], deviation: [2, 5] }).apply(window, 2);
  t.deepEqual([...window], [3, 0]);
});

test("standardize refuses lists of different lengths, a deviation that is not positive, and a mean that is not finite", (t) => {
  t.is(t.throws(() => standardize({ mean: [1], deviation: [1, 2] }), { instanceOf: FeaturesError }).code, "BAD_LENGTH");
  t.is(t.throws(() => standardize({ mean: [1], deviation: [0] }), { instanceOf: FeaturesError }).code, "BAD_PARAMETER");
  t.is(t.throws(() => standardize({ mean: [Number.NaN], deviation: [1] }), { instanceOf: FeaturesError }).code, "BAD_PARAMETER");
  t.is(t.throws(() => standardize({ mean: [-0], deviation: [1] }), { instanceOf: FeaturesError, message: /got -0$/ }).code, "BAD_PARAMETER");
  t.is(t.throws(() => standardize({ mean: [1], deviation: [1] }).apply(new Float32Array(4), 2), { instanceOf: FeaturesError }).code, "BAD_LENGTH");
});

test("log2Linear is exact at powers of two less one, odd, and monotonic", (t) => {
  for (let exponent = 0; exponent < 40; exponent++) t.is(log2Linear(2 ** exponent - 1), exponent);
  t.is(log2Linear(2), 1.5);
  fc.assert(
    fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), fc.double({ min: -1e15, max: 1e15, noNaN: true }), (a, b) => {
      t.is(log2Linear(-a) + log2Linear(a), 0);
      if (a < b) t.true(log2Linear(a) <= log2Linear(b));
      const difference = Math.log2(1 + Math.abs(a)) - Math.abs(log2Linear(a));
      t.true(difference > -1e-9 && difference < 0.0862);
    }),
    { seed: 1 },
  );
});

test("log2Linear passes infinities and NaN on", (t) => {
  t.is(log2Linear(Infinity), Infinity);
  t.is(log2Linear(-Infinity), -Infinity);
  t.true(Number.isNaN(log2Linear(Number.NaN)));
});

test("compress changes only the channels that it names", (t) => {
  t.deepEqual([...compress({ channels: [1] }).apply(Float32Array.of(3, 3, 7, 7), 2)], [3, 2, 7, 3]);
  t.is(t.throws(() => compress({ channels: [2] }).apply(new Float32Array(4), 2), { instanceOf: FeaturesError }).code, "BAD_PARAMETER");
  t.is(t.throws(() => compress({ channels: [-1] }), { instanceOf: FeaturesError }).code, "BAD_PARAMETER");
});

test("chain applies front ends in order, and its description names every parameter", (t) => {
  const frontEnd = chain(compress({ channels: [0] }), standardize({ mean: [1], deviation: [2] }));
  t.deepEqual([...frontEnd.apply(Float32Array.of(7), 1)], [1]);
  t.is(frontEnd.description, '[["compress",[0]],["standardize",[1],[2]]]');
});
