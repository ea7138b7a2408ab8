/**
 * Time of one inference with the devices' engine (one core; in portable C, with the fastest kernels that the machine has, and as WebAssembly), beside `@tensorflow/tfjs-tflite` (XNNPACK as
 * WebAssembly with SIMD, one thread) in the same run. Processor time throughout, so that what else the machine does weighs less. Copying the input in and the output out counts for both WebAssemblies.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadModel } from "assay/tflite/wasm";
import { buildHost } from "../runtime/build.ts";
import { readTflite } from "../train/tflite-reader.ts";
import { openInWasm } from "../train/tflite-wasm.ts";
import { percentile, type Bench, type Figure } from "./figure.ts";

const ROUNDS = 5;
const root = join(import.meta.dirname, "..");

/** How long a round of one form of the engine takes. */
const SECONDS = 0.3;

/** Those of the conformance data are measured where that data is there. */
const MODELS: readonly (readonly [name: string, file: string])[] = [
  ["machine-health", join(root, "examples", "machine-health", "model.tflite")],
  ...["kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8"].map((name) => [name, join(root, "..", "shared", "tflm", "models", `${name}.tflite`)] as const),
];

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  const { modelRun } = await buildHost({ progress });
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in this checkout, found no such file");
  for (const [name, file] of MODELS) {
    if (!existsSync(file)) {
      progress(`${name}: not measured, ${file} is not here`);
      continue;
    }
    const model = new Uint8Array(await readFile(file));
    const graph = readTflite(model);
    const length = graph.tensors[graph.inputs[0]!]!.shape.reduce((a, b) => a * b, 1);
    const input = Int8Array.from({ length }, (_, i) => ((i * 37) % 256) - 128);
    const wasm = await loadModel(model);
    const peerModel = await openInWasm(model);
    const times = { portable: [] as number[], fastest: [] as number[], wasm: [] as number[], peer: [] as number[] };
    let variant = "portable";
    // The first runs are in code that V8 has not optimized yet.
    await inProcessTime(() => wasm.run(input));
    await inProcessTime(() => peerModel.run(input));
    // In turn, so that the clock of the processor and what else runs on it weigh on all.
    for (let round = 0; round < ROUNDS; round++) {
      times.portable.push((await engineTime(modelRun, file, ["--kernels", "portable"])).microseconds);
      const fastest = await engineTime(modelRun, file, []);
      times.fastest.push(fastest.microseconds);
      variant = fastest.variant;
      times.wasm.push(await inProcessTime(() => wasm.run(input)));
      times.peer.push(await inProcessTime(() => peerModel.run(input)));
    }
    wasm.close();
    peerModel.close();
    const peer = { name: "tfjs-tflite", value: percentile(times.peer, 0.5) };
    for (const [kernels, values] of [["portable", times.portable], [variant, times.fastest], [wasm.kernels.variant, times.wasm]] as const) {
      yield { figure: `${name}, ${kernels} kernels, median of ${ROUNDS} rounds`, value: percentile(values, 0.5), unit: "us", peer };
    }
    yield { figure: `${name}, WebAssembly beside tfjs-tflite, ratio of the medians`, value: percentile(times.wasm, 0.5) / peer.value, unit: "x", goal: { most: 1 } };
  }
};

/** One round in this process: microseconds of processor time per invoke. */
async function inProcessTime(run: () => void): Promise<number> {
  const before = process.cpuUsage();
  let invokes = 0;
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) {
    for (let i = 0; i < 10; i++) run();
    invokes += 10;
  }
  const { user, system } = process.cpuUsage(before);
  // So that V8 can finish compiling in the background before the other's turn.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return (user + system) / invokes;
}

/** One round of the engine in a process of its own. */
async function engineTime(program: string, file: string, options: readonly string[]): Promise<{ variant: string; microseconds: number }> {
  const { stdout } = await promisify(execFile)(program, ["bench", file, "--seconds", String(SECONDS), ...options]);
  const { variant, nanosecondsPerInvoke } = JSON.parse(stdout) as { variant: string; nanosecondsPerInvoke: { median: number } };
  return { variant, microseconds: nanosecondsPerInvoke.median / 1000 };
}

export default bench;
