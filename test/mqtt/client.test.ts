/** The client against a broker that the test plays byte by byte, on a clock that the test moves. */
import test from "ava";
import { MqttClient, MqttError, type MqttOptions } from "assay/mqtt";
import { encodePublish } from "assay/mqtt/packets";
import { scriptedTcp, ScriptedSocket } from "./scripted-tcp.ts";
import { VirtualTime } from "./virtual-time.ts";

const CONNACK = [0x20, 2, 0, 0];
const CONNACK_SESSION = [0x20, 2, 1, 0];
const PINGRESP = [0xd0, 0];
const puback = (id: number) => [0x40, 2, id >> 8, id & 0xff];
const suback = (id: number, code: number) => [0x90, 3, id >> 8, id & 0xff, code];
const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** A client and all that surrounds it. */
function setUp(options: Partial<MqttOptions> = {}) {
  const time = new VirtualTime();
  const { TCP, sockets } = scriptedTcp();
  const events: string[] = [];
  const client: MqttClient = new MqttClient({
    TCP,
    Timer: time.Timer,
    ticks: time.ticks,
    random: () => 0.5,
    host: "127.0.0.1",
    port: 1883,
    clientId: "d",
    keepAliveSeconds: 40,
    backoff: { minMs: 1000, maxMs: 8000 },
    onConnected: (present) => void events.push(`connected ${present}`),
    onMessage: (topic, payload, retained) => void events.push(`message ${topic} ${Buffer.from(payload).toString()}${retained ? " retained" : ""}`),
    onDisconnected: (reason, retryMs) => void events.push(`${reason.code} ${retryMs}`),
    onWarning: (warning) => void events.push(`warning ${warning.code}`),
    ...options,
  });
  const newest = (): ScriptedSocket => sockets.at(-1)!;
  /** opens the next connection up to CONNACK */
  const accept = (connack = CONNACK): ScriptedSocket => {
    const count = sockets.length;
    while (sockets.length === count) time.advance(500);
    newest().writable().take();
    return newest().send(connack);
  };
  return { time, sockets, events, client, newest, accept };
}

const types = (packets: Uint8Array[]) => packets.map((packet) => packet[0]! >> 4);
const hex = (packets: Uint8Array[]) => packets.map((packet) => Buffer.from(packet).toString("hex"));

test("[MQTT-3.1.0-1] CONNECT is the first packet and nothing follows it before CONNACK", (t) => {
  const { client, newest, time, events } = setUp();
  client.subscribe("s", 1);
  client.publish("t", bytes("1"), { qos: 1 });
  time.advance(0);
  t.deepEqual(newest().take(), [], "not before the socket is connected");
  newest().writable();
  t.deepEqual(types(newest().take()), [1]);
  t.false(client.publish("t", bytes("0")), "QoS 0 is not kept");
  newest().writable();
  t.deepEqual(newest().take(), []);
  newest().send(CONNACK);
  t.deepEqual(types(newest().take()), [8, 3]);
  t.deepEqual(events, ["connected false"]);
  t.true(client.connected);
});

test("a constructor calls nothing, and what a broker cannot be told is refused there", (t) => {
  const { sockets } = setUp();
  t.is(sockets.length, 0);
  const bad: Partial<MqttOptions>[] = [
    { port: 0 }, { port: 65_536 }, { host: "" }, { keepAliveSeconds: -1 }, { maxInflight: 0 }, { maxPacketBytes: 10 }, { responseTimeoutMs: 0 },
    { backoff: { minMs: 0, maxMs: 1 } }, { backoff: { minMs: 2, maxMs: 1 } }, { backoff: { minMs: 1, maxMs: NaN } }, { clientId: "" },
  ];
  for (const options of bad) t.is(t.throws(() => setUp(options), { instanceOf: MqttError })?.code, "BAD_OPTION", JSON.stringify(options));
});

test("a host that is an IPv4 address goes to the socket as address, a name as host", (t) => {
  for (const [host, key] of [["10.0.0.7", "address"], ["broker.local", "host"]] as const) {
    const { time, newest } = setUp({ host });
    time.advance(0);
    t.is(newest().options[key], host);
    t.is(Object.keys(newest().options).filter((name) => name === "address" || name === "host").length, 1);
  }
});

for (const [code, name] of [[1, "REFUSED_VERSION"], [2, "REFUSED_IDENTIFIER"], [3, "REFUSED_UNAVAILABLE"], [4, "REFUSED_CREDENTIALS"], [5, "REFUSED_AUTHORIZATION"]] as const) {
  test(`[MQTT-3.2.2-5] CONNACK with return code ${code} is ${name}, and the client tries again`, (t) => {
    const { accept, events, sockets, time } = setUp();
    const socket = accept([0x20, 2, 0, code]);
    t.deepEqual(events, [`${name} 500`]);
    t.true(socket.closed);
    time.advance(500);
    t.is(sockets.length, 2);
  });
}

test("a refusal says what was refused", (t) => {
  const reasons: MqttError[] = [];
  setUp({ onDisconnected: (reason) => void reasons.push(reason) }).accept([0x20, 2, 0, 5]);
  t.is(reasons[0]?.message, "expected 127.0.0.1:1883 to accept client d, got refused: not authorised");
});

test("[MQTT-3.2.0-1] anything but CONNACK first is an error, and so is a second CONNACK", (t) => {
  for (const packets of [PINGRESP, puback(1), [...CONNACK, ...CONNACK]]) {
    const { accept, events } = setUp();
    t.true(accept(packets).closed);
    t.regex(events.at(-1)!, /^PROTOCOL /);
  }
});

test("[MQTT-3.2.2-1] a session present after a clean start is an error", (t) => {
  const { accept, events } = setUp({ cleanSession: true });
  t.true(accept(CONNACK_SESSION).closed);
  t.deepEqual(events, ["PROTOCOL 500"]);
});

test("[MQTT-4.8.0-1] bytes that are no packet end the connection", (t) => {
  const { accept, events } = setUp();
  const socket = accept().send([0xff, 0xff, 0xff]);
  t.true(socket.closed);
  t.deepEqual(events, ["connected false", "MALFORMED 500"]);
});

test("no CONNACK in time ends the attempt, connected or not", (t) => {
  for (const connected of [false, true]) {
    const { time, newest, events, sockets } = setUp({ responseTimeoutMs: 3000 });
    time.advance(0);
    if (connected) newest().writable();
    time.advance(2999);
    t.false(newest().closed);
    time.advance(1);
    t.true(newest().closed);
    t.deepEqual(events, ["TIMEOUT_CONNACK 500"]);
    time.advance(500);
    t.is(sockets.length, 2);
  }
});

test("attempts that fail go on for ever with growing pauses: name not resolved, connection refused, socket class that throws", (t) => {
  const { time, newest, events, sockets } = setUp();
  time.advance(0);
  for (let i = 0; i < 6; i++) {
    newest().fail();
    time.advance(4000);
  }
  t.deepEqual(events, ["TRANSPORT 500", "TRANSPORT 1000", "TRANSPORT 2000", "TRANSPORT 4000", "TRANSPORT 4000", "TRANSPORT 4000"]);
  t.is(sockets.length, 7);

  const throwing: string[] = [];
  const other = setUp({
    TCP: class {
      constructor() {
        throw new Error("no sockets left");
      }
    } as never,
    onDisconnected: (reason, retryMs) => void throwing.push(`${reason.code} ${retryMs} ${reason.message.includes("no sockets left")} ${(reason.cause as Error).message}`),
  });
  other.time.advance(600);
  t.deepEqual(throwing, ["TRANSPORT 500 true no sockets left", "TRANSPORT 1000 true no sockets left"]);
});

test("a socket that fails within its constructor, or is connected there, is taken as it is", (t) => {
  for (const fails of [true, false]) {
    const sockets: ScriptedSocket[] = [];
    const { events, time } = setUp({
      TCP: class extends ScriptedSocket {
        constructor(options: ScriptedSocket["options"]) {
          super(options);
          sockets.push(this);
          if (fails) this.fail();
          else this.writable();
        }
      },
    });
    time.advance(0);
    t.is(sockets.length, 1);
    t.is(sockets[0]?.closed, fails);
    t.deepEqual(events, fails ? ["TRANSPORT 500"] : []);
    t.deepEqual(types(sockets[0]!.take()), fails ? [] : [1]);
  }
});

test("a write that throws ends the connection", (t) => {
  const { accept, client, events } = setUp();
  const socket = accept();
  socket.writeError = new Error("EPIPE");
  t.true(client.publish("t", bytes("1"), { qos: 1 }), "kept for the next connection");
  t.true(socket.closed);
  t.deepEqual(events, ["connected false", "TRANSPORT 500"]);
  t.deepEqual(types(accept().take()), [3]);
});

test("callbacks of a connection that is over do nothing", (t) => {
  const { accept, events, sockets, client } = setUp();
  const old = accept();
  old.fail();
  const newer = accept();
  old.fail();
  old.options.onReadable?.(3);
  old.options.onWritable?.(100);
  t.false(newer.closed);
  t.is(sockets.length, 2);
  t.true(client.connected);
  t.deepEqual(events, ["connected false", "TRANSPORT 500", "connected false"]);
});

test("packets are cut to what the socket takes, and go on when it takes more", (t) => {
  const { time, newest, client } = setUp();
  time.advance(0);
  const socket = newest().writable(3);
  for (let i = 0; i < 20; i++) socket.writable(1);
  socket.send(CONNACK).take();
  client.publish("t", new Uint8Array(100), { qos: 1 });
  client.publish("t", bytes("next"), { qos: 1 });
  t.deepEqual(socket.take(), []);
  while (socket.packets.length < 2) socket.writable(7);
  t.deepEqual(types(socket.take()), [3, 3]);
  t.true(socket.writes.every((length) => length <= 7));
});

test("CONNACK and messages that come one byte at a time arrive all the same", (t) => {
  const { time, newest, events } = setUp();
  time.advance(0);
  newest().writable().send([...CONNACK, ...encodePublish("a/b", bytes("hello"), 1, true, 5, 100)], 1);
  t.deepEqual(events, ["connected false", "message a/b hello retained"]);
});

test("a message longer than one read arrives whole", (t) => {
  const { accept, events } = setUp();
  const text = "0123456789".repeat(300);
  accept().send(encodePublish("a", bytes(text), 0, false, 0, 4096));
  t.deepEqual(events.slice(1), [`message a ${text}`]);
});

test("a connection cut in the middle of a packet leaves nothing behind for the next", (t) => {
  const { accept, events } = setUp();
  const packet = encodePublish("a", bytes("hello"), 1, false, 5, 100);
  accept().send(packet.subarray(0, 6)).fail();
  accept().send(packet);
  t.deepEqual(events, ["connected false", "TRANSPORT 500", "connected false", "message a hello"]);
});

test("[MQTT-4.3.2-2] [MQTT-4.6.0-2] messages of QoS 1 are acknowledged after they were handled, in the order in which they came", (t) => {
  const { accept, newest } = setUp({ onMessage: () => void handled.push(newest().packets.length) });
  const handled: number[] = [];
  const socket = accept();
  socket.take();
  socket.send([7, 3, 9].flatMap((id) => [...encodePublish("a", bytes("x"), 1, false, id, 100)]));
  t.deepEqual(hex(socket.take()), ["40020007", "40020003", "40020009"]);
  t.deepEqual(handled, [0, 1, 2]);
});

test("[MQTT-4.8.0-1] a message of QoS 2, which was never subscribed for, ends the connection", (t) => {
  const { accept, events } = setUp();
  t.true(accept().send([0x34, 6, 0, 1, 0x61, 0, 1, 0]).closed);
  t.deepEqual(events, ["connected false", "PROTOCOL 500"]);
});

test("[MQTT-4.5.0-2] a message beyond the limit is acknowledged and discarded, and those behind it arrive", (t) => {
  const { accept, events } = setUp({ maxPacketBytes: 1000 });
  const socket = accept();
  socket.take();
  socket.send([...encodePublish("a", new Uint8Array(1_000_000), 1, true, 5, 1e7), ...encodePublish("a", bytes("good"), 1, false, 6, 100)], 65_536);
  t.deepEqual(events, ["connected false", "warning TOO_LARGE", "message a good"]);
  t.deepEqual(hex(socket.take()), ["40020005", "40020006"]);
});

test("publish refuses what does not fit, and takes it again after PUBACK", (t) => {
  const { accept, client } = setUp({ maxInflight: 2 });
  const acknowledged: number[] = [];
  const publish = (i: number) => client.publish("t", Uint8Array.of(i), { qos: 1, onAcknowledged: () => void acknowledged.push(i) });
  t.deepEqual([1, 2, 3].map(publish), [true, true, false]);
  t.false(client.hasRoom);
  const socket = accept();
  t.is(socket.take().length, 2);
  socket.send(puback(1));
  t.true(client.hasRoom);
  t.deepEqual([3, 4].map(publish), [true, false]);
  socket.send([...puback(3), ...puback(2)]);
  t.deepEqual(acknowledged, [1, 3, 2]);
  t.is(client.inflight, 0);
  socket.send(puback(2));
  t.true(client.connected, "a PUBACK too many is ignored");
  t.is(t.throws(() => client.publish("t", new Uint8Array(5000), { qos: 1 }), { instanceOf: MqttError })?.code, "TOO_LARGE");
  t.is(t.throws(() => client.publish("t/#", new Uint8Array(5)), { instanceOf: MqttError })?.code, "BAD_TOPIC");
  t.is(client.inflight, 0);
});

test("onAcknowledged may publish the next message", (t) => {
  const { accept, client } = setUp({ maxInflight: 1 });
  let next = 0;
  const pump = () => {
    while (next < 5 && client.publish("t", Uint8Array.of(next), { qos: 1, onAcknowledged: pump })) next++;
  };
  pump();
  const socket = accept();
  for (let i = 1; i <= 5; i++) socket.send(puback(i));
  t.deepEqual(socket.take().map((packet) => packet.at(-1)), [0, 1, 2, 3, 4]);
  t.is(client.inflight, 0);
});

test("[MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1] after a reconnect unacknowledged messages go again: same identifiers, DUP = 1, first order", (t) => {
  const { accept, client } = setUp({ maxInflight: 4 });
  const first = accept();
  for (let i = 1; i <= 3; i++) client.publish("t", Uint8Array.of(i), { qos: 1 });
  first.send(puback(2));
  t.deepEqual(hex(first.take()), ["32060001740001" + "01", "32060001740002" + "02", "32060001740003" + "03"]);
  first.fail();
  client.publish("t", Uint8Array.of(4), { qos: 1 });
  for (const connack of [CONNACK_SESSION, CONNACK]) {
    // Also to a broker that has lost the session: it may have handed the messages on before.
    const again = accept(connack);
    t.deepEqual(hex(again.take()), ["3a060001740001" + "01", "3a060001740003" + "03", (connack === CONNACK ? "3a" : "32") + "060001740004" + "04"]);
    again.fail();
  }
});

test("[MQTT-3.1.2-6] a clean session reuses no state: what was unacknowledged goes as new", (t) => {
  const { accept, client } = setUp({ cleanSession: true });
  const first = accept();
  client.publish("t", Uint8Array.of(1), { qos: 1 });
  first.fail();
  t.deepEqual(hex(accept().take()), ["3206000174000101"]);
});

test("[MQTT-2.3.1-1] [MQTT-2.3.1-2] identifiers in flight are not given again, and 0 never", (t) => {
  const { accept, client } = setUp({ maxInflight: 2 });
  const socket = accept();
  client.publish("t", bytes("held"), { qos: 1 });
  const seen = new Set<number>();
  for (let i = 0; i < 70_000; i++) {
    client.publish("t", Uint8Array.of(1), { qos: 1 });
    const packet = socket.writable().take().at(-1)!;
    const id = (packet[5]! << 8) | packet[6]!;
    if (i === 0) t.is(id, 2);
    seen.add(id);
    socket.send(puback(id));
  }
  t.is(seen.size, 65_534);
  t.false(seen.has(0));
  t.false(seen.has(1));
});

test("subscriptions are sent again to a broker without the session, and only to that", (t) => {
  const { accept, client, events } = setUp();
  client.subscribe("a", 1);
  client.subscribe("b/+", 0);
  const first = accept();
  t.deepEqual(hex(first.take()), ["8206" + "0001" + "000161" + "01", "8208" + "0002" + "0003622f2b" + "00"]);
  first.send([...suback(1, 1), ...suback(2, 0)]).fail();
  const second = accept(CONNACK_SESSION);
  t.deepEqual(second.take(), []);
  second.fail();
  const third = accept();
  t.is(third.take().length, 2);
  third.fail();
  t.is(accept(CONNACK_SESSION).take().length, 2, "not confirmed in the session that is now");
  t.false(events.some((event) => event.startsWith("warning")));
});

test("a client that starts subscribes even if its broker has a session from before", (t) => {
  const { accept, client } = setUp();
  client.subscribe("a", 1);
  t.is(accept(CONNACK_SESSION).take().length, 1);
});

test("[MQTT-3.9.3-2] a refused subscription is a warning, and more than was asked for is an error", (t) => {
  const { accept, client, events } = setUp();
  client.subscribe("a", 0);
  const socket = accept().send(suback(1, 0x80));
  t.deepEqual(events, ["connected false", "warning SUBSCRIPTION_REFUSED"]);
  socket.send(suback(1, 0));
  t.true(client.connected, "a SUBACK for nothing is ignored");
  client.subscribe("b", 0);
  socket.send(suback(2, 1));
  t.deepEqual(events.slice(2), ["PROTOCOL 500"]);
});

test("a 17th subscription and a bad filter are refused at once", (t) => {
  const { client } = setUp();
  for (let i = 0; i < 16; i++) client.subscribe(`t${i}`, 1);
  client.subscribe("t3", 0);
  t.is(t.throws(() => client.subscribe("t16", 1), { instanceOf: MqttError })?.code, "TOO_MANY");
  t.is(t.throws(() => client.subscribe("a#", 1), { instanceOf: MqttError })?.code, "BAD_TOPIC");
});

test("[MQTT-3.1.2-23] an idle client pings within its keep-alive time, and again after each answer", (t) => {
  const { accept, time, client } = setUp({ keepAliveSeconds: 40 });
  const socket = accept();
  for (let i = 0; i < 5; i++) {
    time.advance(29_999);
    t.deepEqual(socket.take(), []);
    time.advance(1);
    t.deepEqual(hex(socket.take()), ["c000"]);
    socket.send(PINGRESP);
  }
  t.true(client.connected);
});

test("traffic both ways makes pings needless; traffic one way does not show that the other side lives", (t) => {
  const { accept, time, client } = setUp({ keepAliveSeconds: 40 });
  const socket = accept();
  for (let i = 0; i < 20; i++) {
    time.advance(10_000);
    client.publish("t", bytes("x"));
    socket.send(encodePublish("t", bytes("x"), 0, false, 0, 100));
  }
  t.deepEqual(types(socket.take()), new Array(20).fill(3));
  for (let i = 0; i < 4; i++) {
    time.advance(10_000);
    client.publish("t", bytes("x"));
  }
  t.true(types(socket.take()).includes(12), "only sent");
  time.advance(10_000);
  t.false(client.connected, "and not answered");
});

test("keep-alive 0 never pings", (t) => {
  const { accept, time } = setUp({ keepAliveSeconds: 0 });
  const socket = accept();
  time.advance(1e9);
  t.deepEqual(socket.take(), []);
  t.is(time.pending, 0);
});

test("no PINGRESP in time ends the connection", (t) => {
  const { accept, time, events } = setUp({ keepAliveSeconds: 40, responseTimeoutMs: 5000 });
  const socket = accept();
  time.advance(34_999);
  t.false(socket.closed);
  time.advance(1);
  t.true(socket.closed);
  t.deepEqual(events, ["connected false", "TIMEOUT_PINGRESP 500"]);
});

test("a PINGRESP that waits behind a long message on a slow line is waited for", (t) => {
  const { accept, time, client, events } = setUp({ keepAliveSeconds: 40, responseTimeoutMs: 5000, maxPacketBytes: 1000 });
  const socket = accept();
  const long = encodePublish("t", new Uint8Array(10_000), 1, false, 9, 1e6);
  for (let at = 0; at < long.length; at += 500) {
    socket.send(long.subarray(at, at + 500));
    time.advance(4000);
  }
  socket.send(PINGRESP);
  t.true(client.connected);
  t.deepEqual(events, ["connected false", "warning TOO_LARGE"]);
});

test("a broker that sends and does not read cannot make the client keep answers without end", (t) => {
  const { accept, events, newest } = setUp();
  const socket = accept().writable(0);
  for (let id = 1; id < 200 && !newest().closed; id++) socket.send(encodePublish("a", bytes("x"), 1, false, id, 100));
  t.is(events.at(-1), "OUTPUT_OVERFLOW 500");
  t.true(events.length < 90);
});

test("QoS 0 is refused when the socket does not take what waits already", (t) => {
  const { accept, client } = setUp({ maxPacketBytes: 1000 });
  const socket = accept().writable(0);
  t.true(client.publish("t", new Uint8Array(600)));
  t.false(client.publish("t", new Uint8Array(600)));
  socket.writable();
  t.true(client.publish("t", new Uint8Array(600)));
});

test("[MQTT-3.14.4-1] [MQTT-3.14.4-2] close sends DISCONNECT behind all that waits, then closes and stays closed", (t) => {
  const { accept, client, events, time, sockets } = setUp();
  const socket = accept().writable(0);
  client.publish("t", bytes("last"));
  client.close();
  client.close();
  t.false(client.publish("t", bytes("too late"), { qos: 1 }));
  t.false(client.connected);
  t.false(socket.closed);
  socket.send(encodePublish("a", bytes("x"), 1, false, 1, 100));
  socket.writable();
  t.true(socket.closed);
  t.deepEqual(types(socket.take()), [3, 14]);
  t.deepEqual(events, ["connected false", "CLOSED undefined"]);
  time.advance(1e6);
  t.is(sockets.length, 1);
  t.is(time.pending, 0);
  client.close();
  client.close(false);
  t.is(events.length, 2);
});

test("close without grace just closes: the broker publishes the will", (t) => {
  const { accept, client, events, time } = setUp();
  const socket = accept();
  client.close(false);
  t.true(socket.closed);
  t.deepEqual(socket.take(), []);
  t.deepEqual(events, ["connected false", "CLOSED undefined"]);
  t.is(time.pending, 0);
});

test("close ends an attempt, a pause, and a broker that does not read DISCONNECT", (t) => {
  const attempt = setUp();
  attempt.time.advance(0);
  attempt.client.close();
  t.true(attempt.newest().closed);
  t.deepEqual(attempt.events, ["CLOSED undefined"]);

  const pause = setUp();
  pause.accept().fail();
  pause.client.close();
  pause.time.advance(1e6);
  t.is(pause.sockets.length, 1);
  t.is(pause.events.at(-1), "CLOSED undefined");

  const stalled = setUp({ responseTimeoutMs: 2000 });
  const socket = stalled.accept().writable(0);
  stalled.client.close();
  stalled.time.advance(1999);
  t.false(socket.closed);
  stalled.time.advance(1);
  t.true(socket.closed);
  t.is(stalled.events.at(-1), "CLOSED undefined");

  const failed = setUp();
  const broken = failed.accept().writable(0);
  failed.client.close();
  broken.fail();
  t.deepEqual(failed.events, ["connected false", "CLOSED undefined"]);
  t.is(failed.time.pending, 0);
});

test("a callback may close the client in the middle of what came", (t) => {
  const { accept, client, events } = setUp({ onMessage: () => client.close(false) });
  const socket = accept().send([...encodePublish("a", bytes("1"), 1, false, 1, 100), ...encodePublish("a", bytes("2"), 1, false, 2, 100)]);
  t.true(socket.closed);
  t.deepEqual(socket.take(), []);
  t.deepEqual(events, ["connected false", "CLOSED undefined"]);

  const graceful = setUp({ onMessage: () => graceful.client.close() });
  t.deepEqual(types(graceful.accept().send(encodePublish("a", bytes("1"), 1, false, 1, 100)).take()), [14]);
});
