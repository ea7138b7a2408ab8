import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { evaluateTraces } from "../../examples/vibration/evaluate.ts";
import * as frontEnd from "../../examples/vibration/front-end.ts";
import { labels } from "../../examples/vibration/recordings.ts";
import { tracesMarkdown } from "../../examples/vibration/results.ts";
import { rateHz, shake } from "../../examples/vibration/synthetic-fan.ts";
import { traceCsv, traces } from "../../examples/vibration/traces.ts";

const folder = join(import.meta.dirname, "../../examples/vibration");

test("the recordings in data/ are what make-traces.ts writes, and each lasts a minute", (t) => {
  t.deepEqual(readdirSync(join(folder, "data")).filter((name) => name.endsWith(".csv")).sort(), Object.keys(traces).map((name) => `${name}.csv`).sort());
  for (const [name, { stretches }] of Object.entries(traces)) {
    t.is(readFileSync(join(folder, "data", `${name}.csv`), "utf8"), traceCsv(name), name);
    t.is(stretches.reduce((sum, { seconds }) => sum + seconds, 0), 60);
  }
});

test("the README says what the model makes of them", async (t) => {
  const results = await evaluateTraces(new Uint8Array(readFileSync(join(folder, "model.tflite"))), frontEnd);
  t.true(readFileSync(join(folder, "README.md"), "utf8").includes(tracesMarkdown(results)), "README.md differs: run examples/vibration/train.ts and commit what it wrote");
});

test("a synthetic fan shakes more where it is out of balance and the faster it turns, in steps of the chip and within its scale", (t) => {
  const deviation = (label: (typeof labels)[number], speed: number): number => {
    const samples = shake([{ seconds: 20, label, speed }], 9);
    t.is(samples.length, 20 * rateHz * 3);
    t.true(samples.every((value) => value >= -8 && value < 8 && Number.isInteger(value * 256)));
    const y = samples.filter((_, i) => i % 3 === 1);
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    return Math.sqrt(y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length);
  };
  t.true(deviation("balanced", 60) < 0.5 * deviation("unbalanced", 60));
  t.true(deviation("far-unbalanced", 40) < 0.7 * deviation("far-unbalanced", 60));
});
