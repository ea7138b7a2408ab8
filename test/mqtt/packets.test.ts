import test from "ava";
import fc from "fast-check";
import { Backoff } from "assay/mqtt/backoff";
import { MqttError, type MqttErrorCode } from "assay/mqtt/mqtt-error";
import { encodeConnect, encodeDisconnect, encodePingreq, encodePuback, encodePublish, encodeSubscribe, setDuplicate } from "assay/mqtt/packets";
import { encodeTopicFilter, encodeTopicName } from "assay/mqtt/topic";
import { decodeUtf8, encodeUtf8 } from "assay/mqtt/utf8";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const ascii = (text: string) => Buffer.from(text).toString("hex");
const code = (action: () => unknown): MqttErrorCode | undefined => {
  try {
    action();
  } catch (error) {
    if (error instanceof MqttError) return error.code;
    throw error;
  }
  return undefined;
};

test("[MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT-3.1.2-3] CONNECT says MQTT, level 4, reserved flag 0", (t) => {
  const bytes = encodeConnect({ clientId: "d1", cleanSession: false, keepAliveSeconds: 60 });
  t.is(hex(bytes), `100e0004${ascii("MQTT")}0400003c0002${ascii("d1")}`);
});

test("CONNECT carries will, user and password in the order of §3.1.3, with their flags", (t) => {
  const bytes = encodeConnect({
    clientId: "d1",
    cleanSession: true,
    keepAliveSeconds: 300,
    user: "u",
    password: Uint8Array.of(0, 255),
    will: { topic: "w/t", payload: Uint8Array.of(9), qos: 1, retain: true },
  });
  // user 80, password 40, will retain 20, will QoS 1 08, will 04, clean session 02
  t.is(hex(bytes), `101d0004${ascii("MQTT")}04ee012c0002${ascii("d1")}0003${ascii("w/t")}0001090001${ascii("u")}000200ff`);
});

test("[MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] without a will, its QoS and retain flags are 0", (t) => {
  t.is(encodeConnect({ clientId: "d", cleanSession: false, keepAliveSeconds: 0, user: "u" })[9], 0x80);
});

test("[MQTT-3.1.3-7] [MQTT-3.1.2-22] a CONNECT that a broker must refuse is not made", (t) => {
  const good = { clientId: "d", cleanSession: false, keepAliveSeconds: 0 };
  t.is(code(() => encodeConnect({ ...good, clientId: "" })), "BAD_OPTION");
  t.is(code(() => encodeConnect({ ...good, clientId: "", cleanSession: true })), undefined);
  t.is(code(() => encodeConnect({ ...good, password: "p" })), "BAD_OPTION");
  t.is(code(() => encodeConnect({ ...good, keepAliveSeconds: 65_536 })), "BAD_OPTION");
  t.is(code(() => encodeConnect({ ...good, keepAliveSeconds: 1.5 })), "BAD_OPTION");
  t.is(code(() => encodeConnect({ ...good, clientId: "a\u0000" })), "BAD_OPTION");
  t.is(code(() => encodeConnect({ ...good, will: { topic: "w", payload: new Uint8Array(65_536) } })), "BAD_OPTION");
  t.is(code(() => encodeConnect({ ...good, will: { topic: "w/#", payload: new Uint8Array(1) } })), "BAD_TOPIC");
});

test("[MQTT-2.3.1-5] PUBLISH of QoS 0 has no packet identifier, of QoS 1 it has one", (t) => {
  t.is(hex(encodePublish("a/b", Uint8Array.of(1, 2), 0, false, 7, 100)), `30070003${ascii("a/b")}0102`);
  t.is(hex(encodePublish("a/b", Uint8Array.of(1, 2), 1, true, 0x1234, 100)), `33090003${ascii("a/b")}12340102`);
});

test("[MQTT-3.3.1-1] a repeated PUBLISH differs in its DUP flag alone", (t) => {
  const packet = encodePublish("a", Uint8Array.of(1), 1, true, 1, 100);
  const first = hex(packet);
  setDuplicate(packet, true);
  t.is(hex(packet), `3b${first.slice(2)}`);
  setDuplicate(packet, false);
  t.is(hex(packet), first);
});

test("§2.2.3: remaining lengths take one to four bytes at the borders of the standard's table", (t) => {
  for (const [length, bytes] of [[127, "7f"], [128, "8001"], [16_383, "ff7f"], [16_384, "808001"], [2_097_151, "ffff7f"], [2_097_152, "80808001"]] as const) {
    const packet = encodePublish("a", new Uint8Array(length - 3), 0, false, 0, 1e9);
    t.is(hex(packet.subarray(1, 1 + bytes.length / 2)), bytes);
    t.is(packet.length, 1 + bytes.length / 2 + length);
  }
  t.is(code(() => encodePublish("a", new Uint8Array(98), 0, false, 0, 100)), "TOO_LARGE");
  t.is(code(() => encodePublish("a", new Uint8Array(97), 0, false, 0, 100)), undefined);
});

test("[MQTT-3.8.1-1] SUBSCRIBE has flags 0010; the short packets are those of the standard", (t) => {
  t.is(hex(encodeSubscribe(10, "a/b", 1)), `8208000a0003${ascii("a/b")}01`);
  t.is(hex(encodePuback(0xabcd)), "4002abcd");
  t.is(hex(encodePingreq()), "c000");
  t.is(hex(encodeDisconnect()), "e000");
});

test("[MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] [MQTT-3.3.2-2] topic names are 1 to 65535 bytes without U+0000 and wildcards", (t) => {
  for (const topic of ["a", "/", "a//b", "$SYS/x", "é/€/𝄞", "x".repeat(65_535)]) t.is(code(() => encodeTopicName(topic)), undefined, topic.slice(0, 9));
  for (const topic of ["", "a\u0000b", "a/+", "#", "a#", "x".repeat(65_536), "€".repeat(21_846), "\ud800"]) t.is(code(() => encodeTopicName(topic)), "BAD_TOPIC", topic.slice(0, 9));
});

test("[MQTT-4.7.1-2] [MQTT-4.7.1-3] wildcards in filters stand alone in their level, # in the last", (t) => {
  for (const filter of ["#", "+", "a/#", "a/+/b", "+/+/#", "/+", "a"]) t.is(code(() => encodeTopicFilter(filter)), undefined, filter);
  for (const filter of ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+", "##"]) t.is(code(() => encodeTopicFilter(filter)), "BAD_TOPIC", filter);
});

test("[MQTT-1.5.3-1] [MQTT-1.5.3-2] UTF-8 is that of Node, and what MQTT forbids is refused both ways", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const forbidden = text.includes("\u0000");
      const bytes = encodeUtf8(text);
      t.deepEqual(bytes, forbidden ? undefined : new Uint8Array(new TextEncoder().encode(text)));
      if (bytes !== undefined) t.is(decodeUtf8(bytes), text);
    }),
  );
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const reference = (bytes: Uint8Array) => {
    if (bytes.includes(0)) return undefined;
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };
  const nearUtf8 = fc.array(fc.oneof(fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0x9f, 0xa0, 0xed, 0xef, 0xf0, 0x8f, 0x90, 0xf4, 0xf5), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
  fc.assert(
    fc.property(nearUtf8, (list) => {
      const bytes = Uint8Array.from(list);
      t.is(decodeUtf8(bytes), reference(bytes));
    }),
    { numRuns: 5000 },
  );
  t.is(encodeUtf8("a\udc00"), undefined);
});

test("a pause before reconnecting lies below a ceiling that doubles up to the maximum", (t) => {
  const backoff = new Backoff({ minMs: 100, maxMs: 1000 }, () => 0.5);
  t.deepEqual([0, 0, 0, 0, 0, 0].map((held) => backoff.next(held)), [50, 100, 200, 400, 500, 500]);
});

test("only a connection that held longer than the ceiling starts the pauses anew", (t) => {
  const backoff = new Backoff({ minMs: 100, maxMs: 1000 }, () => 1 - Number.EPSILON);
  const round = (held: number) => Math.round(backoff.next(held));
  t.deepEqual([0, 0, 150, 300, 900].map(round), [100, 200, 400, 800, 1000], "accepted and dropped at once is a failure");
  t.deepEqual([1001, 0].map(round), [100, 200]);
});
