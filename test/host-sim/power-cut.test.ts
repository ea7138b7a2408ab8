import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { createWorld } from "../../cli/world.ts";
import { Ledger } from "../../cli/ledger.ts";
import { subscribe } from "../../client/subscribe.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";

const examples = join(import.meta.dirname, "..", "..", "examples", "machine-health");
const silent = { debug() {}, info() {}, warn() {}, error() {} };

test("a device whose power is cut again and again loses nothing that it stored, and its chain neither forks nor breaks", async (t) => {
  const { device: host } = await buildHost();
  const image = await buildApp(join(examples, "app.ts"));
  const folder = await mkdtemp(join(tmpdir(), "assay-power-"));
  const world = await createWorld({ folder, brokerPort: 0, chainPort: 0, anchorEveryMs: 1000, devices: 1, host, image: image.file, trace: join(examples, "data", "io-copy.csv"), logger: silent, progress: () => {} });
  const ledger = new Ledger();
  const rejected: string[] = [];
  const ending = new AbortController();
  const connected = Promise.withResolvers<void>();
  const events = subscribe({
    broker: world.broker.url,
    trust: { devices: world.devices.map(({ id, publicKey }) => ({ id, keys: [{ publicKey }] })), logs: [{ id: world.gateway.id, publicKey: world.gateway.publicKey }], allowSimulated: true },
    signal: ending.signal,
    onConnection: (up) => up && connected.resolve(),
    onRejected: ({ code, message }) => rejected.push(`${code}: ${message}`),
  });
  const boots = new Set<number>();
  const consumed = (async () => {
    for await (const event of events) {
      if (event.type === "receipt") continue;
      ledger.seen(event.device, event.sequence);
      boots.add(event.claims.bootCount);
      t.is(event.chain, "ok", `statement ${event.sequence}`);
    }
  })();
  await connected.promise;
  try {
    // Cut at different moments: while booting, before the first window, in the middle of the stream.
    for (const [boot, life] of [4500, 900, 4300, 5000].entries()) {
      const [device] = await world.startDevices({
        event: (id, event) => {
          if (event.event === "boot" || event.event === "statement") ledger.stored(id, event.sequence);
        },
        log: (_, line) => t.log(line),
      });
      await sleep(life);
      if (boot < 3) await device!.cutPower();
      else t.is(await device!.stop(), 0, device!.diagnostics.join("\n"));
    }
    for (let patience = 0; !ledger.complete.verified && patience < 50; patience++) await sleep(100);
    await world.gateway.flush();
    t.true(ledger.complete.verified);
    t.deepEqual([...boots], [1, 2, 3, 4]);
    t.deepEqual(rejected, []);
    t.is(world.gateway.counters().rejected, 0);
  } finally {
    ending.abort();
    await consumed;
    await world.close();
  }
});
