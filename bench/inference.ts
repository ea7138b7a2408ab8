/**
 * Time of one inference with the devices' engine (portable C, one core), beside `@tensorflow/tfjs-tflite` (XNNPACK as WebAssembly with SIMD, one thread) in the same run.
 *
 * The engine runs in a process of its own, on k copies of one input: time per invoke is what k invokes take beyond one.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildHost } from "../runtime/build.ts";
import { readTflite } from "../train/tflite-reader.ts";
import { openInWasm } from "../train/tflite-wasm.ts";
import { percentile, type Bench, type Figure } from "./figure.ts";

const ROUNDS = 5;
const root = join(import.meta.dirname, "..");

/** Models and how many invokes make a round of a fraction of a second. Those of the conformance data are measured where that data is there. */
const MODELS: readonly (readonly [name: string, file: string, invokes: number])[] = [
  ["machine-health", join(root, "examples", "machine-health", "model.tflite"), 20_000],
  ...([["kws_ref_model", 200], ["vww_96_int8", 60], ["pretrainedResnet_quant", 50], ["ad01_int8", 2000]] as const).map(
    ([name, invokes]) => [name, join(root, "..", "shared", "tflm", "models", `${name}.tflite`), invokes] as const,
  ),
];

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  const { modelRun } = await buildHost({ progress });
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in this checkout, found no such file");
  const scratch = await mkdtemp(join(tmpdir(), "assay-bench-"));
  try {
    for (const [name, file, invokes] of MODELS) {
      if (!existsSync(file)) {
        progress(`${name}: not measured, ${file} is not here`);
        continue;
      }
      const model = new Uint8Array(await readFile(file));
      const graph = readTflite(model);
      const length = graph.tensors[graph.inputs[0]!]!.shape.reduce((a, b) => a * b, 1);
      const input = Int8Array.from({ length }, (_, i) => ((i * 37) % 256) - 128);
      const wasm = await openInWasm(model);
      const [ours, theirs]: [number[], number[]] = [[], []];
      // In turn, so that whatever else the machine does weighs on both.
      for (let round = 0; round < ROUNDS; round++) {
        const one = await engineSeconds(modelRun, file, scratch, input, 1);
        ours.push(((await engineSeconds(modelRun, file, scratch, input, invokes + 1)) - one) / invokes);
        const started = performance.now();
        for (let i = 0; i < invokes; i++) wasm.run(input);
        theirs.push((performance.now() - started) / 1000 / invokes);
      }
      wasm.close();
      yield { figure: `${name}, median of ${ROUNDS} rounds`, value: percentile(ours, 0.5) * 1e6, unit: "us", peer: { name: "tfjs-tflite", value: percentile(theirs, 0.5) * 1e6 } };
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

async function engineSeconds(program: string, file: string, scratch: string, input: Int8Array, invokes: number): Promise<number> {
  const inputs = join(scratch, "in");
  await writeFile(inputs, Buffer.concat(Array.from({ length: invokes }, () => new Uint8Array(input.buffer, input.byteOffset, input.byteLength))));
  const started = performance.now();
  await promisify(execFile)(program, ["run", file, "--input", inputs, "--output", join(scratch, "out")]);
  return (performance.now() - started) / 1000;
}

export default bench;
