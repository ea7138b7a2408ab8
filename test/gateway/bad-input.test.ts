import { sha256 } from "@noble/hashes/sha2.js";
import { decode, encode } from "assay/statement/cbor";
import type { CborValue } from "assay/statement/cbor";
import { Tag } from "assay/statement/cbor";
import { ackTopic, beaconTopic, bootTopic, checkpointTopic, receiptTopic, stateTopic, statementTopic } from "assay/statement/topics";
import { parseStatement } from "assay/statement";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { Counters, Gateway } from "../../gateway/gateway.ts";
import type { RejectionCode } from "../../gateway/rejection.ts";
import { bootClaims, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import { buildWorld, TestDevice, until, WARN } from "./world.ts";
import type { World } from "./world.ts";

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

interface Stand {
  readonly world: World;
  readonly gateway: Gateway;
  /** The device whose line is disturbed. It is registered and has two statements in the log. */
  readonly device: TestDevice;
  /** A second registered device. */
  readonly other: TestDevice;
}

async function stand(t: ExecutionContext, name: string): Promise<Stand> {
  const world = await buildWorld(t);
  const device = new TestDevice(`${name} device`);
  const other = new TestDevice(`${name} other`);
  await world.register(device, other);
  const gateway = await world.gateway();
  await world.listener.send(device, 2);
  await world.listener.send(other, 1);
  await until("the first statements", () => gateway.counters().stored === 3);
  return { world, gateway, device, other };
}

/** Sends bad input between good statements, and checks that it is counted, kept and logged under its code, and that all good ones arrive. */
async function refused(t: ExecutionContext, { world, gateway, device, other }: Stand, code: RejectionCode, inputs: readonly { topic: string; bytes: Uint8Array }[]): Promise<void> {
  const before = gateway.counters();
  await world.listener.send(other, 1);
  for (const { topic, bytes } of inputs) {
    await world.listener.publish(topic, bytes);
    await world.listener.send(other, 1);
  }
  await world.listener.send(device, 1);
  await until(`${inputs.length} × ${code}`, () => gateway.counters().received === before.received + 2 * inputs.length + 2 && settled(gateway.counters()));
  const after = gateway.counters();
  t.is(after.stored, before.stored + inputs.length + 2, "the good statements beside it arrive");
  t.is(after.rejectedBy[code], before.rejectedBy[code] + inputs.length, `counted as ${code}`);
  t.is(after.rejected, before.rejected + inputs.length, "and as nothing else");
  const kept = await gateway.store.rejections(inputs.length, code);
  t.is(kept.length, inputs.length);
  for (const [i, rejection] of kept.toReversed().entries()) {
    const { topic, bytes } = inputs[i] as { topic: string; bytes: Uint8Array };
    t.is(rejection.topic, topic);
    t.is(rejection.length, bytes.length);
    t.deepEqual(Buffer.from(rejection.bytes), Buffer.from(bytes.subarray(0, 65_536)), "kept for inspection");
  }
  t.is(world.lines.filter((line) => line.level === WARN && line.code === code && line.msg === "message rejected").length, after.rejectedBy[code], "logged at warn");
  await until("the acks", () => world.listener.acks.get(device.id) === device.statements.length - 1 && world.listener.acks.get(other.id) === other.statements.length - 1);
}

function settled({ received, stored, redelivered, rejected }: Counters): boolean {
  return stored + redelivered + rejected === received;
}

/** A copy with one bit turned. */
function flip(bytes: Uint8Array, index: number, bit = 0): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[index] = (copy[index] as number) ^ (1 << bit);
  return copy;
}

/** The next statement of a device, which the device itself does not know of. */
function forged(device: TestDevice, key = device.key, more: object = {}): Uint8Array {
  return statementOf(inferenceClaims({ ...device.place(), bootCount: device.bootCount, ...more }), key);
}

/** The four parts of a COSE_Sign1. */
function partsOf(bytes: Uint8Array): CborValue[] {
  return [...((decode(bytes) as Tag).value as readonly CborValue[])];
}

test("a flipped bit in a signature or a signed value is BAD_SIGNATURE", async (t) => {
  const s = await stand(t, "flip");
  const topic = statementTopic(s.device.id);
  const good = forged(s.device);
  const { claims } = parseStatement(good, sha256);
  t.is(claims.kind, "inference");
  const input = Buffer.from(good).indexOf(Buffer.from((claims as { input: Uint8Array }).input));
  await refused(t, s, "BAD_SIGNATURE", [
    { topic, bytes: flip(good, good.length - 64 + 3) },
    { topic, bytes: flip(good, good.length - 1) },
    { topic, bytes: flip(good, input + 7, 5) },
  ]);
});

test("a flipped bit anywhere in a statement is refused, and the statement itself is taken after it", async (t) => {
  const s = await stand(t, "flip all");
  const { topic, bytes } = s.device.infer();
  const before = s.gateway.counters();
  for (let i = 0; i < bytes.length; i++) await s.world.listener.publish(topic, flip(bytes, i, i % 8));
  await s.world.listener.publish(topic, bytes);
  await until("all of them", () => s.gateway.counters().received === before.received + bytes.length + 1 && settled(s.gateway.counters()));
  const after = s.gateway.counters();
  t.is(after.rejected, before.rejected + bytes.length);
  t.is(after.stored, before.stored + 1);
  t.log(JSON.stringify(Object.fromEntries(Object.entries(after.rejectedBy).filter(([, count]) => count > 0))));
});

test("a statement signed with another key is BAD_SIGNATURE, or WRONG_KEY if it says so", async (t) => {
  const s = await stand(t, "key");
  const topic = statementTopic(s.device.id);
  const { key } = s.device;
  await refused(t, s, "BAD_SIGNATURE", [{ topic, bytes: forged(s.device, { ...key, signer: s.other.key.signer }) }]);
  await refused(t, s, "WRONG_KEY", [{ topic, bytes: forged(s.device, { ...s.other.key, id: key.id }) }]);
});

test("a boot statement that names another key than the registered one is WRONG_KEY", async (t) => {
  const s = await stand(t, "boot key");
  const claims = bootClaims({ ...s.device.place(), bootCount: 2, publicKey: s.other.key.publicKey });
  await refused(t, s, "WRONG_KEY", [{ topic: bootTopic(s.device.id), bytes: statementOf(claims, s.device.key) }]);
});

test("the malleated twin of a signature, with high s, is HIGH_S", async (t) => {
  const s = await stand(t, "high s");
  const good = forged(s.device);
  const low = BigInt(`0x${Buffer.from(good.subarray(-32)).toString("hex")}`);
  const twin = new Uint8Array(good);
  twin.set(Buffer.from((order - low).toString(16).padStart(64, "0"), "hex"), good.length - 32);
  await refused(t, s, "HIGH_S", [{ topic: statementTopic(s.device.id), bytes: twin }]);
});

test("a device that is not registered is UNKNOWN_DEVICE, and is taken once it is registered", async (t) => {
  const s = await stand(t, "unknown");
  const stranger = new TestDevice("unknown stranger");
  const boot = stranger.boot();
  await refused(t, s, "UNKNOWN_DEVICE", [boot]);
  await s.world.register(stranger);
  // The directory asks again after a second at the earliest.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await s.world.listener.publish(boot.topic, boot.bytes);
  await until("the ack", () => s.world.listener.acks.get(stranger.id) === 0);
});

test("a statement replayed on another device's topic, or on that of another kind, is WRONG_TOPIC", async (t) => {
  const s = await stand(t, "replay");
  const [boot, inference] = s.device.statements as [Uint8Array, Uint8Array];
  await refused(t, s, "WRONG_TOPIC", [
    { topic: statementTopic(s.other.id), bytes: inference },
    { topic: statementTopic(s.device.id), bytes: boot },
    { topic: bootTopic(s.device.id), bytes: inference },
  ]);
});

test("a replay on the device's own topic is counted as redelivered, and is no new entry", async (t) => {
  const s = await stand(t, "own replay");
  const { logSize } = await s.gateway.status();
  for (const bytes of s.device.statements) await s.world.listener.publish(bytes === s.device.statements[0] ? bootTopic(s.device.id) : statementTopic(s.device.id), bytes);
  await until("both", () => s.gateway.counters().redelivered === 2);
  t.is((await s.gateway.status()).logSize, logSize);
  t.is(s.gateway.counters().rejected, 0);
});

test("a statement out of order is a GAP and not acknowledged, and is taken after the missing one", async (t) => {
  const s = await stand(t, "order");
  const early = s.device.infer();
  const late = s.device.infer();
  await s.world.listener.publish(late.topic, late.bytes);
  await until("the rejection", () => s.gateway.counters().rejectedBy.GAP === 1);
  t.is(s.world.listener.acks.get(s.device.id), 1);
  for (const { topic, bytes } of [early, late]) await s.world.listener.publish(topic, bytes);
  await until("the ack", () => s.world.listener.acks.get(s.device.id) === 3);
  t.is((await s.gateway.store.rejections(1, "GAP"))[0]?.topic, late.topic);
  t.true(s.world.lines.some((line) => line.level === WARN && line.code === "GAP"));
});

test("a statement that overtook the one before it waits a moment for it, and neither is refused", async (t) => {
  const s = await stand(t, "overtaking");
  const messages = Array.from({ length: 6 }, () => s.device.infer());
  const shuffled = [5, 3, 4, 1, 2, 0].map((i) => messages[i] as { topic: string; bytes: Uint8Array });
  for (const { topic, bytes } of shuffled) {
    await s.world.listener.publish(topic, bytes);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until("the ack", () => s.world.listener.acks.get(s.device.id) === 7);
  t.is(s.gateway.counters().rejected, 0);
  t.is(s.gateway.counters().stored, 9);
  const entries = await s.gateway.store.entries(4, 10);
  t.deepEqual(entries.map((entry) => Buffer.from(entry.bytes)), messages.map(({ bytes }) => Buffer.from(bytes)));
});

test("a chain that does not begin at 0 is a GAP, and one that begins without a boot is BOOT_MISSING", async (t) => {
  const s = await stand(t, "beginning");
  const fresh = new TestDevice("beginning fresh");
  await s.world.register(fresh);
  const claims = { bootCount: 1, previous: null, sequence: 0 };
  await refused(t, s, "BOOT_MISSING", [{ topic: statementTopic(fresh.id), bytes: statementOf(inferenceClaims(claims), fresh.key) }]);
  await refused(t, s, "GAP", [{ topic: statementTopic(fresh.id), bytes: statementOf(inferenceClaims({ sequence: 4, previous: new Uint8Array(16) }), fresh.key) }]);
});

test("a wrong link, a boot that was not announced and a boot count that does not rise have each a code of their own", async (t) => {
  const s = await stand(t, "link");
  const topic = statementTopic(s.device.id);
  await refused(t, s, "BROKEN_LINK", [{ topic, bytes: forged(s.device, s.device.key, { previous: new Uint8Array(16) }) }]);
  await refused(t, s, "BOOT_MISSING", [{ topic, bytes: forged(s.device, s.device.key, { bootCount: 7 }) }]);
  await refused(t, s, "BOOT_ROLLBACK", [{ topic: bootTopic(s.device.id), bytes: statementOf(bootClaims({ ...s.device.place(), bootCount: 1, publicKey: s.device.key.publicKey }), s.device.key) }]);
});

test("a second statement with a number that is in the log is EQUIVOCATION, and is kept as the proof", async (t) => {
  const s = await stand(t, "equivocation");
  const [boot, inference] = s.device.statements as [Uint8Array, Uint8Array];
  const twin = statementOf(inferenceClaims({ sequence: 1, previous: linkTo(boot), time: 1 }), s.device.key);
  t.notDeepEqual(twin, inference);
  await refused(t, s, "EQUIVOCATION", [{ topic: statementTopic(s.device.id), bytes: twin }]);
  const kept = (await s.gateway.store.rejections(1, "EQUIVOCATION"))[0]?.bytes as Uint8Array;
  const entry = await s.gateway.store.entryOf(s.device.id, 1, 1);
  t.is(parseStatement(kept, sha256).sequence, parseStatement(entry?.bytes as Uint8Array, sha256).sequence);
});

test("two statements with one number in one batch: the first is taken, the second is EQUIVOCATION", async (t) => {
  const s = await stand(t, "batch equivocation");
  const topic = statementTopic(s.device.id);
  const twin = forged(s.device, s.device.key, { time: 2 });
  const { bytes } = s.device.infer();
  await Promise.all([s.world.listener.publish(topic, bytes), s.world.listener.publish(topic, twin)]);
  await until("the rejection", () => s.gateway.counters().rejectedBy.EQUIVOCATION === 1);
  t.deepEqual(Buffer.from((await s.gateway.store.entryOf(s.device.id, 1, 2))?.bytes as Uint8Array), Buffer.from(bytes));
});

test("CBOR that is not canonical is NOT_CANONICAL", async (t) => {
  const s = await stand(t, "canonical");
  const good = forged(s.device);
  const topic = statementTopic(s.device.id);
  // Tag 18 in two bytes instead of one (RFC 8949 §4.2.1: shortest form).
  const longTag = Uint8Array.of(0xd8, 18, ...good.subarray(1));
  // The array of 4 with indefinite length.
  const indefinite = Uint8Array.of(good[0] as number, 0x9f, ...good.subarray(2), 0xff);
  await refused(t, s, "NOT_CANONICAL", [
    { topic, bytes: longTag },
    { topic, bytes: indefinite },
  ]);
});

test("1 MB of noise is TOO_LARGE, and its first 64 KB are kept", async (t) => {
  const s = await stand(t, "noise");
  const noise = Buffer.alloc(2 ** 20);
  for (let i = 0, x = 1; i < noise.length; i++) noise[i] = (x = (x * 1_103_515_245 + 12_345) % 2 ** 31) >> 16;
  await refused(t, s, "TOO_LARGE", [
    { topic: statementTopic(s.device.id), bytes: noise },
    { topic: bootTopic(s.device.id), bytes: noise },
  ]);
});

test("an empty payload on every topic is EMPTY_PAYLOAD where statements are expected, and harmless elsewhere", async (t) => {
  const s = await stand(t, "empty");
  const { id } = s.device;
  const empty = new Uint8Array(0);
  for (const topic of [stateTopic(id), ackTopic(id), receiptTopic(id), beaconTopic, checkpointTopic]) {
    // The listener's own decoders are strict: another client sends these.
    if (topic !== ackTopic(id) && topic !== receiptTopic(id)) await s.world.listener.publish(topic, empty, true);
  }
  s.world.listener.client.removeAllListeners("message");
  for (const topic of [ackTopic(id), receiptTopic(id)]) await s.world.listener.publish(topic, empty, true);
  const before = s.gateway.counters();
  for (const topic of [bootTopic(id), statementTopic(id)]) await s.world.listener.publish(topic, empty, true);
  await s.world.listener.send(s.device, 1);
  await until("all", () => s.gateway.counters().received === before.received + 3 && settled(s.gateway.counters()));
  t.is(s.gateway.counters().rejectedBy.EMPTY_PAYLOAD, 2);
  t.is(s.gateway.counters().stored, before.stored + 1);
  t.is((await s.gateway.store.rejections(10, "EMPTY_PAYLOAD")).length, 2);
  t.is(s.world.lines.filter((line) => line.level === WARN && line.code === "EMPTY_PAYLOAD").length, 2);
});

test("other things that are no statement of a device have their own codes", async (t) => {
  const s = await stand(t, "others");
  const topic = statementTopic(s.device.id);
  const good = forged(s.device);
  const [header, , payload, signature] = partsOf(good) as [Uint8Array, CborValue, Uint8Array, Uint8Array];
  const unprotected = new Map([[99, 1]]);
  const cases: [RejectionCode, { topic: string; bytes: Uint8Array }][] = [
    ["NOT_CBOR", { topic, bytes: good.subarray(0, 100) }],
    ["NOT_CBOR", { topic, bytes: Uint8Array.of(...good, 0) }],
    ["NOT_SIGN1", { topic, bytes: encode("hello") }],
    ["NOT_SIGN1", { topic, bytes: encode(new Tag(98, [header, new Map(), payload, signature])) }],
    ["TOO_DEEP", { topic, bytes: new Uint8Array(200).fill(0x81) }],
    ["BAD_HEADER", { topic, bytes: encode(new Tag(18, [header, unprotected, payload, signature])) }],
    ["BAD_ALGORITHM", { topic, bytes: encode(new Tag(18, [encode(new Map([[1, -8]])), new Map(), payload, signature])) }],
    ["BAD_SIGNATURE_LENGTH", { topic, bytes: encode(new Tag(18, [header, new Map(), payload, signature.subarray(1)])) }],
    ["BAD_CLAIMS", { topic, bytes: encode(new Tag(18, [header, new Map(), encode([1, 2, 3]), signature])) }],
    ["BAD_TOPIC", { topic: "assay/v1/nobody/statement", bytes: good }],
  ];
  for (const [code, input] of cases) await refused(t, s, code, [input]);
});
