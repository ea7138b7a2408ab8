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

/**
 * Microseconds of an inference by TensorFlow Lite Micro's reference kernels, and from and to by tfjs-tflite, on another machine: the first table in the README of the conformance
 * data. How fast this machine is beside that one is told by tfjs-tflite, which runs on both.
 */
interface Elsewhere {
  readonly reference: number;
  readonly peer?: readonly [from: number, to: number];
  /** mostly convolutions */
  readonly convolutions: boolean;
}

const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  kws_ref_model: { reference: 3407.817, peer: [217.043, 334.958], convolutions: true },
  vww_96_int8: { reference: 9324.174, peer: [478.902, 632.09], convolutions: true },
  pretrainedResnet_quant: { reference: 10713.199, peer: [498.552, 701.272], convolutions: true },
  ad01_int8: { reference: 184.475, peer: [18.447, 36.234], convolutions: false },
  person_detect: { reference: 8600.318, convolutions: true },
  micro_speech_quantized: { reference: 680.471, peer: [141.26, 147.118], convolutions: true },
  str_ww_ref_model: { reference: 747.332, convolutions: true },
  hello_world_int8: { reference: 0.431, convolutions: false },
};

/** Models on which WebAssembly is to be no slower than tfjs-tflite. */
const WASM_GOALS = new Set(["machine-health", "kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8"]);

/** Those of the conformance data are measured where that data is there. */
const MODELS: readonly (readonly [name: string, file: string])[] = [
  ["machine-health", join(root, "examples", "machine-health", "model.tflite")],
  ...Object.keys(ELSEWHERE).map((name) => [name, join(root, "..", "shared", "tflm", "models", `${name}.tflite`)] as const),
];

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  const { modelRun } = await buildHost({ progress });
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in this checkout, found no such file");
  const portable = new Map<string, number>();
  const scales: number[] = [];
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
    const elsewhere = ELSEWHERE[name];
    // tfjs-tflite cannot load all of them.
    const peerModel = elsewhere === undefined || elsewhere.peer !== undefined ? await openInWasm(model) : undefined;
    const times = { portable: [] as number[], fastest: [] as number[], wasm: [] as number[], peer: [] as number[] };
    let variant = "portable";
    progress(name);
    // The first runs are in code that V8 has not optimized yet.
    await inProcessTime(() => wasm.run(input));
    if (peerModel !== undefined) await inProcessTime(() => peerModel.run(input));
    // In turn, so that the clock of the processor and what else runs on it weigh on all.
    for (let round = 0; round < ROUNDS; round++) {
      times.portable.push((await engineTime(modelRun, file, ["--kernels", "portable"])).microseconds);
      const fastest = await engineTime(modelRun, file, []);
      times.fastest.push(fastest.microseconds);
      variant = fastest.variant;
      times.wasm.push(await inProcessTime(() => wasm.run(input)));
      if (peerModel !== undefined) times.peer.push(await inProcessTime(() => peerModel.run(input)));
    }
    wasm.close();
    peerModel?.close();
    const peer = peerModel === undefined ? undefined : { name: "tfjs-tflite", value: percentile(times.peer, 0.5) };
    for (const [kernels, values] of [["portable", times.portable], [variant, times.fastest], [wasm.kernels.variant, times.wasm]] as const) {
      yield { figure: `${name}, ${kernels} kernels, median of ${ROUNDS} rounds`, value: percentile(values, 0.5), unit: "us", ...(peer === undefined ? {} : { peer }) };
    }
    if (peer !== undefined) yield { figure: `${name}, WebAssembly beside tfjs-tflite, ratio of the medians`, value: percentile(times.wasm, 0.5) / peer.value, unit: "x", ...(WASM_GOALS.has(name) ? { goal: { most: 1 } } : {}) };
    const faster = percentile(times.portable, 0.5) / percentile(times.fastest, 0.5);
    yield { figure: `${name}, ${variant} kernels, times as fast as portable C`, value: faster, unit: "x", ...(elsewhere?.convolutions ? { goal: { least: 8 } } : {}) };
    portable.set(name, percentile(times.portable, 0.5));
    if (elsewhere?.peer !== undefined && peer !== undefined) scales.push(peer.value / ((elsewhere.peer[0] + elsewhere.peer[1]) / 2));
  }
  if (scales.length === 0) return;
  const scale = percentile(scales, 0.5);
  progress(`this machine takes ${scale.toFixed(2)} times as long as the one that the reference's times are from, by tfjs-tflite`);
  for (const [name, { reference }] of Object.entries(ELSEWHERE)) {
    const value = portable.get(name);
    if (value !== undefined) yield { figure: `${name}, portable kernels beside the reference's time scaled to this machine`, value, unit: "us", peer: { name: "reference", value: reference * scale }, goal: { most: (reference * scale) / 2 } };
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
