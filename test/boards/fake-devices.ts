/** The devices of fake-devices.c under the real device host. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { HostBinaries } from "../../runtime/build.ts";
import { runScript, type Outcome } from "../runtime/device.ts";

let library: string | undefined;

/** How to run. */
export interface FakeOptions {
  readonly config?: unknown;
  readonly host?: HostBinaries;
  /** acceleration, g */
  readonly g?: readonly [x: number, y: number, z: number];
}

/** Environment in which a device has the fake's devices. */
export function fakeEnvironment(g?: FakeOptions["g"]): Record<string, string> {
  if (library === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "assay-fake-"));
    // It stays for the other tests of the file.
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    library = join(folder, "fake-devices.so");
    execFileSync("gcc", ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", join(import.meta.dirname, "fake-devices.c"), "-o", library, "-ldl", "-lm"]);
  }
  // AddressSanitizer wants to come first, and gets on with coming second.
  return { LD_PRELOAD: library, ASAN_OPTIONS: "verify_asan_link_order=0", ...(g === undefined ? {} : { FAKE_G: g.join(",") }) };
}

/** Runs a script on a device that has the fake's devices. */
export function runWithFakes(t: ExecutionContext, source: string, { config, host, g }: FakeOptions = {}): Promise<Outcome> {
  return runScript(t, source, { env: fakeEnvironment(g), ...(config === undefined ? {} : { config }), ...(host === undefined ? {} : { host }) });
}
