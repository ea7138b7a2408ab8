import { sha256 } from "@noble/hashes/sha2.js";
import * as secp from "@noble/secp256k1";
import { parseStatement } from "assay/statement";
import test from "ava";
import { proveEquivocation } from "../../client/equivocation.ts";
import type { Trust } from "../../client/trust.ts";
import { VerificationError } from "../../client/verification-error.ts";
import { bootClaims, device, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import { p256SignerOf, testKey, type TestKey } from "../statement/keys.ts";

const trustOf = (...keys: TestKey[]): Trust => ({ devices: keys.map(({ id, publicKey }) => ({ id, keys: [{ publicKey }] })), logs: [] });
const said = (label: string, key: TestKey = device, place: { sequence?: number; bootCount?: number } = {}): Uint8Array =>
  statementOf(inferenceClaims({ ...place, results: [{ output: Uint8Array.of(1, 2, 3), label, score: 0.5 }] }), key);
const other = testKey("another device");

test("two results under one number are an equivocation, whichever comes first, and its statements are as they were given", (t) => {
  const [idle, busy] = [said("idle"), said("busy")];
  for (const [a, b] of [[idle, busy], [busy, idle]] as const) {
    const proof = proveEquivocation(a, b, trustOf(device));
    t.is(proof.device, device.id);
    t.is(proof.bootCount, 1);
    t.is(proof.sequence, 1);
    t.deepEqual(proof.key, device.keyId);
    t.deepEqual([proof.a.statement.bytes, proof.b.statement.bytes], [a, b]);
  }
});

test("two boot statements, or one of each kind, under one number are an equivocation too", (t) => {
  const boots = ["1.0.0", "1.0.1"].map((version) => statementOf(bootClaims({ version })));
  t.is(proveEquivocation(boots[0]!, boots[1]!, trustOf(device)).sequence, 0);
  const later = statementOf(bootClaims({ sequence: 1, previous: linkTo(boots[0]!) }));
  t.is(proveEquivocation(later, said("idle"), trustOf(device)).sequence, 1);
});

test("keys that are retired, revoked or of a simulator count: what was signed stays signed", (t) => {
  const successor = testKey("successor");
  const trust: Trust = {
    devices: [{ id: device.id, simulator: true, revoked: { since: 1, reason: "superseded" }, keys: [{ publicKey: device.publicKey, retired: 2, revoked: { since: 1, reason: "key-compromise" } }, { publicKey: successor.publicKey }] }],
    logs: [],
  };
  t.is(proveEquivocation(said("idle"), said("busy"), trust).device, device.id);
});

test("statements by two keys of one device are an equivocation, with no key of which the registry would take it", (t) => {
  const successor = testKey("successor");
  const trust: Trust = { devices: [{ id: device.id, keys: [{ publicKey: device.publicKey }, { publicKey: successor.publicKey }] }], logs: [] };
  const proof = proveEquivocation(said("idle"), said("busy", { ...successor, id: device.id }), trust);
  t.is(proof.key, undefined);
  t.deepEqual([proof.a.key, proof.b.key], [device.keyId, successor.keyId]);
});

test("a device with a P-256 key is shown to lie in the same way", (t) => {
  const chip = testKey("a device with a security chip", p256SignerOf);
  t.is(proveEquivocation(said("idle", chip), said("busy", chip), trustOf(chip)).device, chip.id);
});

/** A statement with another signature of the same key, for which ECDSA needs nothing but another nonce. */
function signedAgain(statement: Uint8Array): Uint8Array {
  const again = statement.slice();
  const { signature, digestToVerify } = parseStatement(statement, sha256);
  const fresh = secp.sign(digestToVerify, device.secret, { prehash: false, lowS: true, extraEntropy: new Uint8Array(32).fill(7) });
  again.set(fresh, statement.length - signature.length);
  return again;
}

const cases: readonly (readonly [string, Uint8Array, Uint8Array, RegExp])[] = [
  ["one statement twice", said("idle"), said("idle"), /^expected two statements, got the same statement twice$/],
  ["one statement with another signature", said("idle"), signedAgain(said("idle")), /got the same statement with another signature/],
  ["statements with different sequence numbers", said("idle"), said("busy", device, { sequence: 2 }), /statement 1 of boot 1 and statement 2 of boot 1: different numbers, both may stand/],
  ["statements of different boots", said("idle"), said("busy", device, { bootCount: 2 }), /statement 1 of boot 1 and statement 1 of boot 2: different numbers/],
  ["statements of different devices", said("idle"), said("busy", other), new RegExp(`got one of ${device.id} and one of ${other.id}`)],
];
for (const [title, a, b, message] of cases) {
  test(`${title}: no equivocation, and the error says so`, (t) => {
    const error = t.throws(() => proveEquivocation(a, b, trustOf(device, other)), { instanceOf: VerificationError });
    t.is(error.code, "NO_EQUIVOCATION");
    t.regex(error.message, message);
  });
}

test("a statement that is not proven proves nothing: forged, by a device that nobody trusts, or no statement at all", (t) => {
  const forged = said("busy");
  forged[forged.length - 1]! ^= 1;
  const codeOf = (a: Uint8Array, b: Uint8Array, trust = trustOf(device)): string | undefined => t.throws(() => proveEquivocation(a, b, trust), { instanceOf: VerificationError })?.code;
  t.is(codeOf(said("idle"), forged), "BAD_SIGNATURE");
  t.is(codeOf(forged, said("idle")), "BAD_SIGNATURE");
  t.is(codeOf(said("idle", other), said("busy", other)), "UNKNOWN_DEVICE");
  t.is(codeOf(said("idle"), said("busy", { ...other, id: device.id })), "KEY_MISMATCH");
  t.is(codeOf(said("idle"), said("busy").subarray(0, 100)), "NOT_CBOR");
});
