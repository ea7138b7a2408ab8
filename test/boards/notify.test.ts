/** What a service manager hears of a device, over a real datagram socket. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ExecutionContext } from "ava";
import { buildScript, hostBinaries, temporaryFolder } from "../runtime/device.ts";
import { buildHost, type HostBinaries } from "../../runtime/build.ts";
import { testWithProgram } from "../requirements.ts";

const TURNING = `import Timer from "timer";\nimport board from "assay/board";\nTimer.repeat(() => {}, 3_600_000);\nboard.onShutdown(() => board.exit(0));\nconsole.log("up");`;

interface Manager {
  /** the next thing that was said, or undefined if nothing more is said within `ms` */
  next(ms: number): Promise<string | undefined>;
}

async function listen(t: ExecutionContext, gcc: string, name: string): Promise<Manager> {
  const program = join(temporaryFolder(t), "notify-listener");
  const compiled = spawnSync(gcc, ["-std=c99", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Werror", join(import.meta.dirname, "notify-listener.c"), "-o", program], { encoding: "utf8" });
  t.is(compiled.status, 0, compiled.stderr);
  const child = spawn(program, [name], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  const said: string[] = [];
  let wake = (): void => {};
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line);
    wake();
  });
  const next = async (ms: number): Promise<string | undefined> => {
    if (said.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return said.shift();
  };
  t.is(await next(10_000), "listening");
  return { next };
}

async function start(t: ExecutionContext, source: string, environment: NodeJS.ProcessEnv, host?: HostBinaries): Promise<{ stop(): void; ended: Promise<number | null>; stderr: () => string }> {
  const { file } = await buildScript(t, source);
  const { device } = host ?? (await hostBinaries());
  const child = spawn(device, ["--app", file, "--data", temporaryFolder(t)], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...environment } });
  t.teardown(() => child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { stop: () => void child.kill("SIGTERM"), ended, stderr: () => stderr };
}

let abstractNames = 0;

for (const [kind, sanitize] of [["path", false], ["abstract name", false], ["abstract name", true]] as const) {
  testWithProgram("gcc", `a device that turns says READY, gives signs of life and says STOPPING (${kind}${sanitize ? ", with sanitizers" : ""})`, async (t, gcc) => {
    // The first build with sanitizers compiles XS once more.
    t.timeout(600_000);
    const host = sanitize ? await buildHost({ sanitize }) : undefined;
    const name = kind === "path" ? join(temporaryFolder(t), "notify") : `@assay-test-${process.pid}-${abstractNames++}`;
    const manager = await listen(t, gcc, name);
    const device = await start(t, TURNING, { NOTIFY_SOCKET: name, WATCHDOG_USEC: "200000" }, host);
    t.is(await manager.next(30_000), "READY=1");
    // Its only timer is an hour away: the loop turns for the watchdog's sake.
    for (let sign = 0; sign < 3; sign++) t.is(await manager.next(30_000), "WATCHDOG=1");
    device.stop();
    let last = await manager.next(30_000);
    while (last === "WATCHDOG=1") last = await manager.next(30_000);
    t.is(last, "STOPPING=1");
    t.is(await device.ended, 0);
  });
}

testWithProgram("gcc", "an app that hangs gives no more signs of life, in a function or in promises", async (t, gcc) => {
  for (const hang of ["for (;;);", "const again = (): Promise<void> => Promise.resolve().then(again);\nagain();"]) {
    const name = join(temporaryFolder(t), "notify");
    const manager = await listen(t, gcc, name);
    await start(t, `import Timer from "timer";\nTimer.set(() => {\n${hang}\n}, 300);`, { NOTIFY_SOCKET: name, WATCHDOG_USEC: "100000" });
    t.is(await manager.next(30_000), "READY=1");
    // All that came before the timer was due, however late this test hears of it; then nothing.
    let signs = 0;
    while ((await manager.next(2_000)) === "WATCHDOG=1") signs++;
    // every 50 ms for 300 ms
    t.true(signs >= 1 && signs <= 7, `${signs} signs of life`);
  }
});

testWithProgram("gcc", "without a time-out, or with one that is meant for another process, a device only says when it is ready", async (t, gcc) => {
  for (const environment of [{}, { WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" }]) {
    const name = join(temporaryFolder(t), "notify");
    const manager = await listen(t, gcc, name);
    const device = await start(t, TURNING, { NOTIFY_SOCKET: name, ...environment });
    t.is(await manager.next(30_000), "READY=1");
    t.is(await manager.next(500), undefined);
    device.stop();
    t.is(await manager.next(30_000), "STOPPING=1");
  }
});

testWithProgram("gcc", "an app that ends with an exception before it is ready never says so", async (t, gcc) => {
  const name = join(temporaryFolder(t), "notify");
  const manager = await listen(t, gcc, name);
  const device = await start(t, `throw new Error("broken");`, { NOTIFY_SOCKET: name });
  t.is(await device.ended, 1);
  t.is(await manager.next(300), undefined);
});

testWithProgram("gcc", "an environment that cannot be followed is one line, and the device runs on", async (t) => {
  for (const [name, message] of [
    ["nonsense", /NOTIFY_SOCKET: expected a path, or @/],
    ["/nowhere/notify", /NOTIFY_SOCKET: expected somebody who listens/],
    [`/${"x".repeat(200)}`, /NOTIFY_SOCKET: expected a name that fits/],
  ] as const) {
    const device = await start(t, `console.log("done");`, { NOTIFY_SOCKET: name });
    t.is(await device.ended, 0);
    t.regex(device.stderr(), message);
  }
});
