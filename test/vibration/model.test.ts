import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { accuracyOf, evaluate, heldOutWindows, strongestOf } from "../../examples/vibration/evaluate.ts";
import * as frontEnd from "../../examples/vibration/front-end.ts";
import { labels, readRecordings, unseenSpeeds } from "../../examples/vibration/recordings.ts";
import { resultsMarkdown } from "../../examples/vibration/results.ts";
import { featureCount, frontEndSource, trainModel } from "../../examples/vibration/training.ts";
import { buildHost } from "../../runtime/build.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";
import { testWithShared } from "../requirements.ts";

const folder = join(import.meta.dirname, "../../examples/vibration");
const modelFile = join(folder, "model.tflite");
const model = new Uint8Array(readFileSync(modelFile));
const readme = readFileSync(join(folder, "README.md"), "utf8");
const dataSet = "sensors/fan-vibration/accelerometer.csv";

test("the model takes a row of int8 features, gives three classes, and stays small in flash and memory", async (t) => {
  const info = readTflite(model);
  const [input, output] = [info.tensors[info.inputs[0]!]!, info.tensors[info.outputs[0]!]!];
  t.deepEqual([input.shape, input.type], [[1, featureCount], 9]);
  t.deepEqual([output.shape, output.type, output.scales, output.zeroPoints], [[1, labels.length], 9, [1 / 256], [-128]]);
  t.true(model.length <= 20 * 1024);
  const { modelRun } = await buildHost();
  const { stdout } = await promisify(execFile)(modelRun!, ["info", modelFile]);
  const { memoryBytes, tensorArenaBytes } = JSON.parse(stdout) as { memoryBytes: number; tensorArenaBytes: number };
  t.true(tensorArenaBytes <= 1024, `${tensorArenaBytes}`);
  t.true(memoryBytes <= 16 * 1024, `${memoryBytes}`);
});

testWithShared(dataSet, "the model is right on what its training never saw as often as the README says", async (t, file) => {
  const results = await evaluate(model, readRecordings(file), frontEnd, unseenSpeeds);
  t.true(readme.includes(resultsMarkdown(results, model.length)), "README.md differs: run examples/vibration/train.ts and commit what it wrote");
  const [later, unseen] = [accuracyOf(results.later), accuracyOf(results.unseen)];
  t.deepEqual([later.all, unseen.all], [13 * 3 * 12, 4 * 3 * 45]);
  t.true(later.right / later.all >= 0.93, `${later.right} of ${later.all}`);
  t.true(unseen.right / unseen.all >= 0.75, `${unseen.right} of ${unseen.all}`);
});

testWithShared(dataSet, "the devices' engine gives tfjs-tflite's label for every window that training never saw", async (t, file) => {
  const { later, unseen } = heldOutWindows(model, readRecordings(file), frontEnd, unseenSpeeds);
  const windows = [...later, ...unseen];
  const scratch = mkdtempSync(join(tmpdir(), "assay-engine-"));
  writeFileSync(join(scratch, "in"), Buffer.concat(windows.map(({ input }) => new Uint8Array(input.buffer, input.byteOffset, featureCount))));
  const { modelRun } = await buildHost();
  await promisify(execFile)(modelRun!, ["run", modelFile, "--input", join(scratch, "in"), "--output", join(scratch, "out")]);
  const outputs = new Int8Array(new Uint8Array(readFileSync(join(scratch, "out"))).buffer);
  t.is(outputs.length, windows.length * labels.length);
  const wasm = await openInWasm(model);
  for (const [i, { input, label, speed }] of windows.entries()) t.is(strongestOf(outputs.subarray(i * labels.length, (i + 1) * labels.length)), strongestOf(wasm.run(input)), `${labels[label]} at ${speed} %`);
  wasm.close();
});

// Bits of Math.exp and Math.cos may differ between processor architectures; within one they do not.
const reproduces = "training from the recordings reproduces the committed model and front end";
if (process.arch !== "x64") test.skip(`${reproduces} (skipped: they were made on x64)`, () => {});
else {
  testWithShared(dataSet, reproduces, async (t, file) => {
    t.timeout(170_000);
    const trained = await trainModel(readRecordings(file), unseenSpeeds, () => {});
    t.true(Buffer.from(trained.model).equals(model), "model.tflite differs: run examples/vibration/train.ts and commit what it wrote");
    t.is(frontEndSource(trained.frontEnd), readFileSync(join(folder, "front-end.ts"), "utf8"));
  });
}
