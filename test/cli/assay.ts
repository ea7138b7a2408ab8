/** Runs the `assay` command as a person would: the real program, in a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

/** What a command printed, and how it ended. */
export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command. `finished` resolves when it has ended; `saw` when stdout or stderr holds a text. */
export function startAssay(...parameters: string[]): Started {
  return startAssayWith({}, ...parameters);
}

/** A command that runs. */
export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  readonly saw: (text: string | RegExp) => Promise<void>;
}

/** As {@link startAssay}, with changes of the environment (undefined takes a variable away), and with what it reads from stdin (default: nothing). */
export function startAssayWith(options: { readonly environment?: Readonly<Record<string, string | undefined>>; readonly input?: string }, ...parameters: string[]): Started {
  const environment = { ...process.env, ...options.environment };
  const child = spawn(process.execPath, [join(import.meta.dirname, "..", "..", "cli", "assay.ts"), ...parameters], { stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"], env: environment });
  // It may end without having read it.
  child.stdin?.on("error", () => {}).end(options.input);
  const output = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]!.setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
      for (const check of waiting) check();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, ...output }));
  });
  const saw = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!new RegExp(text).test(output.stdout) && !new RegExp(text).test(output.stderr)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      void finished.then(() => reject(new Error(`expected ${String(text)}, but the command ended with:\n${output.stdout}\n${output.stderr}`)));
      check();
    });
  return { child, finished, saw };
}

/** Runs the command to its end. */
export function assay(...parameters: string[]): Promise<Finished> {
  return startAssay(...parameters).finished;
}

/** The JSON lines in a text. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}
