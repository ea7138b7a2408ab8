import { chain, compress, standardize } from "assay/features";
import test from "ava";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accuracyOf, evaluate, strongestOf } from "../../examples/machine-health/evaluate.ts";
import * as frontEnd from "../../examples/machine-health/front-end.ts";
import { channels } from "../../examples/machine-health/proc-counters.ts";
import { labels, readRecordings, windowLength } from "../../examples/machine-health/recordings.ts";
import { resultsMarkdown } from "../../examples/machine-health/results.ts";
import { frontEndSource, trainModel } from "../../examples/machine-health/training.ts";
import { quantizeInput } from "../../train/quantize.ts";
import { SeededRandom } from "../../train/seeded-random.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";

const folder = join(import.meta.dirname, "../../examples/machine-health");
const model = new Uint8Array(readFileSync(join(folder, "model.tflite")));
const recordings = readRecordings(join(folder, "data"));

test("the model takes a window of int8 features, gives three classes and stays small", (t) => {
  const info = readTflite(model);
  const [input, output] = [info.tensors[info.inputs[0]!]!, info.tensors[info.outputs[0]!]!];
  t.deepEqual([input.shape, input.type], [[1, windowLength, 1, channels.length], 9]);
  t.deepEqual([output.shape, output.type, output.scales, output.zeroPoints], [[1, labels.length], 9, [1 / 256], [-128]]);
  t.true(model.length < 8192);
});

test("at least 90 % of the held-out windows are right, and the README says exactly how many", async (t) => {
  const results = await evaluate(model, recordings, frontEnd);
  for (const outcome of [results.recorded, results.besideAssay]) {
    const { right, all } = accuracyOf(outcome);
    t.true(all >= 150);
    t.true(right / all >= 0.9, `${right} of ${all}`);
  }
  t.true(readFileSync(join(folder, "README.md"), "utf8").includes(resultsMarkdown(results, model.length)));
});

// Bits of Math.exp and Math.cos may differ between processor architectures; within one they do not.
const sameArchitecture = process.arch === "x64" ? test : test.skip;

sameArchitecture("training from the committed recordings reproduces the committed model and front end", async (t) => {
  t.timeout(170_000);
  const trained = await trainModel(recordings, () => {});
  t.true(Buffer.from(trained.model).equals(model), "model.tflite differs: run examples/machine-health/train.ts and commit what it wrote");
  t.is(frontEndSource(trained.frontEnd), readFileSync(join(folder, "front-end.ts"), "utf8"));
});

/** Synthetic windows of loads that no recording holds: mean CPU per mode in busy cores, then rates. */
interface Load {
  readonly user: number;
  readonly system: number;
  readonly iowait?: number;
  readonly contextSwitches?: number;
  readonly diskRead?: number;
  readonly diskWrite?: number;
  readonly network?: number;
}

async function labelsGiven(load: Load): Promise<Set<string>> {
  const random = new SeededRandom(1);
  const ticks = (mean: number): number => 0.1 * (mean > 0.8 ? Math.round(mean * 10) : random.poisson(mean * 10));
  const front = chain(compress({ channels: frontEnd.compressed }), standardize(frontEnd));
  const input = readTflite(model).tensors[0]!;
  const wasm = await openInWasm(model);
  const given = new Set<string>();
  for (let repeat = 0; repeat < 30; repeat++) {
    const window = new Float32Array(windowLength * channels.length);
    for (let sample = 0; sample < windowLength; sample++) {
      const events = (load.contextSwitches ?? 3000) * random.between(0.5, 1.5);
      window.set([ticks(load.user), ticks(load.system), ticks(load.iowait ?? 0), 0, events, events * 0.8, load.diskRead ?? 0, load.diskWrite ?? 0, (load.network ?? 2e5) * random.between(0.3, 1.7), 0], sample * channels.length);
    }
    given.add(labels[strongestOf(wasm.run(quantizeInput(front.apply(window, channels.length), input.scales[0]!, input.zeroPoints[0]!)))]!);
  }
  wasm.close();
  return given;
}

for (const [title, load, label] of [
  ["a machine with nothing but Assay running", { user: 0.2, system: 0.1 }, "idle"],
  ["a desktop with half a core of this and that", { user: 0.3, system: 0.2, contextSwitches: 20_000 }, "idle"],
  ["a machine whose load is 0.9 of a core", { user: 0.6, system: 0.3 }, "compute"],
  ["a download", { user: 0.1, system: 0.1, contextSwitches: 8000, network: 5e7 }, "idle"],
  ["one busy core beside Assay", { user: 1.2, system: 0.1 }, "compute"],
  ["one core busy in the kernel, as with yes", { user: 0.25, system: 0.9 }, "compute"],
  ["sixteen busy cores", { user: 16, system: 0.2, contextSwitches: 10_000 }, "compute"],
  ["sixty-four busy cores", { user: 64, system: 1, contextSwitches: 30_000 }, "compute"],
  ["a fast disk that is written without waiting", { user: 0.05, system: 0.9, diskWrite: 8e8 }, "io"],
  ["a hard disk that seeks", { user: 0.05, system: 0.05, iowait: 0.9, diskRead: 4e5, contextSwitches: 1000 }, "io"],
  ["an SD card that is synced over and over", { user: 0.05, system: 0.05, iowait: 0.9, diskWrite: 1e6, contextSwitches: 1000 }, "io"],
] as const) {
  test(`${title} is ${label}`, async (t) => {
    t.deepEqual([...(await labelsGiven(load))], [label]);
  });
}
