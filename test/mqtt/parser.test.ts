import test from "ava";
import fc from "fast-check";
import { MqttError, type MqttErrorCode } from "assay/mqtt/mqtt-error";
import { encodePublish } from "assay/mqtt/packets";
import { Parser, type Incoming } from "assay/mqtt/parser";

const LIMIT = 256;

/** All packets of a stream that comes in pieces; payloads copied, since they may be views. */
function parse(bytes: Uint8Array, pieces: readonly number[] = [], limit = LIMIT): Incoming[] {
  const parser = new Parser(limit);
  const packets: Incoming[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, pieces[i % Math.max(1, pieces.length)] ?? bytes.length);
    // A buffer of its own for each piece, as a socket gives: what the parser keeps must not change.
    const chunk = bytes.slice(at, at + length);
    parser.push(chunk);
    for (let packet = parser.next(); packet !== undefined; packet = parser.next()) {
      packets.push(packet.type === "publish" ? { ...packet, payload: packet.payload.slice() } : packet);
    }
    at += length;
  }
  return packets;
}

const fails = (hex: string): MqttErrorCode | "none" => {
  try {
    parse(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")));
  } catch (error) {
    if (error instanceof MqttError) return error.code;
    throw error;
  }
  return "none";
};

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

test("the packets that a broker sends come out as they are", (t) => {
  const stream = bytesOf("20020000 20020100 20020005 4002000a 9003000b01 9003000b80 d000 3005 0001 61 0102 3306 0001 61 0001 ff 3a05 0001 62 ffff");
  t.deepEqual(parse(stream), [
    { type: "connack", sessionPresent: false, returnCode: 0 },
    { type: "connack", sessionPresent: true, returnCode: 0 },
    { type: "connack", sessionPresent: false, returnCode: 5 },
    { type: "puback", packetId: 10 },
    { type: "suback", packetId: 11, granted: Uint8Array.of(1) },
    { type: "suback", packetId: 11, granted: Uint8Array.of(0x80) },
    { type: "pingresp" },
    { type: "publish", topic: "a", payload: Uint8Array.of(1, 2), qos: 0, retain: false, duplicate: false, packetId: 0 },
    { type: "publish", topic: "a", payload: Uint8Array.of(255), qos: 1, retain: true, duplicate: false, packetId: 1 },
    { type: "publish", topic: "b", payload: new Uint8Array(0), qos: 1, retain: false, duplicate: true, packetId: 65535 },
  ]);
});

for (const [clause, hex, code] of [
  ["[MQTT-2.2.2-2] reserved flags that are not 0 in CONNACK", "21020000", "MALFORMED"],
  ["[MQTT-2.2.2-2] reserved flags that are not 0 in PUBACK", "42020001", "MALFORMED"],
  ["[MQTT-2.2.2-2] reserved flags that are not 0 in SUBACK", "9203000100", "MALFORMED"],
  ["[MQTT-2.2.2-2] reserved flags that are not 0 in PINGRESP", "d100", "MALFORMED"],
  ["§2.2.1 packet type 0", "0000", "MALFORMED"],
  ["§2.2.1 packet type 15", "f000", "MALFORMED"],
  ["a CONNECT from the broker", "1000", "PROTOCOL"],
  ["a SUBSCRIBE from the broker", "8203000100", "PROTOCOL"],
  ["a PUBREC, which answers QoS 2", "50020001", "PROTOCOL"],
  ["a PUBREL, which belongs to QoS 2", "62020001", "PROTOCOL"],
  ["an UNSUBACK, since nothing is unsubscribed", "b0020001", "PROTOCOL"],
  ["§2.2.3 a remaining length of five bytes", "30 80808080 01", "MALFORMED"],
  ["§3.2.1 a CONNACK of 1 byte", "200100", "MALFORMED"],
  ["§3.2.1 a CONNACK of 3 bytes", "2003000000", "MALFORMED"],
  ["§3.2.2.1 connect acknowledge flags beyond 1", "20020200", "MALFORMED"],
  ["§3.2.2.3 a return code beyond 5", "20020006", "MALFORMED"],
  ["[MQTT-3.2.2-4] a refusal with a session present", "20020105", "MALFORMED"],
  ["§3.4.1 a PUBACK of 3 bytes", "4003000100", "MALFORMED"],
  ["[MQTT-2.3.1-1] a PUBACK for packet identifier 0", "40020000", "MALFORMED"],
  ["§3.9.3 a SUBACK without return code", "90020001", "MALFORMED"],
  ["[MQTT-3.9.3-2] a SUBACK with return code 3", "9003000103", "MALFORMED"],
  ["[MQTT-2.3.1-1] a SUBACK for packet identifier 0", "9003000001", "MALFORMED"],
  ["§3.13 a PINGRESP with a body", "d00100", "MALFORMED"],
  ["[MQTT-3.3.1-4] a PUBLISH of QoS 3", "3605 0001 61 0001", "MALFORMED"],
  ["a PUBLISH of QoS 2, which was not subscribed for", "3405 0001 61 0001", "PROTOCOL"],
  ["[MQTT-3.3.1-2] a PUBLISH of QoS 0 with DUP", "3803 0001 61", "MALFORMED"],
  ["[MQTT-4.7.3-1] a PUBLISH without topic", "3003 0000 61", "MALFORMED"],
  ["§3.3.2 a PUBLISH whose topic is longer than the packet", "3003 0002 61", "MALFORMED"],
  ["§3.3.2 a PUBLISH of QoS 1 that ends in its packet identifier", "3204 0001 61 00", "MALFORMED"],
  ["§3.3.2 a PUBLISH of 2 bytes", "3002 0000", "MALFORMED"],
  ["[MQTT-2.3.1-1] a PUBLISH with packet identifier 0", "3205 0001 61 0000", "MALFORMED"],
  ["[MQTT-3.3.2-2] a PUBLISH to a topic with +", "3003 0001 2b", "MALFORMED"],
  ["[MQTT-3.3.2-2] a PUBLISH to a topic with #", "3005 0003 612f23", "MALFORMED"],
  ["[MQTT-1.5.3-1] a PUBLISH to a topic that is no UTF-8", "3003 0001 ff", "MALFORMED"],
  ["[MQTT-1.5.3-2] a PUBLISH to a topic with U+0000", "3003 0001 00", "MALFORMED"],
  ["a SUBACK beyond the limit", "90 8102", "TOO_LARGE"],
] as const) {
  test(`[MQTT-4.8.0-1] ${clause} is an error`, (t) => t.is(fails(hex), code));
}

test("a PUBLISH beyond the limit is skipped, however it is cut, and its packet identifier is known", (t) => {
  const stream = Buffer.concat([
    encodePublish("a/long/topic", new Uint8Array(5000).fill(0x77), 1, false, 0x1234, 1e6),
    encodePublish("x".repeat(3000), new Uint8Array(10), 1, false, 0x4321, 1e6),
    encodePublish("a", new Uint8Array(300), 0, false, 0, 1e6),
    bytesOf("d000"),
  ]);
  for (const pieces of [[1], [2], [3], [7, 1], [255], [256, 257], [100_000]]) {
    t.deepEqual(parse(stream, pieces), [
      { type: "oversize", qos: 1, packetId: 0x1234, length: 5016 },
      { type: "oversize", qos: 1, packetId: 0x4321, length: 3014 },
      { type: "oversize", qos: 0, packetId: 0, length: 303 },
      { type: "pingresp" },
    ]);
  }
});

test("a PUBLISH beyond the limit is checked as far as it is read", (t) => {
  const bad = (first: number, start: string) => {
    const body = new Uint8Array(300);
    body.set(bytesOf(start));
    return Buffer.concat([Uint8Array.of(first, 0xac, 0x02), body]).toString("hex");
  };
  t.is(fails(bad(0x32, "0000")), "MALFORMED");
  t.is(fails(bad(0x32, "012b")), "MALFORMED");
  t.is(fails(bad(0x32, "00016100")), "MALFORMED", "packet identifier 0");
  t.is(fails(bad(0x30, "00016100")), "none");
});

test("the announcement of a huge packet costs no memory", (t) => {
  const parser = new Parser(LIMIT);
  parser.push(bytesOf("32 ffffff7f 0001 61 0001"));
  const before = process.memoryUsage().arrayBuffers;
  t.is(parser.next(), undefined);
  t.true(parser.midPacket);
  const piece = new Uint8Array(1 << 16);
  for (let i = 0; i < 4000; i++) {
    parser.push(piece);
    t.is(parser.next(), undefined);
  }
  t.true(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

const publish = fc
  .record({
    topic: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((topic) => !/[#+\0]/.test(topic)),
    payload: fc.uint8Array({ maxLength: 400 }),
    qos: fc.constantFrom(0 as const, 1 as const),
    retain: fc.boolean(),
    packetId: fc.integer({ min: 1, max: 65535 }),
  })
  .map(({ topic, payload, qos, retain, packetId }) => ({ topic, payload, qos, retain, packetId, bytes: encodePublish(topic, payload, qos, retain, packetId, 1e6) }));

test("any sequence of packets comes out the same however the stream is cut", (t) => {
  fc.assert(
    fc.property(fc.array(publish, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), (packets, pieces) => {
      const stream = Uint8Array.from(Buffer.concat(packets.map(({ bytes }) => bytes)));
      const expected = packets.map(({ topic, payload, qos, retain, packetId }): Incoming => {
        const length = 2 + Buffer.byteLength(topic) + 2 * qos + payload.length;
        const id = qos === 0 ? 0 : packetId;
        return length > LIMIT ? { type: "oversize", qos, packetId: id, length } : { type: "publish", topic, payload: Uint8Array.from(payload), qos, retain, duplicate: false, packetId: id };
      });
      t.deepEqual(parse(stream, pieces), expected);
      t.deepEqual(parse(stream), expected);
    }),
  );
});

test("[MQTT-4.8.0-1] random bytes give packets or an MqttError, the same in one piece or in many", (t) => {
  const outcome = (bytes: Uint8Array, pieces: number[]): unknown => {
    try {
      return parse(bytes, pieces);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      return error.code;
    }
  };
  const first = fc.constantFrom(0x20, 0x30, 0x32, 0x33, 0x3a, 0x40, 0x90, 0xd0);
  const likely = fc.tuple(first, fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 12 })).map(([type, length, body]) => Uint8Array.of(type, length, ...body));
  const streams = fc.oneof(fc.uint8Array({ maxLength: 600 }), fc.array(likely, { maxLength: 6 }).map((list) => Uint8Array.from(Buffer.concat(list))));
  fc.assert(
    fc.property(streams, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (bytes, pieces) => {
      t.deepEqual(outcome(bytes, pieces), outcome(bytes, []));
    }),
    { numRuns: 5000 },
  );
});
