import test from "ava";
import { AppError, defineApp, strongest, type AppDefinition } from "assay/app";
import { standardize } from "assay/features";

const definition: AppDefinition = {
  name: "thermostat",
  version: "1.0.0",
  sensor: { name: "thermometer", channels: ["celsius"], rateHz: 1, open: () => ({ sample: () => [20], close: () => {} }) },
  window: { length: 8, hop: 4 },
  features: standardize({ mean: [20], deviation: [5] }),
  model: new ArrayBuffer(0),
  interpret: strongest(["cold", "warm"]),
};

test("defineApp takes a good definition", (t) => {
  t.is(defineApp(definition).kind, "assay-app");
});

for (const [title, change, expected] of [
  ["a name with capitals", { name: "Thermostat" }, /app name: expected 1 to 32 characters/],
  ["an empty window", { window: { length: 0, hop: 1 } }, /window length: expected 1 to 4096/],
  ["a window that no microcontroller holds", { window: { length: 5000, hop: 1 } }, /window length: expected 1 to 4096/],
  ["a hop of nothing", { window: { length: 8, hop: 0 } }, /window hop: expected/],
  ["a policy that it does not know", { attest: { when: "never" as "always" } }, /attest.when: expected "always" or "change", got never/],
  ["a longest silence where there is none", { attest: { when: "always", atLeastEverySeconds: 60 } }, /attest: expected heldWindows and atLeastEverySeconds with when: "change" only/],
  ["labels held for no window", { attest: { when: "change", heldWindows: 0 } }, /attest.heldWindows: expected 1 to 1000 windows, got 0/],
  ["labels held for half a window", { attest: { when: "change", heldWindows: 1.5 } }, /got 1.5/],
  ["a longest silence shorter than a hop", { attest: { when: "change", atLeastEverySeconds: 3 } }, /attest.atLeastEverySeconds: expected 4 \(one hop of the window\) to 86400, got 3/],
  ["a longest silence that is no number", { attest: { when: "change", atLeastEverySeconds: NaN } }, /got NaN/],
  ["a longest silence without end", { attest: { when: "change", atLeastEverySeconds: Infinity } }, /got Infinity/],
] as const) {
  test(`defineApp refuses ${title}`, (t) => {
    const error = t.throws(() => defineApp({ ...definition, ...change }), { instanceOf: AppError });
    t.is(error.code, "BAD_DEFINITION");
    t.regex(error.message, expected);
  });
}

test("strongest picks the label of the greatest output, the first of equals", (t) => {
  const interpret = strongest(["a", "b", "c"]);
  const inference = (...values: number[]) => ({ output: Int8Array.from(values), dequantized: (i: number) => (values[i]! + 128) / 256 });
  t.deepEqual(interpret(inference(-128, 127, 0)), { label: "b", score: 255 / 256 });
  t.is(interpret(inference(5, 5, 5)).label, "a");
  t.is(t.throws(() => interpret(inference(1, 2)), { instanceOf: AppError }).code, "BAD_RESULT");
});
