/** One app, one recording, one key, one beacon: the same statements, to the byte, on every board. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import { sha256 } from "@noble/hashes/sha2.js";
import { parseStatement } from "assay/statement";
import { buildFirmware } from "../../boards/mps2-an500/firmware.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";
import { buildDevice } from "../../runtime/device-build.ts";
import { linuxArm64, linuxArmhf, type Target } from "../../runtime/target.ts";
import { testWithPrograms } from "../requirements.ts";
import { mps2Programs, VirtualBoard } from "./virtual-mps2.ts";

const STATEMENTS = 40;
const apps = [
  { app: "machine-health", recording: "io-copy.csv" },
  { app: "vibration", recording: "loosening.csv" },
];
const examples = join(import.meta.dirname, "..", "..", "examples");

const recordingOf = ({ app, recording }: (typeof apps)[number]): string => join(examples, app, "data", recording);

/** A device script below the checkout's own, which plays the recording of that name. */
function script(t: ExecutionContext, app: string, file: string): string {
  const folder = mkdtempSync(join(tmpdir(), "assay-same-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "same.ts");
  writeFileSync(path, `import app from ${JSON.stringify(join(examples, app, "app.ts"))};\nimport { attestRecording } from ${JSON.stringify(join(import.meta.dirname, "device", "attest-recording.ts"))};\nattestRecording(app, ${JSON.stringify(file)}, ${STATEMENTS});\n`);
  return path;
}

/** Statements of a Linux device; `prefix` runs its binary. */
async function onLinux(t: ExecutionContext, device: string, which: (typeof apps)[number], prefix: readonly string[] = []): Promise<string[]> {
  const { file } = await buildApp(script(t, which.app, recordingOf(which)), { script: true });
  const data = mkdtempSync(join(tmpdir(), "assay-same-data-"));
  t.teardown(() => rmSync(data, { recursive: true }));
  const [program = "", ...words] = [...prefix, device, "--app", file, "--data", data];
  return (await promisify(execFile)(program, words, { timeout: 120_000 })).stdout.trim().split("\n");
}

let expected: Promise<Map<string, string[]>> | undefined;

/** What the simulator's device makes on this machine. */
function onThisMachine(t: ExecutionContext): Promise<Map<string, string[]>> {
  expected ??= buildHost().then(async ({ device }) => new Map(await Promise.all(apps.map(async (which) => [which.app, await onLinux(t, device, which)] as const))));
  return expected;
}

test("the simulator's device makes statements of a boot and of every window", async (t) => {
  for (const [app, statements] of await onThisMachine(t)) {
    const decoded = statements.map((line) => parseStatement(Uint8Array.from(Buffer.from(line, "hex")), sha256).claims);
    t.deepEqual(decoded.map(({ kind, sequence }) => [kind, sequence]), Array.from({ length: STATEMENTS + 1 }, (_, i) => [i === 0 ? "boot" : "inference", i]), app);
  }
});

const arms: readonly { target: Target; emulator: readonly string[] }[] = [
  { target: linuxArm64, emulator: ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"] },
  { target: linuxArmhf, emulator: ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"] },
];

for (const { target, emulator } of arms) {
  testWithPrograms([target.compiler, emulator[0]!], `${target.name} makes the same statements as this machine, byte for byte`, async (t) => {
    const [here, device] = [await onThisMachine(t), await buildDevice(target)];
    for (const which of apps) t.deepEqual(await onLinux(t, device, which, emulator), here.get(which.app), which.app);
  });
}

testWithPrograms(mps2Programs, "mps2-an500 makes the same statements as this machine, byte for byte", async (t) => {
  const here = await onThisMachine(t);
  for (const which of apps) {
    const { elf } = await buildFirmware(script(t, which.app, "trace"), { script: true });
    const board = new VirtualBoard(t, elf);
    board.flash({ config: {}, trace: readFileSync(recordingOf(which), "utf8") });
    await board.start();
    t.is(await board.ended(), 0, board.lines.slice(-5).join("\n"));
    t.deepEqual(board.lines, here.get(which.app), which.app);
  }
});
