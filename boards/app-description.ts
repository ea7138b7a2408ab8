/** Who an app is, as it says itself: its definition is evaluated on XS, since it is a program and not a file of settings. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildApp, buildHost } from "../runtime/build.ts";
import { linuxModules, type BoardModules } from "../runtime/bundle.ts";
import { runProgram } from "../runtime/device-build.ts";
import { BoardError } from "./board-error.ts";

/** What an app says of itself; `defineApp` has checked it. */
export interface AppDescription {
  /** 1 to 32 characters of a–z, 0–9 and "-" */
  readonly name: string;
  /** up to 32 characters */
  readonly version: string;
}

function parse(line: string | undefined): AppDescription | undefined {
  try {
    const { name, version } = JSON.parse(line ?? "") as Partial<AppDescription>;
    if (typeof name === "string" && /^[a-z0-9-]{1,32}$/.test(name) && typeof version === "string" && version.length <= 32) return { name, version };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return undefined;
}

/**
 * Evaluates the app in `entry` on this machine and reads its name and version; no sensor is opened.
 *
 * @param modules what the app's board supplies
 * @throws BoardError `BUILD_FAILED` with what the app said instead; RuntimeError
 */
export async function describeApp(entry: string, modules: BoardModules = linuxModules): Promise<AppDescription> {
  const host = await buildHost();
  const folder = mkdtempSync(join(tmpdir(), "assay-describe-"));
  try {
    const script = join(folder, "describe.ts");
    writeFileSync(script, `import app from ${JSON.stringify(resolve(entry))};\nconsole.log(JSON.stringify({ name: app.name, version: app.version }));\n`);
    const image = await buildApp(script, { script: true, modules, host, output: join(folder, "describe.xsa") });
    const { status, output } = await runProgram(host.device, ["--app", image.file, "--data", folder], folder);
    const described = status === 0 ? parse(output.trimEnd().split("\n").at(-1)) : undefined;
    if (described === undefined) throw new BoardError("BUILD_FAILED", `expected ${entry} to export an app of defineApp by default, got:\n${output.trim() || `exit code ${status}`}`);
    return described;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
