import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { buildApp, buildHost } from "../../runtime/build.ts";

const run = promisify(execFile);

test("machine-load on XS sees the CPU time of the device's own busy loop, in cores", async (t) => {
  const host = await buildHost();
  const folder = await mkdtemp(join(tmpdir(), "assay-sensor-"));
  const { file } = await buildApp(join(import.meta.dirname, "scripts", "busy.ts"), { script: true, host, output: join(folder, "busy.xsa") });
  await writeFile(join(folder, "config.json"), "{}");
  const { stdout } = await run(host.device, ["--app", file, "--config", join(folder, "config.json"), "--data", folder]);
  const { channels, busy } = JSON.parse(stdout) as { channels: string[]; busy: number[] };
  t.is(channels.length, 10);
  t.is(busy.length, 10);
  const [user = 0, system = 0] = busy;
  // A busy loop takes one core; other programs may take theirs.
  t.true(user + system > 0.5, `user ${user}, system ${system}`);
  for (const rate of busy) t.true(Number.isFinite(rate) && rate >= 0);
  t.true((busy[channels.indexOf("contextSwitches")] ?? 0) > 0);
  t.true((busy[channels.indexOf("memoryPressure")] ?? 2) <= 1);
});
