/**
 * What a test needs beyond the checkout, and what happens when it is not there.
 *
 * - Conformance data (`../shared`) is not part of the project: without it the tests that read it are skipped, and say so.
 * - Programs (a broker, a cross compiler) are installed by `.ci/run`: without them the tests are skipped, but fail under `CI=true`.
 * - Instructions of a processor are there or not, under `CI=true` too: without them the tests are skipped, and say so.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { ExecutionContext, TestFn } from "ava";
import test from "ava";

const root = join(import.meta.dirname, "..");

/** The path of a file or folder of the conformance data, or undefined where that data is absent. */
export function sharedPath(...segments: string[]): string | undefined {
  const path = join(root, "..", "shared", ...segments);
  return existsSync(path) ? path : undefined;
}

/** The path of a program on `PATH` (or where Debian keeps daemons), or undefined. */
export function programPath(name: string): string | undefined {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"]) {
    const path = join(folder, name);
    if (folder !== "" && existsSync(path) && statSync(path).isFile()) return path;
  }
  return undefined;
}

/** Declares a test that reads conformance data; skipped, saying so, where the data is absent. */
export function testWithShared<Context = unknown>(segments: string, title: string, body: (t: ExecutionContext<Context>, path: string) => void | Promise<void>): void {
  const declare = test as TestFn<Context>;
  const path = sharedPath(...segments.split("/"));
  if (path === undefined) declare.skip(`${title} (skipped: ../shared/${segments} is not here)`, () => {});
  else declare(title, (t) => body(t, path));
}

/** Declares a test that starts a program; without it skipped, saying so, or failed under `CI=true`. */
export function testWithProgram<Context = unknown>(program: string, title: string, body: (t: ExecutionContext<Context>, path: string) => void | Promise<void>): void {
  const declare = test as TestFn<Context>;
  const path = programPath(program);
  if (path !== undefined) declare(title, (t) => body(t, path));
  else if (process.env["CI"] === "true") declare(title, (t) => t.fail(`expected the program ${program} to be installed by .ci/run`));
  else declare.skip(`${title} (skipped: ${program} is not installed)`, () => {});
}

/** Declares a test that needs all of several programs; without one of them as {@link testWithProgram}. */
export function testWithPrograms(programs: readonly string[], title: string, body: (t: ExecutionContext) => void | Promise<void>): void {
  const missing = programs.find((program) => programPath(program) === undefined);
  if (missing === undefined) test(title, body);
  else testWithProgram(missing, title, () => {});
}

/** Declares a test that needs programs and to be root, such as for chroot(2) or users of its own; skipped, saying so, for anybody else. */
export function testAsRoot(programs: readonly string[], title: string, body: (t: ExecutionContext) => void | Promise<void>): void {
  if (process.getuid?.() === 0) testWithPrograms(programs, title, body);
  else test.skip(`${title} (skipped: only root can do that)`, () => {});
}

/** Declares a test of TLS on Linux: it needs mbedTLS where gcc finds it, and these programs; without them as {@link testWithProgram}. */
export function testWithTls(programs: readonly string[], title: string, body: (t: ExecutionContext) => void | Promise<void>): void {
  // gcc answers with a bare name if it finds no such library.
  const { stdout } = spawnSync("gcc", ["-print-file-name=libmbedtls.a"], { encoding: "utf8" });
  if (stdout?.startsWith("/")) testWithPrograms(programs, title, body);
  else if (process.env["CI"] === "true") test(title, (t) => t.fail("expected the package libmbedtls-dev to be installed by .ci/run"));
  else test.skip(`${title} (skipped: libmbedtls-dev is not installed)`, () => {});
}

/** Declares a test that reads conformance data and needs programs: {@link testWithShared}, and where the data is, {@link testWithPrograms}. */
export function testWithSharedAndPrograms(segments: string, programs: readonly string[], title: string, body: (t: ExecutionContext, path: string) => void | Promise<void>): void {
  const path = sharedPath(...segments.split("/"));
  if (path === undefined) testWithShared(segments, title, () => {});
  else testWithPrograms(programs, title, (t) => body(t, path));
}

/** Declares a test that runs programs where there is no network, by `unshare -rn`; skipped, saying so, where the kernel lets nobody have a network namespace of his own. */
export function testWithoutNetwork(title: string, body: (t: ExecutionContext, unshare: string) => void | Promise<void>): void {
  if (programPath("unshare") !== undefined && spawnSync("unshare", ["-rn", "true"]).status !== 0) test.skip(`${title} (skipped: this kernel lets nobody have a network namespace of his own)`, () => {});
  else testWithProgram("unshare", title, body);
}

/** The x86-64 instruction sets, by Linux's names, that this machine lacks. */
export function missingInstructions(names: readonly string[]): string[] {
  const flags = process.arch === "x64" && process.platform === "linux" ? /^flags\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(" ") : undefined;
  return names.filter((name) => !(flags ?? []).includes(name));
}
