import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import test from "ava";
import { buildScript, hostBinaries, runScript, startImage, temporaryFolder } from "../runtime/device.ts";

const WAIT = `import Timer from "timer";\nTimer.repeat(() => {}, 1000);\n`;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} calls the app, which may still wait before it exits`, async (t) => {
    const { file } = await buildScript(t, `${WAIT}import board from "assay/board";\nboard.onShutdown(() => { console.log("asked"); Timer.set(() => { console.log("bye"); board.exit(7); }, 20); });\nconsole.log("up");`);
    const device = await startImage(t, file);
    await device.line("up");
    device.process.kill(signal);
    const { status, stdout } = await device.outcome;
    t.deepEqual([status, stdout], [7, "up\nasked\nbye"]);
  });

  test(`${signal} ends an app that does not ask for it, with 0`, async (t) => {
    const device = await startImage(t, (await buildScript(t, `${WAIT}console.log("up");`)).file);
    await device.line("up");
    device.process.kill(signal);
    t.is((await device.outcome).status, 0);
  });
}

test("a second signal ends an app that computes forever", async (t) => {
  const device = await startImage(t, (await buildScript(t, `console.log("up");\nfor (;;);`)).file);
  await device.line("up");
  device.process.kill("SIGTERM");
  // one signal that is still pending swallows another of its kind
  await new Promise((resolve) => setTimeout(resolve, 100));
  device.process.kill("SIGTERM");
  t.is((await device.outcome).status, 143);
});

test("board.exit ends the device with its code, and refuses what is none", async (t) => {
  const { status, stdout } = await runScript(t, `import board from "assay/board";\nfor (const code of [-1, 256]) try { board.exit(code); } catch (error) { console.log((error as Error).name); }\nboard.exit(3);\nconsole.log("never");`);
  t.deepEqual([status, stdout], [3, "RangeError\nRangeError"]);
});

test("mc/config is the JSON object of --config, and what is none is a clear error", async (t) => {
  const { stdout } = await runScript(t, `import config from "mc/config";\nconsole.log(config);`, { config: { a: [1, "ü€😀"], b: null } });
  t.is(stdout, '{"a":[1,"ü€😀"],"b":null}');
  const { file } = await buildScript(t, `import config from "mc/config";\nconsole.log(config);`);
  const { device } = await hostBinaries();
  const path = join(temporaryFolder(t), "config.json");
  for (const [text, status, message] of [
    ["{ nonsense", 1, /config: expected JSON, got something else/],
    ["[1]", 1, /config: expected a JSON object, got another value/],
    ["{}\0{}", 66, /expected JSON, got a NUL in it/],
    ["[".repeat(100_000), 1, /RangeError: stack overflow|expected JSON/],
  ] as const) {
    writeFileSync(path, text);
    const ended = spawnSync(device, ["--app", file, "--config", path], { encoding: "utf8" });
    t.is(ended.status, status);
    t.regex(ended.stderr, message);
  }
  t.is(spawnSync(device, ["--app", file], { encoding: "utf8" }).stdout, "{}\n", "none is {}");
  t.is(spawnSync(device, ["--app", file, "--config", "/nowhere/config.json"]).status, 66);
});
