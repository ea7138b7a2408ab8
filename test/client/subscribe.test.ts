import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { sha256 } from "@noble/hashes/sha2.js";
import { Aedes } from "aedes";
import test, { type ExecutionContext } from "ava";
import { connectAsync, type MqttClient } from "mqtt";
import { encodeReceiptMessage } from "assay/statement/messages";
import { leafHash, nodeHash } from "assay/statement/merkle";
import { encodeReceipt } from "assay/statement/receipt";
import { bootTopic, receiptTopic, statementTopic } from "assay/statement/topics";
import { subscribe, type Rejected, type SubscribeOptions, type Subscription, type SubscriptionEvent } from "assay/client";
import { anchor, device as deviceKey, log } from "../statement/examples.ts";
import { StatingDevice } from "./device.ts";

const { id } = deviceKey;
const trust = { devices: [{ id, keys: [{ publicKey: deviceKey.publicKey }] }], logs: [{ id: log.id, publicKey: log.publicKey }] };

interface Broker {
  readonly url: string;
  readonly publisher: MqttClient;
  readonly dropConnections: () => void;
}

async function startBroker(t: ExecutionContext): Promise<Broker> {
  const aedes = await Aedes.createBroker();
  aedes.authenticate = (_client, username, _password, done) => done(null, username !== "nobody");
  const server: Server = createServer(aedes.handle);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publisher = await connectAsync(url, { protocolVersion: 4 });
  t.teardown(async () => {
    publisher.end(true);
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { url, publisher, dropConnections: () => sockets.forEach((socket) => socket.destroy()) };
}

async function publish({ publisher }: Broker, topic: string, payload: Uint8Array, retain = false): Promise<void> {
  await publisher.publishAsync(topic, Buffer.from(payload), { qos: 1, retain });
}

async function take(subscription: Subscription, count: number): Promise<SubscriptionEvent[]> {
  const events: SubscriptionEvent[] = [];
  while (events.length < count) {
    const { done, value } = await subscription.next();
    if (done === true) break;
    events.push(value);
  }
  return events;
}

/** Subscribes, and waits until the retained boot statement is here, so that nothing published later is missed. */
async function subscribed(t: ExecutionContext, broker: Broker, device: StatingDevice, options: Partial<SubscribeOptions> = {}): Promise<Subscription> {
  await publish(broker, bootTopic(id), device.boot(), true);
  const subscription = subscribe({ broker: broker.url, trust, ...options });
  t.teardown(async () => void (await subscription.return?.()));
  t.like((await take(subscription, 1))[0], { type: "boot", sequence: 0 });
  return subscription;
}

test("a subscription yields what is verified and rejects the rest, over a real broker", async (t) => {
  const broker = await startBroker(t);
  const device = new StatingDevice();
  const rejected: Rejected[] = [];
  const subscription = await subscribed(t, broker, device, { onRejected: (entry) => rejected.push(entry) });
  const inference = device.infer("compute");
  const first = sha256(Uint8Array.of(1));
  const root = nodeHash(first, leafHash(inference, sha256), sha256);
  const receipt = encodeReceipt({ treeSize: 2, leafIndex: 1, path: [first], anchor }, root, { issuer: log.id, keyId: log.keyId }, log.signer, sha256);
  await publish(broker, statementTopic(id), new Uint8Array(1_000_000));
  await publish(broker, statementTopic(id), inference);
  await publish(broker, statementTopic(id), inference);
  await publish(broker, receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt }));
  const events = await take(subscription, 2);
  t.like(events[0], { type: "inference", device: id, sequence: 1, label: "compute", chain: "ok" });
  t.like(events[1], { type: "receipt", sequence: 1 });
  t.deepEqual(rejected.map(({ code, topic }) => [code, topic]), [["TOO_LARGE", statementTopic(id)]]);
  t.deepEqual({ ...subscription.counts }, { verified: 2, receipts: 1, rejected: 1, duplicates: 1 });
});

test("leaving the loop ends the subscription", async (t) => {
  const broker = await startBroker(t);
  const device = new StatingDevice();
  await publish(broker, bootTopic(id), device.boot(), true);
  const subscription = subscribe({ broker: broker.url, trust });
  for await (const event of subscription) {
    t.is(event.type, "boot");
    break;
  }
  t.deepEqual(await subscription.next(), { done: true, value: undefined });
});

test("the signal ends the subscription, before and after it has begun", async (t) => {
  const broker = await startBroker(t);
  const controller = new AbortController();
  const subscription = await subscribed(t, broker, new StatingDevice(), { signal: controller.signal });
  const next = subscription.next();
  controller.abort();
  t.deepEqual(await next, { done: true, value: undefined });
  t.deepEqual(await subscribe({ broker: broker.url, trust, signal: AbortSignal.abort() }).next(), { done: true, value: undefined });
});

test("only the wanted devices are subscribed to", async (t) => {
  const broker = await startBroker(t);
  const subscription = await subscribed(t, broker, new StatingDevice(), { devices: [id] });
  t.is(subscription.counts.verified, 1);
});

test("a slow consumer makes the broker wait and loses nothing", async (t) => {
  const broker = await startBroker(t);
  const device = new StatingDevice();
  const subscription = await subscribed(t, broker, device, { queueLimit: 2 });
  for (let i = 0; i < 40; i++) await publish(broker, statementTopic(id), device.infer(`${i}`));
  // Nobody takes anything for a while: what is verified stays bounded.
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.true(subscription.counts.verified <= 4, `${subscription.counts.verified} verified`);
  const events = await take(subscription, 40);
  t.deepEqual(events.map((event) => event.type === "inference" && event.label), Array.from({ length: 40 }, (_, i) => `${i}`));
  t.true(events.every((event) => "chain" in event && event.chain === "ok"));
});

test("a lost connection is made again and the chain goes on", async (t) => {
  const broker = await startBroker(t);
  const device = new StatingDevice();
  const connections: boolean[] = [];
  let reconnected: () => void = () => {};
  const again = new Promise<void>((resolve) => (reconnected = resolve));
  const subscription = await subscribed(t, broker, device, {
    onConnection: (connected) => {
      connections.push(connected);
      if (connected && connections.length > 1) reconnected();
    },
  });
  await publish(broker, statementTopic(id), device.infer("before"));
  t.like((await take(subscription, 1))[0], { label: "before" });
  broker.dropConnections();
  await again;
  t.deepEqual(connections, [true, false, true]);
  // The retained boot statement shows that the subscription stands again; it is a repetition.
  const deadline = Date.now() + 5000;
  while (subscription.counts.duplicates === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  await publish(broker, statementTopic(id), device.infer("after"));
  t.like((await take(subscription, 1))[0], { label: "after", chain: "ok" });
});

test("no broker is one clear error, within the time allowed", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const error = await t.throwsAsync(() => subscribe({ broker: `mqtt://127.0.0.1:${port}`, trust, connectTimeoutMs: 300 }).next(), { code: "CANNOT_CONNECT" });
  t.regex(error?.message ?? "", /ECONNREFUSED/);
});

test("a broker that refuses is one clear error at once", async (t) => {
  const broker = await startBroker(t);
  await t.throwsAsync(() => subscribe({ broker: broker.url, trust, username: "nobody", password: "x" }).next(), { code: "REFUSED" });
});

test("options that cannot be meant are refused at once", (t) => {
  t.throws(() => subscribe({ broker: "mqtt://127.0.0.1:1", trust, queueLimit: 0 }), { code: "BAD_OPTION" });
  for (const broker of ["gopher://127.0.0.1", "127.0.0.1", "", "mqtt//x"]) t.throws(() => subscribe({ broker, trust }), { code: "BAD_OPTION" });
});

test("an error that a callback throws is shown in the loop, not swallowed", async (t) => {
  const broker = await startBroker(t);
  const failure = new Error("mine");
  const subscription = await subscribed(t, broker, new StatingDevice(), {
    onRejected: () => {
      throw failure;
    },
  });
  await publish(broker, statementTopic(id), new Uint8Array(3));
  t.is(await t.throwsAsync(() => subscription.next()), failure);
});
