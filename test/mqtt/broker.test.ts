/** The client against real brokers: aedes in this process, Mosquitto as a process, both on loopback. */
import test from "ava";
import { Aedes } from "aedes";
import { connect } from "node:net";
import type { ExecutionContext } from "ava";
import type { TimerId } from "timer";
import { MqttClient, type MqttOptions } from "assay/mqtt";
import { testWithProgram } from "../requirements.ts";
import { gate, startAedes, startMosquitto, type Broker } from "./brokers.ts";
import { nodeTcp } from "./node-tcp.ts";

const Timer: MqttOptions["Timer"] = {
  set: (callback, ms = 0): TimerId => {
    const id: TimerId = setTimeout(() => callback(id), ms);
    return id;
  },
  clear: (id) => clearTimeout(id as NodeJS.Timeout),
};

/** A client with what it has told so far, on the shortest pauses that make sense. */
function enter(t: ExecutionContext, broker: Pick<Broker, "port">, clientId: string, options: Partial<MqttOptions> & { budget?: number } = {}) {
  const { budget = 4096, ...rest } = options;
  const { TCP, open } = nodeTcp({ budget });
  const connected: boolean[] = [];
  const messages: { topic: string; text: string; retained: boolean }[] = [];
  const ended: string[] = [];
  const warnings: string[] = [];
  const client = new MqttClient({
    TCP,
    Timer,
    ticks: () => performance.now(),
    random: Math.random,
    host: "localhost",
    port: broker.port,
    clientId,
    backoff: { minMs: 10, maxMs: 50 },
    onConnected: (present) => void connected.push(present),
    onMessage: (topic, payload, retained) => void messages.push({ topic, text: Buffer.from(payload).toString(), retained }),
    onDisconnected: (reason) => void ended.push(reason.code),
    onWarning: (warning) => void warnings.push(warning.code),
    ...rest,
  });
  t.teardown(() => client.close(false));
  return { client, connected, messages, ended, warnings, open };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 10_000) throw new Error(`expected ${what} within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** What a client has to do with any broker. Each takes client ids of its own, so that one broker serves all. */
const scenarios: Record<string, (t: ExecutionContext, broker: Broker) => Promise<void>> = {
  "QoS 0 and 1 go through, retained messages say so": async (t, broker) => {
    const publisher = enter(t, broker, "p1");
    await until("a connection", () => publisher.client.connected);
    let acknowledged = 0;
    publisher.client.publish("one/kept", bytes("old"), { qos: 1, retain: true, onAcknowledged: () => acknowledged++ });
    await until("PUBACK", () => acknowledged === 1);
    const subscriber = enter(t, broker, "s1");
    subscriber.client.subscribe("one/#", 1);
    await until("the retained message", () => subscriber.messages.length === 1);
    publisher.client.publish("one/a€", bytes("a"), { qos: 1 });
    publisher.client.publish("one/b", bytes("b"));
    publisher.client.publish("one/kept", new Uint8Array(0), { qos: 1, retain: true });
    await until("three more", () => subscriber.messages.length === 4);
    // MQTT promises an order only among messages of one topic and one QoS (§4.6).
    t.deepEqual(subscriber.messages[0], { topic: "one/kept", text: "old", retained: true });
    t.deepEqual(subscriber.messages.slice(1).sort((a, b) => (a.text < b.text ? -1 : 1)), [
      { topic: "one/kept", text: "", retained: false },
      { topic: "one/a€", text: "a", retained: false },
      { topic: "one/b", text: "b", retained: false },
    ]);
    for (const { client, ended, open } of [publisher, subscriber]) {
      client.close();
      await until("the end", () => ended.length === 1);
      t.deepEqual(ended, ["CLOSED"]);
      t.is(open.size, 0);
    }
  },

  "a stream of messages survives a network that cuts the connection all the time": async (t, broker) => {
    // The socket takes 100 bytes at a time, so that cuts fall within packets.
    const publisher = enter(t, broker, "p2", { budget: 100 });
    const subscriber = enter(t, broker, "s2");
    subscriber.client.subscribe("two", 1);
    await until("connections", () => publisher.client.connected && subscriber.client.connected);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const count = 300;
    const padding = "x".repeat(300);
    let next = 0;
    const pump = () => {
      while (next < count && publisher.client.publish("two", bytes(`${next} ${padding}`), { qos: 1, onAcknowledged: pump })) next++;
    };
    pump();
    const cutter = setInterval(() => broker.cut(), 40);
    await until("all published", () => next === count && publisher.client.inflight === 0);
    clearInterval(cutter);
    await until("all received", () => new Set(subscriber.messages.map(({ text }) => text)).size === count);
    const numbers = subscriber.messages.map(({ text }) => Number(text.split(" ")[0]));
    const firstSeen = [...new Set(numbers)];
    if (!broker.keepsOrder) firstSeen.sort((a, b) => a - b);
    t.deepEqual(firstSeen, Array.from({ length: count }, (_, i) => i), "each at least once, and in order");
    t.true(publisher.ended.length >= 2, `${publisher.ended.length} cuts`);
    t.true(publisher.ended.every((code) => code === "TRANSPORT"));
    publisher.client.close();
    subscriber.client.close();
  },

  "[MQTT-3.1.2-4] [MQTT-3.1.2-5] messages for a client that was away come when it is back, without a new subscription": async (t, broker) => {
    const away = enter(t, broker, "s3");
    away.client.subscribe("three", 1);
    await until("a connection", () => away.client.connected);
    t.deepEqual(away.connected, [false]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    away.client.close();
    await until("the end", () => away.ended.length === 1);
    const publisher = enter(t, broker, "p3");
    let acknowledged = 0;
    for (const text of ["1", "2", "3"]) publisher.client.publish("three", bytes(text), { qos: 1, onAcknowledged: () => acknowledged++ });
    await until("PUBACK", () => acknowledged === 3);
    const back = enter(t, broker, "s3");
    await until("what was kept", () => back.messages.length === 3);
    t.deepEqual(back.connected, [true]);
    t.deepEqual(back.messages.map(({ text }) => text), ["1", "2", "3"]);
    back.client.close();
    publisher.client.close();
  },

  "[MQTT-3.1.2-8] [MQTT-3.14.4-3] the will is published when the client vanishes, and not after DISCONNECT": async (t, broker) => {
    const watcher = enter(t, broker, "w4");
    watcher.client.subscribe("four/+", 1);
    await until("a connection", () => watcher.client.connected);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const will = (topic: string) => ({ will: { topic, payload: bytes("offline"), qos: 1 as const, retain: true } });
    const polite = enter(t, broker, "d4a", will("four/polite"));
    const rude = enter(t, broker, "d4b", will("four/rude"));
    await until("connections", () => polite.client.connected && rude.client.connected);
    polite.client.close();
    await until("the end", () => polite.ended.length === 1);
    rude.client.close(false);
    await until("the will", () => watcher.messages.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.deepEqual(watcher.messages, [{ topic: "four/rude", text: "offline", retained: false }]);
    watcher.client.close();
  },

  "a client waits for a broker that is not there yet, and comes back to one that was away": async (t, broker) => {
    await broker.shut();
    const device = enter(t, broker, "d5");
    t.true(device.client.publish("five", bytes("early"), { qos: 1 }));
    device.client.subscribe("five", 1);
    await until("failed attempts", () => device.ended.length >= 3);
    t.deepEqual([...new Set(device.ended)], ["TRANSPORT"]);
    await broker.open();
    await until("the message", () => device.messages.length === 1 && device.client.inflight === 0);
    await broker.shut();
    await until("the end", () => !device.client.connected);
    await broker.open();
    await until("another connection", () => device.client.connected);
    device.client.close();
    await until("CLOSED", () => device.ended.at(-1) === "CLOSED");
  },

  "[MQTT-3.12.4-1] pings are answered": async (t, broker) => {
    const idle = enter(t, broker, "d6", { keepAliveSeconds: 1, responseTimeoutMs: 400 });
    await until("a connection", () => idle.client.connected);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    t.true(idle.client.connected);
    t.deepEqual(idle.ended, []);
    idle.client.close();
  },

  "a message of 1 MB does not harm a client that takes 4 KB": async (t, broker) => {
    const device = enter(t, broker, "d7");
    device.client.subscribe("seven", 1);
    await until("a connection", () => device.client.connected);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const publisher = enter(t, broker, "p7", { maxPacketBytes: 2_000_000, budget: 2_000_000 });
    publisher.client.publish("seven", new Uint8Array(1_000_000), { qos: 1 });
    publisher.client.publish("seven", bytes("good"), { qos: 1 });
    await until("the good message", () => device.messages.length === 1);
    t.is(device.messages[0]?.text, "good");
    t.deepEqual(device.warnings, ["TOO_LARGE"]);
    t.deepEqual(device.ended, []);
    device.client.close();
    publisher.client.close();
  },

  "[MQTT-3.1.4-2] a second client of the same id ejects the first, and they do not hammer the broker": async (t, broker) => {
    const slow = { backoff: { minMs: 200, maxMs: 2000 } };
    const first = enter(t, broker, "d8", slow);
    await until("a connection", () => first.client.connected);
    const second = enter(t, broker, "d8", slow);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    first.client.close();
    second.client.close();
    const attempts = first.connected.length + second.connected.length;
    t.true(attempts >= 2 && attempts < 30, `${attempts} connections in a second`);
  },
};

for (const [title, scenario] of Object.entries(scenarios)) {
  test(`aedes: ${title}`, async (t) => {
    const broker = await startAedes();
    t.teardown(() => broker.stop());
    await scenario(t, broker);
  });
  testWithProgram("mosquitto", `Mosquitto: ${title}`, async (t, program) => {
    const broker = await startMosquitto(program);
    t.teardown(() => broker.stop());
    await scenario(t, broker);
  });
}

test("[MQTT-3.2.2-5] [MQTT-3.9.3-2] a refusal by the broker, and one of a subscription, are told", async (t) => {
  const broker = await Aedes.createBroker({
    authenticate: (_client, user, password, done) => {
      if (user === "device" && password?.toString() === "secret") done(null, true);
      else done(Object.assign(new Error("no"), { returnCode: 4 }), false);
    },
    authorizeSubscribe: (_client, subscription, done) => done(null, subscription.topic === "forbidden" ? null : subscription),
  });
  const front = await gate((socket) => void broker.handle(socket));
  t.teardown(async () => {
    await front.shut();
    broker.close();
  });
  const stranger = enter(t, front, "d9", { user: "device", password: "guess" });
  await until("a refusal", () => stranger.ended.includes("REFUSED_CREDENTIALS"));
  stranger.client.close();
  const known = enter(t, front, "d9", { user: "device", password: bytes("secret") });
  known.client.subscribe("forbidden", 1);
  known.client.subscribe("allowed", 1);
  await until("the warning", () => known.warnings.length === 1);
  t.deepEqual(known.warnings, ["SUBSCRIPTION_REFUSED"]);
  t.true(known.client.connected);
  known.client.close();
});

test("a name that does not resolve is TRANSPORT, again and again", async (t) => {
  const lost = enter(t, { port: 1883 }, "d10", { host: "no-such-host.invalid" });
  await until("failed attempts", () => lost.ended.length >= 2);
  t.deepEqual([...new Set(lost.ended)], ["TRANSPORT"]);
  lost.client.close();
  t.is(lost.open.size, 0);
});

test("a half-open connection, over which nothing comes back, is given up and replaced", async (t) => {
  const broker = await startAedes();
  t.teardown(() => broker.stop());
  let deaf = false;
  const front = await gate((socket) => {
    const other = connect(broker.port, "127.0.0.1");
    socket.on("data", (chunk) => void other.write(chunk));
    other.on("data", (chunk) => {
      if (!deaf) socket.write(chunk);
    });
    socket.on("close", () => other.destroy());
    other.on("close", () => socket.destroy()).on("error", () => socket.destroy());
  });
  t.teardown(() => front.shut());
  const device = enter(t, front, "d11", { keepAliveSeconds: 1, responseTimeoutMs: 300 });
  await until("a connection", () => device.client.connected);
  deaf = true;
  device.client.publish("eleven", bytes("held"), { qos: 1 });
  await until("it to notice", () => device.ended.includes("TIMEOUT_PINGRESP"));
  deaf = false;
  await until("another connection", () => device.client.connected && device.client.inflight === 0);
  t.true(device.ended.length >= 1 && device.connected.length >= 2);
  device.client.close();
});
