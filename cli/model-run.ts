/** Running a model on raw tensors with one of the engine's forms: native, WebAssembly, or on XS as a device runs it. */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { ModelError } from "assay/tflite/model-error";
import { openEngine, type WasmEngine } from "assay/tflite/wasm/engine";
import { buildApp, buildHost, type HostBinaries } from "../runtime/build.ts";
import { CliError } from "./cli-error.ts";
import { progressLines } from "./progress.ts";

/** The forms of the engine that `--engine` names. */
export const ENGINES = ["native", "wasm", "xs"] as const;
export type EngineName = (typeof ENGINES)[number];

/** One model on one input file. */
export interface Run {
  readonly model: string;
  readonly input: string;
  readonly output: string;
}

/** An error about one model of a batch: printed as `FILE: CODE: message`. */
class RunFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const read = (path: string): Uint8Array => {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new RunFailure("IO", `cannot read ${path}: ${(cause as Error).message}`);
  }
};

const write = (path: string, bytes: Uint8Array): void => {
  try {
    writeFileSync(path, bytes);
  } catch (cause) {
    throw new RunFailure("IO", `cannot write ${path}: ${(cause as Error).message}`);
  }
};

/** assay-model, whose words and exit code are the command's. */
export async function native(parameters: readonly string[]): Promise<number> {
  const { modelRun } = await buildHost({ progress: progressLines() });
  if (modelRun === undefined) throw new CliError("MISSING", "expected boards/linux/model-run.c in this checkout, found no such file");
  const child = spawn(modelRun, parameters, { stdio: "inherit" });
  return await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

function runOnWasm(engine: WasmEngine, { model, input, output }: Run): void {
  const instance = engine.load(read(model));
  const sets = read(input);
  const setBytes = instance.inputs.reduce((sum, { bytes }) => sum + bytes, 0);
  if (setBytes === 0 ? sets.length > 0 : sets.length === 0 || sets.length % setBytes !== 0) throw new RunFailure("INPUT", `expected sets of ${setBytes} bytes in ${input}, got ${sets.length} bytes`);
  const outputs: Uint8Array[] = [];
  let at = 0;
  for (let set = 0; set < (setBytes === 0 ? 1 : sets.length / setBytes); set++) {
    instance.inputs.forEach(({ bytes }, index) => {
      engine.write(instance, index, sets.subarray(at, at + bytes), false);
      at += bytes;
    });
    engine.invoke(instance);
    instance.outputs.forEach(({ bytes }, index) => {
      const values = new Uint8Array(bytes);
      engine.readInto(instance, index, values);
      outputs.push(values);
    });
  }
  write(output, Buffer.concat(outputs));
}

/** A heap that holds any model's tensors: what is looked at here is the result, not whether it fits a board. */
const ROOMY = ["--slots", String(4 << 20), "--chunks", String(512 << 20)];

async function runOnXs(host: HostBinaries, { model, input, output }: Run): Promise<void> {
  const parent = join(import.meta.dirname, "..", "build", "model-run");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "xs-"));
  try {
    copyFileSync(join(import.meta.dirname, "..", "boards", "linux", "device", "run-model.ts"), join(folder, "run-model.ts"));
    writeFileSync(join(folder, "model.tflite"), read(model));
    writeFileSync(join(folder, "input.bin"), read(input));
    const { file } = await buildApp(join(folder, "run-model.ts"), { script: true, host, output: join(folder, "run-model.xsa") });
    const child = spawn(host.device, ["--app", file, "--data", folder, ...ROOMY], { stdio: ["ignore", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const lines = Buffer.concat(chunks).toString().trimEnd();
    const refused = /^!([A-Z_]+): (.*)$/m.exec(lines);
    if (refused !== null) throw new RunFailure(refused[1]!, refused[2]!);
    if (code !== 0) throw new RunFailure("XS", `expected the device to end with 0, got ${code}`);
    write(output, Buffer.from(lines.replaceAll("\n", ""), "hex"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The lines of a batch: model, input and output path, separated by tabs. */
export function batchOf(list: string): (Run | undefined)[] {
  const lines = new TextDecoder().decode(read(list)).split(/\r?\n/).filter((line) => line !== "");
  return lines.map((line) => {
    const [model, input, output] = line.split("\t");
    return model === undefined || input === undefined || output === undefined ? undefined : { model, input, output };
  });
}

/** Runs all; a failure is told on stderr, and the next goes on. Returns the exit code. */
export async function runAll(engine: "wasm" | "xs", runs: readonly (Run | undefined)[], list: string): Promise<number> {
  const wasm = engine === "wasm" ? await openEngine() : undefined;
  const host = engine === "xs" ? await buildHost({ progress: progressLines() }) : undefined;
  let code = 0;
  for (const run of runs) {
    try {
      if (run === undefined) throw new RunFailure("LIST", "expected lines of model, input and output path separated by tabs");
      if (wasm !== undefined) runOnWasm(wasm, run);
      if (host !== undefined) await runOnXs(host, run);
    } catch (error) {
      if (!(error instanceof RunFailure) && !(error instanceof ModelError)) throw error;
      process.stderr.write(`${run?.model ?? list}: ${error.code}: ${error.message}\n`);
      code = 1;
    }
  }
  return code;
}
