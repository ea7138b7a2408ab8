/**
 * The engine of modules/tflite on microcontrollers that QEMU emulates. A program sees the host's files and ends with an exit code, by semihosting; so the same
 * C main programs run here as on this machine.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { CCompiler } from "../runtime/c-compiler.ts";
import { withLock } from "../runtime/build-lock.ts";

export const root = dirname(import.meta.dirname);
export const engineFolder = join(root, "modules", "tflite");

/** A board that QEMU emulates. */
export interface EmulatedBoard {
  readonly name: string;
  readonly compiler: string;
  readonly emulator: string;
  /** what processor it is, to the compiler */
  readonly processor: readonly string[];
  /** C files beside a program's own */
  readonly sources: readonly string[];
  readonly link: readonly string[];
  /** options of the emulator for a program with arguments */
  readonly options: (program: string, parameters: readonly string[]) => readonly string[];
}

/** What is compiled for a board. */
export interface BoardProgram {
  /** names its folder below `build/` */
  readonly name: string;
  /** file name (default `program.elf`); programs of one folder share objects, so they must have the same flags */
  readonly program?: string;
  /** C files, absolute */
  readonly sources: readonly string[];
  /** beside those that every file of the engine is compiled with (default `["-O2"]`) */
  readonly flags?: readonly string[];
}

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As strict as for Linux (runtime/host-recipe.ts), and with the same arithmetic. */
const STRICT = ["-std=c99", "-D_DEFAULT_SOURCE", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wconversion", "-Werror"];
const FLAGS = [...STRICT, "-ffp-contract=off", "-fno-fast-math", "-ffunction-sections", "-fdata-sections", `-I${engineFolder}`];

/** The C files in a folder of the checkout, but for the natives of XS. */
export function sourcesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".c") && !name.endsWith("-xs.c")).sort().map((name) => join(folder, name));
}

/** The engine: its core and all kernels in portable C. */
export function engineSources(): string[] {
  return [...sourcesIn(engineFolder), ...sourcesIn(join(engineFolder, "kernels"))];
}

/**
 * Compiles a program for a board under `build/BOARD/NAME`, only what has changed; returns its path.
 *
 * @throws RuntimeError `NO_COMPILER`, `COMPILE_FAILED`, `BUILD_LOCKED`
 */
export async function buildForBoard(board: EmulatedBoard, program: BoardProgram, progress: (line: string) => void = () => {}): Promise<string> {
  const folder = join(root, "build", board.name, program.name);
  return withLock(join(folder, "lock"), async () => {
    const compiler = new CCompiler(root, folder, board.compiler, progress);
    await compiler.open();
    const flags = [...FLAGS, ...board.processor, ...(program.flags ?? ["-O2"])];
    const units = [...program.sources, ...board.sources].map((source) => ({ source, object: relative(root, source).replace(/\.c$/, "").replaceAll("..", "outside"), flags, group: `for ${board.name}` }));
    return compiler.link(program.program ?? "program.elf", await compiler.compile(units), [...board.processor, ...board.link, "-Wl,--gc-sections", "-lm"]);
  });
}

/** Runs a program on its board to its end. Arguments must hold neither blanks nor commas. */
export function runOnBoard(board: EmulatedBoard, program: string, parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(board.emulator, board.options(program, parameters), { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => (code === null ? reject(new Error(`expected ${board.emulator} to end by itself, got ${signal}`)) : resolve({ code, stdout, stderr })));
  });
}

/** The value of QEMU's option -semihosting-config: files and arguments of the host. */
export function semihosting(parameters: readonly string[]): string {
  return ["enable=on", "target=native", ...parameters.map((parameter) => `arg=${parameter}`)].join(",");
}
