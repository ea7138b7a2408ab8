/** `assay model bench`: how long an inference takes on this machine, by each form of the engine, in turns. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ModelError } from "assay/tflite/model-error";
import { openEngine } from "assay/tflite/wasm/engine";
import { buildHost } from "../runtime/build.ts";
import { CliError } from "./cli-error.ts";
import { createOutput } from "./output.ts";
import { progressLines } from "./progress.ts";
import { readModel } from "./read-model.ts";

/** Sets of native kernels, slowest first; a machine has some of them. */
const VARIANTS = ["portable", "neon", "avx2", "avx512-vnni"] as const;

/** How often the forms take turns, so that whatever else the machine does weighs on all of them. */
const ROUNDS = 5;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Nanoseconds per invoke of native kernels, or undefined where this machine has none of that name. */
async function nativeNanoseconds(program: string, path: string, variant: string, seconds: number): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ["bench", path, "--kernels", variant, "--seconds", String(seconds)]);
    return (JSON.parse(stdout) as { nanosecondsPerInvoke: { median: number } }).nanosecondsPerInvoke.median;
  } catch (error) {
    const { code, stderr } = error as { code?: number; stderr?: string };
    if (code === 2) return undefined;
    throw new CliError("BAD_FILE", (stderr ?? String(error)).trimEnd(), { cause: error });
  }
}

async function wasmNanoseconds(model: Uint8Array): Promise<(seconds: number) => number> {
  const engine = await openEngine();
  const instance = engine.load(model);
  return (seconds) => {
    const times: number[] = [];
    // Batches of about a millisecond: the clock is not much finer than a short inference.
    let together = 1;
    for (const end = performance.now() + seconds * 1000; performance.now() < end || times.length === 0; ) {
      const started = performance.now();
      for (let i = 0; i < together; i++) engine.invoke(instance);
      const took = performance.now() - started;
      if (took < 1) together *= 2;
      else times.push((took * 1e6) / together);
    }
    return median(times);
  };
}

/** Measures and prints; returns the exit code. */
export async function printBench(path: string, seconds: number, json: boolean): Promise<number> {
  const output = createOutput(json);
  const model = readModel(path);
  const { modelRun } = await buildHost({ progress: progressLines() });
  if (modelRun === undefined) throw new CliError("MISSING", "expected boards/linux/model-run.c in this checkout, found no such file");
  let wasm: (seconds: number) => number;
  try {
    wasm = await wasmNanoseconds(model);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    process.stderr.write(`${path}: ${error.code}: ${error.message}\n`);
    return 1;
  }
  const measured = new Map<string, number[]>();
  const note = (name: string, value: number | undefined): void => {
    if (value !== undefined) measured.set(name, [...(measured.get(name) ?? []), value]);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of VARIANTS) note(`native ${variant}`, await nativeNanoseconds(modelRun, path, variant, seconds / ROUNDS));
    note("wasm", wasm(seconds / ROUNDS));
  }
  const portable = median(measured.get("native portable")!);
  for (const [name, values] of measured) {
    const nanoseconds = median(values);
    output.text(`${name.padEnd(20)} ${(nanoseconds / 1000).toFixed(2).padStart(10)} µs an inference, ${(portable / nanoseconds).toFixed(2)} × portable C`);
    output.json({ engine: name, nanoseconds, timesPortable: portable / nanoseconds });
  }
  return 0;
}
