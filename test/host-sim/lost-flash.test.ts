import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256 } from "@noble/hashes/sha2.js";
import { parseStatement, type BootStatement } from "assay/statement";
import test, { type ExecutionContext } from "ava";
import { createWorld, type World } from "../../cli/world.ts";
import type { SubscriptionEvent } from "../../client/events.ts";
import { subscribe } from "../../client/subscribe.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";

const examples = join(import.meta.dirname, "..", "..", "examples", "machine-health");
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A world with one device in it, and a subscriber from the very start. */
async function watchedDevice(t: ExecutionContext) {
  const { device: host } = await buildHost();
  const image = await buildApp(join(examples, "app.ts"));
  const folder = await mkdtemp(join(tmpdir(), "assay-lost-"));
  const world = await createWorld({ folder, brokerPort: 0, chainPort: 0, anchorEveryMs: 500, devices: 1, host, image: image.file, trace: join(examples, "data", "io-copy.csv"), logger: silent, progress: () => {} });
  const ending = new AbortController();
  const connected = Promise.withResolvers<void>();
  const seen: SubscriptionEvent[] = [];
  const rejected: string[] = [];
  const events = subscribe({
    broker: world.broker.url,
    trust: { devices: world.devices.map(({ id, publicKey }) => ({ id, keys: [{ publicKey }] })), logs: [{ id: world.gateway.id, publicKey: world.gateway.publicKey }], allowSimulated: true },
    signal: ending.signal,
    onConnection: (up) => up && connected.resolve(),
    onRejected: ({ code, message }) => rejected.push(`${code}: ${message}`),
  });
  const consumed = (async () => {
    for await (const event of events) seen.push(event);
  })();
  t.teardown(async () => {
    ending.abort();
    await consumed;
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });
  await connected.promise;
  return { world, seen, rejected, outbox: join(folder, "devices", "0", "outbox.flash") };
}

/** Lets the device run until the gateway has taken a result of it, then stops it in order; returns its boot's place. */
async function runOnce(t: ExecutionContext, world: World) {
  const [device] = await world.startDevices({ event: () => {}, log: (_, line) => t.log(line) });
  const boot = await device!.waitFor("boot", { timeoutMs: 30_000 });
  const { sequence } = await device!.waitFor("statement", { timeoutMs: 30_000 });
  const id = world.devices[0]!.id;
  for (let patience = 0; (await world.gateway.store.entryOf(id, boot.bootCount, sequence)) === undefined && patience < 200; patience++) await sleep(100);
  t.is(await device!.stop(), 0, device!.diagnostics.join("\n"));
  await world.gateway.flush();
  return { id, bootCount: boot.bootCount, sequence: boot.sequence, result: sequence };
}

async function bootStatement({ gateway }: World, id: string, bootCount: number, sequence: number): Promise<BootStatement> {
  const statement = parseStatement((await gateway.store.entryOf(id, bootCount, sequence))!.bytes, sha256);
  if (statement.kind !== "boot") throw new Error(`expected a boot statement, got one of kind ${statement.kind}`);
  return statement;
}

/** How the subscriber saw each boot, and the results after it; and which boots have receipts. */
async function standings(seen: readonly SubscriptionEvent[], lastBoot: number) {
  const receipts = () => new Set(seen.flatMap((event) => (event.type === "receipt" ? [event.bootCount] : [])));
  for (let patience = 0; !receipts().has(lastBoot) && patience < 200; patience++) await sleep(50);
  const of = (type: "boot" | "inference") => seen.flatMap((event) => (event.type === type ? [`${event.bootCount}: ${event.chain}`] : []));
  return { boots: of("boot"), results: [...new Set(of("inference"))], receipts: [...receipts()] };
}

test("a device that has lost its outbox, but not its key, says so at its next boot; its chain begins anew, and is logged and anchored", async (t) => {
  const { world, seen, rejected, outbox } = await watchedDevice(t);
  const before = await runOnce(t, world);
  await rm(outbox);
  const after = await runOnce(t, world);

  t.is(after.id, before.id);
  t.is(after.bootCount, before.bootCount + 1);
  t.is(after.sequence, 0);
  const boot = await bootStatement(world, after.id, after.bootCount, after.sequence);
  t.true(boot.claims.historyLost);
  t.is(boot.previous, null);
  t.false((await bootStatement(world, before.id, before.bootCount, before.sequence)).claims.historyLost);

  // And the boot after that follows on it, as any other.
  const next = await runOnce(t, world);
  t.false((await bootStatement(world, next.id, next.bootCount, next.sequence)).claims.historyLost);
  t.true(next.sequence > after.result);

  t.deepEqual(await standings(seen, 3), { boots: ["1: ok", "2: restart", "3: ok"], results: ["1: ok", "2: ok", "3: ok"], receipts: [1, 2, 3] });
  t.deepEqual(rejected, []);
  t.is(world.gateway.counters().rejected, 0, JSON.stringify(world.gateway.counters().rejectedBy));
});

test("a device whose newest statement is damaged on flash says that its history is lost, and goes on with the next number", async (t) => {
  const { world, seen, rejected, outbox } = await watchedDevice(t);
  const before = await runOnce(t, world);
  const head = (await world.gateway.store.head(before.id))!;
  const { bytes } = (await world.gateway.store.entryOf(before.id, head.bootCount, head.sequence))!;
  const flash = await readFile(outbox);
  const at = flash.indexOf(bytes);
  t.true(at > 0, "the newest statement is still on flash");
  flash[at + 100]! ^= 0x10;
  await writeFile(outbox, flash);

  const after = await runOnce(t, world);
  const boot = await bootStatement(world, after.id, after.bootCount, after.sequence);
  t.true(boot.claims.historyLost);
  t.is(boot.previous, null);
  // What tells of the acknowledgement behind it shows that the number is taken: to use it again would be to lie.
  t.is(boot.sequence, head.sequence + 1);
  t.deepEqual(await standings(seen, 2), { boots: ["1: ok", "2: restart"], results: ["1: ok", "2: ok"], receipts: [1, 2] });
  t.deepEqual(rejected, []);
  t.is(world.gateway.counters().rejected, 0, JSON.stringify(world.gateway.counters().rejectedBy));
});
