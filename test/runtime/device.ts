/** Runs a script on the real device: TypeScript text → image → process. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { ExecutionContext } from "ava";
import { buildApp, buildHost, type AppImage, type HostBinaries } from "../../runtime/build.ts";

/** How to run. */
export interface RunOptions {
  /** content of `--config` */
  config?: unknown;
  /** folder of `--data` (default: a new one) */
  data?: string;
  /** further words of the command line, such as `["--slots", "1000"]` */
  words?: readonly string[];
  host?: HostBinaries;
  /** variables of the environment, beside this process's */
  env?: Readonly<Record<string, string>>;
}

/** How it went. */
export interface Outcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  /** without the last line break */
  stdout: string;
  stderr: string;
}

/** A device that runs. */
export interface RunningDevice {
  process: ChildProcessByStdio<null, Readable, Readable>;
  outcome: Promise<Outcome>;
  /** resolves when stdout has that line */
  line(text: string): Promise<void>;
}

let host: Promise<HostBinaries> | undefined;

/** The binaries of this machine, built once per test file at most. */
export function hostBinaries(): Promise<HostBinaries> {
  host ??= buildHost();
  return host;
}

/** A folder that goes away with the test. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "assay-test-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Compiles a script. */
export async function buildScript(t: ExecutionContext, source: string, binaries?: HostBinaries): Promise<AppImage> {
  const folder = temporaryFolder(t);
  const entry = join(folder, "script.ts");
  writeFileSync(entry, source);
  return buildApp(entry, { script: true, host: binaries ?? (await hostBinaries()), output: join(folder, "script.xsa") });
}

/** Starts an image. */
export async function startImage(t: ExecutionContext, file: string, options: RunOptions = {}): Promise<RunningDevice> {
  const { device } = options.host ?? (await hostBinaries());
  const folder = temporaryFolder(t);
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify(options.config ?? {}));
  const child = spawn(device, ["--app", file, "--config", config, "--data", options.data ?? join(folder, "data"), ...(options.words ?? [])], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } });
  t.teardown(() => child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  const waiting = new Map<string, () => void>();
  child.stdout.on("data", (text: Buffer) => {
    stdout += text.toString();
    for (const line of stdout.split("\n")) waiting.get(line)?.();
  });
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }));
  });
  const line = (text: string): Promise<void> =>
    stdout.split("\n").includes(text)
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          waiting.set(text, resolve);
          void outcome.then((ended) => reject(new Error(`expected the line ${text}, got the end: ${JSON.stringify(ended)}`)));
        });
  return { process: child, outcome, line };
}

/** Compiles and runs a script to its end. */
export async function runScript(t: ExecutionContext, source: string, options: RunOptions = {}): Promise<Outcome> {
  const { file } = await buildScript(t, source, options.host);
  return (await startImage(t, file, options)).outcome;
}
