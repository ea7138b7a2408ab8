import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { createWorld } from "../../cli/world.ts";
import type { DeviceEvent } from "../../host-sim/events.ts";
import { startDevice } from "../../host-sim/host-sim.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";

const examples = join(import.meta.dirname, "..", "..", "examples", "machine-health");
const silent = { debug() {}, info() {}, warn() {}, error() {} };

test("a device that fills its outbox without a network withholds, survives a reboot, and then sends everything in order", async (t) => {
  const { device: host } = await buildHost();
  const image = await buildApp(join(examples, "app.ts"));
  const folder = await mkdtemp(join(tmpdir(), "assay-full-"));
  const trace = join(examples, "data", "idle-node.csv");
  const world = await createWorld({ folder, brokerPort: 0, chainPort: 0, anchorEveryMs: 1000, devices: 1, host, image: image.file, trace, logger: silent, progress: () => {} });
  try {
    const cutOff = { host, image: image.file, folder: join(folder, "devices", "0"), broker: { host: "127.0.0.1", port: 1 }, trace: { file: trace, speed: 500 } };
    let last = -1;
    const count = (event: DeviceEvent): void => {
      if (event.event === "boot" || event.event === "statement") last = event.sequence;
    };
    const alone = await startDevice({ ...cutOff, onEvent: count });
    await alone.waitFor("withheld", { timeoutMs: 60_000 });
    await alone.cutPower();
    t.true(last > 500, `${last} statements`);

    const rebooted = await startDevice({ ...cutOff, onEvent: count });
    await rebooted.waitFor("withheld");
    await rebooted.cutPower();

    const full = last;
    const [device] = await world.startDevices({ event: (_, event) => count(event), log: (_, line) => t.log(line) });
    const boot = await device!.waitFor("boot", { timeoutMs: 30_000 });
    t.is(boot.sequence, full + 1);
    t.is(boot.bootCount, 3);
    for (let patience = 0; world.gateway.counters().stored < boot.sequence + 1 && patience < 200; patience++) await sleep(100);
    t.is(await device!.stop(), 0, device!.diagnostics.join("\n"));
    t.is(world.gateway.counters().rejected, 0);
    t.true(world.gateway.counters().stored >= boot.sequence + 1);
  } finally {
    await world.close();
  }
});
