import test from "ava";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channels } from "../../examples/machine-health/proc-counters.ts";
import { parseRecording } from "../../examples/machine-health/recordings.ts";

const script = join(import.meta.dirname, "../../examples/machine-health/record.ts");

function run(...options: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...options], (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
  });
}

const onLinux = existsSync("/proc/vmstat") ? test : test.skip;

onLinux("a recording of this machine has ten samples a second and reads back", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "assay-record-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const out = join(folder, "idle-here.csv");
  t.deepEqual(await run("--label", "idle", "--seconds", "4", "--out", out), { code: 0, stdout: `${out}: 40 samples of 10 channels\n`, stderr: "" });
  const { samples } = parseRecording("idle-here", readFileSync(out, "utf8"));
  t.is(samples.length, 40 * channels.length);
  // Even an idle machine switches between tasks: at least to this program.
  t.true(samples.some((value, index) => index % channels.length === channels.indexOf("contextSwitches") && value > 0));
});

for (const [title, options, message] of [
  ["an unknown label", ["--label", "sleep", "--out", "sleep-1.csv"], "--label: expected one of idle, compute, io, got sleep\n"],
  ["too short a time", ["--label", "idle", "--seconds", "1", "--out", "idle-1.csv"], "--seconds: expected 4 to 3600 (a window takes 3.2), got 1\n"],
  ["no file", ["--label", "idle"], "--out: expected a file to write, got none\n"],
  ["a file name of another class", ["--label", "idle", "--out", "io-1.csv"], '--out: expected a file name that begins with "idle-", got io-1.csv\n'],
  ["an unknown option", ["--rate", "5"], "Unknown option '--rate'"],
] as const) {
  test(`record refuses ${title} in one line`, async (t) => {
    const { code, stderr } = await run(...options);
    t.is(code, 1);
    t.true(stderr.startsWith(message), stderr);
  });
}
