import test from "ava";
import { decode, encode, type CborValue, type Tag } from "assay/statement/cbor";
import { encodeReceiptMessage } from "assay/statement/messages";
import { parseSign1 } from "assay/statement/sign1";
import { bootTopic, receiptTopic, statementTopic } from "assay/statement/topics";
import { Inspector } from "../../client/inspector.ts";
import { fromTransparent, toTransparent } from "../../client/statement-file.ts";
import { verify } from "../../client/verify.ts";
import { algorithmName, curves, partyOf, signedObject, verdictOf } from "./parties.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const nested = (head: string, depth: number, last: string): Uint8Array => hex(head.repeat(depth) + last);

/** Bytes that are no deterministic CBOR of ours, and what the decoder says of them. */
const hostile: readonly (readonly [what: string, bytes: Uint8Array, code: string])[] = [
  ["a map key twice", hex("a2 01 01 01 02"), "NOT_CANONICAL"],
  ["a map key twice, in two encodings", hex("a2 01 01 18 01 02"), "NOT_CANONICAL"],
  ["a text key twice", hex("a2 61 61 01 61 61 02"), "NOT_CANONICAL"],
  ["map keys in another order", hex("a2 02 01 01 02"), "NOT_CANONICAL"],
  ...["5", "7", "9", "b"].flatMap((major): readonly [string, Uint8Array, string][] => [
    [`major type ${major}: a declared length of 2^32 - 1`, hex(`${major}a ffffffff`), "NOT_CBOR"],
    [`major type ${major}: a declared length of 2^32`, hex(`${major}b 0000000100000000`), "NOT_CBOR"],
    [`major type ${major}: a declared length of 2^53`, hex(`${major}b 0020000000000000`), "NOT_CBOR"],
    [`major type ${major}: a declared length of 2^63`, hex(`${major}b 8000000000000000`), "NOT_CBOR"],
    [`major type ${major}: a declared length of 2^64 - 1`, hex(`${major}b ffffffffffffffff`), "NOT_CBOR"],
    [`major type ${major}: more than there is`, hex(`${major}8 20 00`), "NOT_CBOR"],
  ]),
  ["a byte string of indefinite length", hex("5f 41 00 ff"), "NOT_CANONICAL"],
  ["text of indefinite length", hex("7f 61 61 ff"), "NOT_CANONICAL"],
  ["an array of indefinite length", hex("9f 00 ff"), "NOT_CANONICAL"],
  ["a map of indefinite length", hex("bf 00 00 ff"), "NOT_CANONICAL"],
  ["an indefinite length that never ends", hex("9f"), "NOT_CANONICAL"],
  ["a break without a beginning", hex("ff"), "NOT_CBOR"],
  ["an indefinite integer", hex("1f"), "NOT_CBOR"],
  ["an indefinite tag", hex("df 00"), "NOT_CBOR"],
  ["reserved additional information", hex("1c"), "NOT_CBOR"],
  ["an integer longer than it has to be", hex("19 0005"), "NOT_CANONICAL"],
  ["a length longer than it has to be", hex("58 01 00"), "NOT_CANONICAL"],
  ["a float longer than it has to be", hex("fa 3f800000"), "NOT_CANONICAL"],
  ["another NaN", hex("f9 7e01"), "NOT_CANONICAL"],
  ["a zero with a sign", hex("f9 8000"), "NOT_CANONICAL"],
  ["a bignum that 64 bits hold", hex("c2 41 01"), "NOT_CANONICAL"],
  ["undefined", hex("f7"), "UNSUPPORTED_VALUE"],
  ["a simple value", hex("f8 ff"), "UNSUPPORTED_VALUE"],
  ["a tag of 2^63", hex("db 8000000000000000 00"), "UNSUPPORTED_VALUE"],
  ["text that is not UTF-8", hex("62 c328"), "NOT_CBOR"],
  ["a surrogate in UTF-8", hex("63 eda080"), "NOT_CBOR"],
  ["an overlong slash", hex("62 c0af"), "NOT_CBOR"],
  ["bytes after the end", hex("a0 00"), "NOT_CBOR"],
  ["a second object after the first", hex("a0 a0"), "NOT_CBOR"],
  ["17 arrays deep", nested("81", 17, "00"), "TOO_DEEP"],
  ["3,000 arrays deep", nested("81", 3000, "00"), "TOO_DEEP"],
  ["1,500 maps deep, in the values", nested("a100", 1500, "00"), "TOO_DEEP"],
  ["3,000 maps deep, in the keys", nested("a1", 3000, "00"), "TOO_DEEP"],
  ["3,000 tags deep", nested("c6", 3000, "00"), "TOO_DEEP"],
  ["3,000 arrays deep, without an end", nested("81", 3000, ""), "TOO_DEEP"],
  ["no bytes", hex(""), "NOT_CBOR"],
];

/** Too much of something, of whatever kind. */
const huge: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["10,000 arrays deep", nested("81", 10_000, "00")],
  ["10,000 maps deep", nested("a100", 10_000, "00")],
  ["10,000 tags deep", nested("d2", 10_000, "00")],
  ["four megabytes of zeros", new Uint8Array(4_000_000)],
  ["four megabytes of noise", noise(4_000_000)],
  ["a megabyte of empty arrays", join(hex("9a 000f4240"), new Uint8Array(1_000_000).fill(0x80))],
];

function noise(length: number): Uint8Array {
  let state = 7;
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 0x7fffffff) & 0xff);
}

for (const curve of curves) {
  test(`no hostile encoding gets anything into the verifier but a refusal with its code, even when a device has signed it (${algorithmName(curve)})`, async (t) => {
    const { key, inference, trust } = await partyOf(curve);
    const { protectedBytes, payload } = parseSign1(inference);
    const signature = inference.subarray(-64);
    const tail = join(hex("58 40"), signature);
    const string = (bytes: Uint8Array): Uint8Array => encode(bytes);
    for (const [what, bytes, code] of hostile) {
      const verdict = (statement: Uint8Array): string => verdictOf(() => verify(statement, undefined, trust));
      t.is(verdict(bytes), code, `${what}: as a statement`);
      t.is(verdict(join(hex("d2"), bytes)), bytes.length === 0 ? "NOT_CBOR" : code, `${what}: in the tag`);
      t.is(verdict(signedObject(key.signer, protectedBytes, bytes)), code, `${what}: as a signed payload`);
      // An empty header needs no bytes (RFC 9052 §3): there is nothing hostile about it, but there is no algorithm in it either.
      t.is(verdict(signedObject(key.signer, bytes, payload as Uint8Array)), bytes.length === 0 ? "BAD_ALGORITHM" : code, `${what}: as a signed header`);
      const unprotected = join(hex("d2 84"), string(protectedBytes), bytes, string(payload as Uint8Array), tail);
      t.not(verdict(unprotected), "accepted", `${what}: as the unprotected header`);
      t.not(verdict(join(inference, bytes, hex("00"))), "accepted", `${what}: after a statement`);
      t.not(verdict(join(hex("d2 84"), bytes, hex("00"), inference.subarray(2))), "accepted", `${what}: before its parts`);
    }
  });

  test(`no hostile encoding in a receipt or a file gets further than BAD_RECEIPT and BAD_FILE (${algorithmName(curve)})`, async (t) => {
    const { inference, receipt, trust } = await partyOf(curve);
    const parts = (decode(receipt) as Tag).value as readonly CborValue[];
    const header = encode(parts[0] as CborValue);
    const tail = join(hex("f6 58 40"), receipt.subarray(-64));
    const proofs = (bytes: Uint8Array): Uint8Array => join(hex("a1 19018c"), bytes);
    for (const [what, bytes] of [...hostile, ...huge]) {
      const verdict = (forged: Uint8Array): string => verdictOf(() => verify(inference, forged, trust, { verifySignature: () => true }));
      t.is(verdict(bytes), "BAD_RECEIPT", `${what}: as a receipt`);
      t.is(verdict(join(hex("d2 84"), header, bytes, tail)), "BAD_RECEIPT", `${what}: as the unprotected header`);
      t.is(verdict(join(hex("d2 84"), header, proofs(bytes), tail)), "BAD_RECEIPT", `${what}: as the proofs`);
      t.is(verdict(join(hex("d2 84"), header, proofs(join(hex("a1 20 81"), encode(bytes))), tail)), "BAD_RECEIPT", `${what}: as the inclusion proof`);
      t.is(verdict(join(hex("d2 84"), encode(bytes), receipt.subarray(2 + header.length))), "BAD_RECEIPT", `${what}: as the protected header`);
      t.is(verdict(join(receipt, bytes, hex("00"))), "BAD_RECEIPT", `${what}: after a receipt`);
      const file = (forged: Uint8Array): string => verdictOf(() => fromTransparent(forged));
      const whole = toTransparent(inference, [receipt]);
      t.is(file(bytes), "BAD_FILE", `${what}: as a file`);
      t.is(file(join(whole, bytes, hex("00"))), "BAD_FILE", `${what}: after a file`);
      const { protectedBytes, payload } = parseSign1(inference);
      const receiptsOf = (value: Uint8Array): Uint8Array => join(hex("d2 84"), encode(protectedBytes), hex("a1 19018a"), value, encode(payload), hex("58 40"), inference.subarray(-64));
      t.is(file(receiptsOf(bytes)), "BAD_FILE", `${what}: as the receipts of a file`);
      // What stands in a byte string is not looked at before it is verified.
      const within = receiptsOf(join(hex("81"), encode(bytes)));
      if (within.length > 65_536) t.is(file(within), "BAD_FILE", what);
      else t.is(verdictOf(() => verify(inference, fromTransparent(within).receipts[0], trust, { verifySignature: () => true })), "BAD_RECEIPT", `${what}: as a receipt of a file`);
    }
  });
}

test("megabytes, and nesting of any depth, are refused before anything is made of them", async (t) => {
  const { key, inference, trust } = await partyOf("secp256k1");
  const { protectedBytes, payload } = parseSign1(inference);
  for (const [what, bytes] of huge) {
    t.is(verdictOf(() => verify(bytes, undefined, trust)), "TOO_LARGE", what);
    t.is(verdictOf(() => verify(signedObject(key.signer, protectedBytes, bytes), undefined, trust)), "TOO_LARGE", what);
    t.is(verdictOf(() => verify(signedObject(key.signer, bytes, payload as Uint8Array), undefined, trust)), "TOO_LARGE", what);
    t.is(verdictOf(() => verify(inference, undefined, trust, { boot: bytes })), "TOO_LARGE", what);
    t.is(verdictOf(() => verify(inference, undefined, trust, { previous: bytes })), "TOO_LARGE", what);
  }
});

test("whatever a broker delivers, a subscriber counts it as rejected and goes on with the next message", async (t) => {
  const { key, boot, inference, receipt, trust } = await partyOf("secp256k1");
  const events: string[] = [];
  const rejected: string[] = [];
  const inspector = new Inspector({ trust, devices: undefined, log: undefined, verifySignature: undefined, pendingLimit: 8, onEvent: ({ type }) => events.push(type), onRejected: ({ code }) => rejected.push(code), now: () => 0 });
  inspector.receive(bootTopic(key.id), boot);
  let sent = 0;
  for (const [, bytes] of [...hostile, ...huge])
    for (const topic of [bootTopic(key.id), statementTopic(key.id), receiptTopic(key.id)]) {
      inspector.receive(topic, bytes);
      sent++;
    }
  t.is(rejected.length, sent);
  inspector.receive(statementTopic(key.id), inference);
  inspector.receive(receiptTopic(key.id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt }));
  t.deepEqual(events, ["boot", "inference", "receipt"]);
});

test("a refusal repeats no text that a stranger has chosen: no control sequence of a terminal comes through a message", async (t) => {
  const { key, inference, trust } = await partyOf("secp256k1");
  const sequence = "\u001b[2Jproven\u009b0m";
  const { protectedHeader, protectedBytes, payload } = parseSign1(inference);
  const header = encode(new Map<CborValue, CborValue>([...protectedHeader, [sequence, 1]]));
  const messages: string[] = [];
  const collect = (body: () => unknown): void => void messages.push((t.throws(body) as Error).message);
  const twice = join(hex("d2 84"), encode(header), encode(new Map([[sequence, 1]])), encode(payload), hex("58 40"), inference.subarray(-64));
  collect(() => verify(twice, undefined, trust));
  collect(() => fromTransparent(twice));
  collect(() => verify(inference, twice, trust));
  collect(() => verify(signedObject(key.signer, header, payload as Uint8Array), undefined, trust));
  for (const claims of [sequence, [sequence], new Map([[8, sequence]]), new Map<CborValue, CborValue>([[8, 1], [265, sequence]])] as const) collect(() => verify(signedObject(key.signer, protectedBytes, encode(claims)), undefined, trust));
  for (const changed of [new Map<CborValue, CborValue>([[1, sequence]]), new Map<CborValue, CborValue>([[4, sequence]]), new Map<CborValue, CborValue>([[15, new Map([[1, sequence]])]]), new Map<CborValue, CborValue>([[15, new Map([[1, key.id], [2, sequence]])]])]) collect(() => verify(signedObject(key.signer, encode(new Map([...protectedHeader, ...changed])), payload as Uint8Array), undefined, trust));
  const inspector = new Inspector({ trust, devices: undefined, log: undefined, verifySignature: undefined, pendingLimit: 8, onEvent: () => {}, onRejected: ({ message }) => messages.push(message), now: () => 0 });
  inspector.receive(`assay/v1/${sequence}/statement`, inference);
  t.is(messages.length, 13);
  for (const message of messages) t.notRegex(message, /[\u0000-\u001f\u007f-\u009f]|proven/);
});
