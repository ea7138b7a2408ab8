import { chmod, mkdir, writeFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { anvilAccount, startAnvil } from "../../contracts/anvil.ts";
import { deployContracts } from "../../contracts/deploy.ts";
import { GatewayError } from "../../gateway/gateway-error.ts";
import { SqliteStore } from "../../gateway/sqlite-store.ts";
import type { StoreBatch } from "../../gateway/store.ts";
import { buildWorld, TestDevice, until, WARN } from "./world.ts";

test("a restart in the middle loses nothing and enters nothing twice", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("restart");
  await world.register(device);
  const first = await world.gateway();
  await world.listener.send(device, 10);
  await until("some statements", () => first.counters().stored >= 5);
  // While it closes and while it is away, the device goes on: the broker keeps the messages of the session.
  const sending = world.listener.send(device, 20);
  await first.close();
  await sending;
  await world.listener.send(device, 5);

  const second = await world.gateway();
  t.is(second.id, first.id);
  await until("the last ack", () => world.listener.acks.get(device.id) === 34);
  await second.flush();
  await until("all receipts", () => world.listener.receipts.size === 35);
  const entries = await second.store.entries(0, 100);
  t.deepEqual(entries.map((entry) => entry.sequence), [null, ...Array.from({ length: 35 }, (_, i) => i)]);
  t.deepEqual(entries.slice(1).map((entry) => Buffer.from(entry.bytes)), device.statements.map((bytes) => Buffer.from(bytes)));
  t.is(second.counters().rejected, 0);
  const sizes = await world.anchoredSizes();
  t.deepEqual(sizes, [...new Set(sizes)]);
});

test("while the broker is away the gateway waits for it and goes on where it was", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("broker away");
  await world.register(device);
  const gateway = await world.gateway();
  await world.listener.send(device, 3);
  await until("three statements", () => gateway.counters().stored === 3);
  await world.broker.vanish();
  await until("the gateway to notice", async () => !(await gateway.status()).brokerConnected);
  await until("the anchor, which needs no broker", async () => (await gateway.status()).anchored?.size === 4);
  await world.broker.listen();
  await until("the connection", async () => (await gateway.status()).brokerConnected && world.listener.client.connected);
  await world.listener.send(device, 3);
  await until("six statements", () => gateway.counters().stored === 6);
  await gateway.flush();
  // Entry 0 is the policy; the six after it have receipts, and the broker has taken all of them.
  t.is(await gateway.store.firstWithoutReceipt(), 7);
  t.deepEqual(await gateway.store.unpublishedReceipts(1), []);
  // The gateway may be back before the listener, who then misses receipts of the time before: they are not retained.
  await until("the receipts of what was sent since", () => world.listener.receipts.size >= 3);
  t.true(world.lines.some((line) => line.level === WARN && line.code === "BROKER_UNREACHABLE"));
  t.is(gateway.counters().rejected, 0);
});

test("while the chain is away statements are stored and acknowledged, and anchored when it is back", async (t) => {
  const world = await buildWorld(t);
  const chain = await startAnvil({ stateFile: join(world.folder, "chain.json") });
  const deployment = await deployContracts({ rpcUrl: chain.rpcUrl, account: anvilAccount(0) });
  const device = new TestDevice("chain away");
  const directory = { lookUp: () => Promise.resolve({ status: "registered", keys: [{ publicKey: device.key.publicKey }] } as const) };
  const gateway = await world.gateway({ rpcUrl: chain.rpcUrl, contracts: deployment, directory });
  await chain.close();
  await world.listener.send(device, 4);
  await until("the ack", () => world.listener.acks.get(device.id) === 3);
  await until("a warning", () => world.lines.some((line) => line.level === WARN && line.code === "RPC_UNREACHABLE"));
  const again = await startAnvil({ stateFile: join(world.folder, "chain.json"), port: chain.port });
  t.teardown(() => again.close());
  await gateway.flush();
  await until("the receipts", () => world.listener.receipts.size === 4);
  t.is((await gateway.status()).anchored?.size, 5);
});

test("an unknown device is not refused for good while the registry does not answer", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("registry away");
  let answers = false;
  const directory = { lookUp: () => Promise.resolve(answers ? ({ status: "registered", keys: [{ publicKey: device.key.publicKey }] } as const) : ({ status: "unavailable" } as const)) };
  const gateway = await world.gateway({ directory });
  const { topic, bytes } = device.boot();
  await world.listener.publish(topic, bytes);
  await until("the rejection", () => gateway.counters().rejectedBy.DIRECTORY_UNAVAILABLE === 1);
  answers = true;
  await world.listener.publish(topic, bytes);
  await until("the ack", () => world.listener.acks.get(device.id) === 0);
  t.is(gateway.counters().stored, 1);
});

/** A store whose disk is full at times. */
class FailingStore extends SqliteStore {
  full = false;
  failures = 0;

  override commit(batch: StoreBatch): Promise<void> {
    if (!this.full) return super.commit(batch);
    this.failures++;
    return Promise.reject(new GatewayError("STORE_FAILED", "expected the store to answer: database or disk is full"));
  }
}

test("while the store fails nothing is acknowledged, the line waits, and nothing is lost", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("disk full");
  await world.register(device);
  const store = new FailingStore({ file: ":memory:" });
  // A small queue: with the store down it is full at once, and the broker has to keep the rest.
  const gateway = await world.gateway({ store, queueBytes: 4_000 });
  await world.listener.send(device, 2);
  await until("two statements", () => gateway.counters().stored === 2);
  store.full = true;
  await world.listener.send(device, 60);
  await until("failures", () => store.failures >= 3);
  t.is(world.listener.acks.get(device.id), 1);
  t.true(gateway.counters().received < 62, "back-pressure: the gateway does not take in what it cannot store");
  store.full = false;
  await until("the last ack", () => world.listener.acks.get(device.id) === 61);
  t.is(gateway.counters().stored, 62);
  t.is(gateway.counters().rejected, 0);
});

test("closing while the store fails leaves the statements with the broker", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("closed full");
  await world.register(device);
  const store = new FailingStore({ file: join(world.folder, "own.sqlite") });
  const gateway = await world.gateway({ store });
  store.full = true;
  await world.listener.send(device, 5);
  await until("a failure", () => store.failures >= 1);
  await gateway.close();
  t.is(world.listener.acks.get(device.id), undefined);
  const second = await world.gateway({ store: new SqliteStore({ file: join(world.folder, "own.sqlite") }) });
  await until("the last ack", () => world.listener.acks.get(device.id) === 4);
  t.is(second.counters().stored, 5);
});

test("at start a broker, a chain or a contract that is not there is a clear error", async (t) => {
  const world = await buildWorld(t);
  const nobody = "127.0.0.1:9";
  await t.throwsAsync(world.gateway({ brokerUrl: `mqtt://${nobody}` }), { code: "BROKER_UNREACHABLE", message: /expected an MQTT broker at mqtt:\/\/127\.0\.0\.1:9/ });
  await t.throwsAsync(world.gateway({ rpcUrl: `http://${nobody}` }), { code: "RPC_UNREACHABLE" });
  const { log, registry } = world.deployment;
  const empty = anvilAccount(5).address;
  await t.throwsAsync(world.gateway({ contracts: { log: empty, registry } }), { code: "CONTRACT_MISSING", message: /AttestationLog/ });
  await t.throwsAsync(world.gateway({ contracts: { log, registry: empty } }), { code: "CONTRACT_MISSING", message: /DeviceRegistry/ });
  await t.throwsAsync(world.gateway({ account: anvilAccount(3) }), { code: "NOT_OPERATOR" });
  await t.throwsAsync(world.gateway({ anchorEveryMs: 0 }), { code: "OPTION_INVALID", message: /anchorEveryMs/ });
  await t.throwsAsync(world.gateway({ rpcUrl: "127.0.0.1" }), { code: "OPTION_INVALID", message: /rpcUrl/ });
});

test("another store than the one that anchored is refused with LOG_DIVERGED", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("diverged");
  await world.register(device);
  const first = await world.gateway();
  await world.listener.send(device, 2);
  await until("two statements", () => first.counters().stored === 2);
  await first.flush();
  await first.close();
  await t.throwsAsync(world.gateway({ dataFolder: join(world.folder, "another") }), { code: "LOG_DIVERGED" });
});

test("the gateway's key is made once, readable by its owner only, and refused if others can read it", async (t) => {
  const world = await buildWorld(t);
  const file = join(world.folder, "gateway.key");
  const first = await world.gateway();
  await first.close();
  t.is((await stat(file)).mode & 0o777, 0o600);
  const secret = (await readFile(file, "utf8")).trim();
  t.false(JSON.stringify(world.lines).includes(secret), "never in the log");
  await chmod(file, 0o644);
  await t.throwsAsync(world.gateway(), { code: "KEY_FAILED", message: /chmod 600/ });
  await writeFile(file, "not a key\n", { mode: 0o600 });
  await chmod(file, 0o600);
  await t.throwsAsync(world.gateway(), { code: "KEY_FAILED" });
  await mkdir(join(world.folder, "folder.sqlite"));
  t.throws(() => new SqliteStore({ file: join(world.folder, "folder.sqlite") }), { code: "STORE_FAILED" });
});
