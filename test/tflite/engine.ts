/** Compiles the interpreter with sanitizers, and runs assay-model. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { engineFolder, sourcesIn } from "../../boards/emulated.ts";

const run = promisify(execFile);

/** How a program ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; a signal is an error. */
export async function end(program: string, parameters: readonly string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await run(program, parameters, { maxBuffer: 1 << 26 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout: string; stderr: string };
    if (typeof code !== "number") throw error;
    return { code, stdout, stderr };
  }
}

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed at the end of the process. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "assay-tflite-"));
  folders.push(folder);
  return folder;
}

/** The C sources of the engine for this machine, without its natives for XS. */
export function engineSources(): string[] {
  return ["", "kernels", "kernels/simd"].flatMap((folder) => sourcesIn(join(engineFolder, folder)));
}

/** Compiles the core of the interpreter and one main program with AddressSanitizer and UBSan, as strictly as the product. `sources`: if it is not all of the engine. */
export async function compileSanitized(gcc: string, main: string, output: string, sources: readonly string[] = engineSources()): Promise<string> {
  const flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffp-contract=off", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  await run(gcc, [...flags, "-I", engineFolder, ...sources, main, "-lm", "-o", output]);
  return output;
}

/** assay-model on files: `invoke` runs one model on one input. */
export class ModelRunner {
  readonly program: string;
  readonly folder: string;
  constructor(program: string) {
    this.program = program;
    this.folder = temporaryFolder();
  }

  /** Writes a model where {@link ModelRunner.invoke} finds it. */
  write(name: string, bytes: Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  /** The output, or what was said on stderr after the path: "CODE: message". */
  async invoke(model: string, input: Uint8Array): Promise<Uint8Array | string> {
    const inputPath = this.write("input", input);
    const outputPath = join(this.folder, "output");
    const { code, stderr } = await end(this.program, ["run", model, "--input", inputPath, "--output", outputPath]);
    if (code === 0) return new Uint8Array(readFileSync(outputPath));
    if (code !== 1 || !stderr.startsWith(`${model}: `)) throw new Error(`assay-model ended with ${code}: ${stderr}`);
    return stderr.slice(model.length + 2).trimEnd();
  }

  /** The variants of the engine that this machine has, the fastest first. */
  async variants(): Promise<string[]> {
    const { stdout } = await end(this.program, ["variants"]);
    return stdout.trimEnd().split("\n");
  }

  /** What is said of a model in portable C, or its error. */
  async info(model: string): Promise<Record<string, unknown> | string> {
    const { code, stdout, stderr } = await end(this.program, ["info", model, "--kernels", "portable"]);
    return code === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : stderr.slice(model.length + 2).trimEnd();
  }
}
