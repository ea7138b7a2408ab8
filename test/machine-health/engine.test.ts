import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { heldOutWindows, strongestOf } from "../../examples/machine-health/evaluate.ts";
import * as frontEnd from "../../examples/machine-health/front-end.ts";
import { labels, readRecordings, windowValues } from "../../examples/machine-health/recordings.ts";
import { buildHost } from "../../runtime/build.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";

const folder = join(import.meta.dirname, "..", "..", "examples", "machine-health");

test("the devices' engine gives tfjs-tflite's label for every held-out window, and at least 90 % of them are right", async (t) => {
  const file = join(folder, "model.tflite");
  const model = new Uint8Array(await readFile(file));
  const windows = [false, true].flatMap((background) => heldOutWindows(model, readRecordings(join(folder, "data")), frontEnd, background));
  const scratch = await mkdtemp(join(tmpdir(), "assay-engine-"));
  await writeFile(join(scratch, "in"), Buffer.concat(windows.map(({ input }) => Buffer.from(input.buffer, input.byteOffset, windowValues))));
  const { modelRun } = await buildHost();
  await promisify(execFile)(modelRun!, ["run", file, "--input", join(scratch, "in"), "--output", join(scratch, "out")]);
  const outputs = new Int8Array(new Uint8Array(await readFile(join(scratch, "out"))).buffer);
  t.is(outputs.length, windows.length * labels.length);

  const wasm = await openInWasm(model);
  let right = 0;
  for (const [i, { input, label, recording }] of windows.entries()) {
    const given = strongestOf(outputs.subarray(i * labels.length, (i + 1) * labels.length));
    t.is(given, strongestOf(wasm.run(input)), recording);
    if (given === label) right++;
  }
  wasm.close();
  t.true(right / windows.length >= 0.9, `${right} of ${windows.length}`);
});
