import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import type { CborValue } from "assay/statement/cbor";
import { encode } from "assay/statement/cbor";
import { deviceId, publicKeyMap, thumbprint, type CurveName, type PublicKey } from "assay/statement/cose-key";
import { parseReceipt, receiptDigest } from "assay/statement/receipt";
import { encodeSign1, parseSign1, signatureInput } from "assay/statement/sign1";
import type { Signer } from "assay/statement/signer";
import { verify } from "../../client/verify.ts";
import { StatingDevice } from "../client/device.ts";
import { bootClaims, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import { signerOf, testKey, type TestKey } from "../statement/keys.ts";
import { algorithmName, bigEndian, curves, highS, keyOn, orderOf, partyOf, rightAlgorithm, trusted, trustIn, verdictOf, withHeader, withSignature } from "./parties.ts";

/** Algorithms that a header may claim: COSE's ECDSA ones, EdDSA, ES384, RSA-PSS and HMAC, names in text, and nonsense. */
const algorithms: readonly CborValue[] = [-47, -9, -7, -8, -35, -37, 5, 0, "ES256K", "none", null, false, [-47], 2n ** 60n, -(2n ** 60n)];
const accepted: Record<CurveName, readonly CborValue[]> = { secp256k1: [-47], "P-256": [-9, -7] };

/** Signatures that careless verifiers have taken: zeros (CVE-2022-21449), the order itself, and numbers beyond it. */
function psychic(curve: CurveName, signature: Uint8Array): readonly Uint8Array[] {
  const n = orderOf(curve);
  const numbers = [0n, n, n + 1n, 2n ** 256n - 1n];
  const right = (start: number): bigint => BigInt(`0x${Buffer.from(signature.subarray(start, start + 32)).toString("hex")}`);
  const pair = (r: bigint, s: bigint): Uint8Array => Uint8Array.of(...bigEndian(r), ...bigEndian(s));
  return [...numbers.flatMap((r) => [...numbers, 1n, right(32)].map((s) => pair(r, s))), ...numbers.map((s) => pair(right(0), s)), pair(1n, 1n), pair(right(32), right(0)), pair(right(0), 1n)];
}

for (const curve of curves) {
  const name = algorithmName(curve);

  test(`whoever carries a statement or a receipt cannot make a second valid one of it by the high-S twin of its signature (${name})`, async (t) => {
    const { boot, inference, receipt, receipts, trust, key, log } = await partyOf(curve);
    const twin = (object: Uint8Array): Uint8Array => withSignature(object, (signature) => highS(curve, signature));
    const ecdsa = curve === "P-256" ? p256 : secp256k1;
    const parts = parseSign1(twin(inference));
    const digest = sha256(signatureInput(parts.protectedBytes, parts.payload as Uint8Array));
    t.true(ecdsa.verify(parts.signature, digest, key.publicKey.point, { prehash: false, lowS: false }), "ECDSA itself takes the twin");
    t.is(verdictOf(() => verify(twin(inference), undefined, trust)), "BAD_SIGNATURE");
    t.is(verdictOf(() => verify(twin(boot), undefined, trust)), "BAD_SIGNATURE");
    const parsed = parseReceipt(twin(receipt));
    t.true(ecdsa.verify(parsed.signature, receiptDigest(parsed, await log.tree.rootAt(6), sha256), log.key.publicKey.point, { prehash: false, lowS: false }));
    t.is(verdictOf(() => verify(inference, twin(receipt), trust)), "BAD_RECEIPT_SIGNATURE");
    t.is(verdictOf(() => verify(boot, receipts[0], trust)), "accepted");
  });

  test(`nobody gets a statement accepted by a signature of zeros, of the group's order or beyond it (${name})`, async (t) => {
    const { inference, receipt, trust } = await partyOf(curve);
    for (const signature of psychic(curve, inference.subarray(-64))) t.is(verdictOf(() => verify(withSignature(inference, () => signature), undefined, trust)), "BAD_SIGNATURE", Buffer.from(signature).toString("hex"));
    for (const signature of psychic(curve, receipt.subarray(-64)).slice(0, 6)) t.is(verdictOf(() => verify(inference, withSignature(receipt, () => signature), trust)), "BAD_RECEIPT_SIGNATURE");
    for (const length of [0, 63, 65]) t.is(verdictOf(() => verify(encodeSign1({ protectedHeader: parseSign1(inference).protectedBytes, payload: parseSign1(inference).payload, signature: new Uint8Array(length) }), undefined, trust)), "BAD_SIGNATURE_LENGTH");
  });

  test(`a header cannot talk the verifier into reading a key of ${curve} by another algorithm than its own, even when the device signs it (algorithm confusion)`, async (t) => {
    const { key, boot, inference, receipt, log, trust } = await partyOf(curve);
    for (const algorithm of algorithms) {
      const expected = accepted[curve].includes(algorithm) ? "accepted" : "BAD_ALGORITHM";
      for (const statement of [boot, inference]) t.is(verdictOf(() => verify(withHeader(key.signer, statement, new Map([[1, algorithm]])), undefined, trust)), expected, String(algorithm));
      const { protectedHeader, unprotected } = parseSign1(receipt);
      const protectedBytes = encode(new Map([...protectedHeader, [1, algorithm]]));
      const signature = log.key.signer.sign(sha256(signatureInput(protectedBytes, await log.tree.rootAt(6))));
      const forged = encodeSign1({ protectedHeader: protectedBytes, unprotected, payload: null, signature });
      // What a receipt says of algorithms that are none of ours is a matter of its form.
      t.is(verdictOf(() => verify(inference, forged, trust)), expected === "accepted" || [-47, -9, -7].includes(algorithm as number) ? expected : "BAD_RECEIPT", String(algorithm));
    }
  });

  test(`a header without an algorithm, or with it where it is not signed, proves nothing (${name})`, async (t) => {
    const { key, inference, trust } = await partyOf(curve);
    const { protectedHeader, payload } = parseSign1(inference);
    const rest = new Map([...protectedHeader].filter(([label]) => label !== 1));
    const signature = key.signer.sign(sha256(signatureInput(encode(rest), payload as Uint8Array)));
    t.is(verdictOf(() => verify(encodeSign1({ protectedHeader: rest, payload, signature }), undefined, trust)), "BAD_ALGORITHM");
    t.is(verdictOf(() => verify(encodeSign1({ protectedHeader: rest, unprotected: new Map([[1, rightAlgorithm(curve)]]), payload, signature }), undefined, trust)), "BAD_HEADER");
    t.is(verdictOf(() => verify(withHeader(key.signer, inference, new Map([[2, [1]]])), undefined, trust)), "BAD_HEADER", "a critical parameter");
  });

  test(`an attacker's own key does not pass for the victim's, wherever he puts it (${name})`, async (t) => {
    const { key, boot, inference, trust } = await partyOf(curve);
    const own = keyOn(curve, "attacker");
    const as = (issuer: TestKey, keyId: TestKey, signer: TestKey): TestKey => ({ ...issuer, keyId: keyId.keyId, signer: signer.signer });
    const bootWith = (publicKey: PublicKey, by: TestKey): Uint8Array => statementOf(bootClaims({ publicKey }), by);
    const verdict = (bytes: Uint8Array): string => verdictOf(() => verify(bytes, undefined, trust));
    t.is(verdict(bootWith(own.publicKey, as(key, key, own))), "KEY_MISMATCH", "own key in cnf under the victim's kid");
    t.is(verdict(bootWith(own.publicKey, as(key, own, own))), "KEY_MISMATCH", "own key in cnf and in kid");
    t.is(verdict(bootWith(key.publicKey, as(key, own, own))), "KEY_MISMATCH", "own key in kid only");
    t.is(verdict(bootWith(key.publicKey, as(key, key, own))), "BAD_SIGNATURE", "own signature only");
    t.is(verdict(bootWith(own.publicKey, own)), "UNKNOWN_DEVICE", "own key all through");
    t.is(verdict(bootWith(own.publicKey, as(key, key, key))), "KEY_MISMATCH", "the victim would have to vouch for it by rotation, not in cnf");
    const otherCurve: PublicKey = { curve: curve === "P-256" ? "secp256k1" : "P-256", point: key.publicKey.point };
    t.is(verdict(bootWith(otherCurve, key)), "KEY_MISMATCH", "the victim's coordinates on the other curve");
    t.is(verdict(statementOf(inferenceClaims(), as(key, key, own))), "BAD_SIGNATURE", "an inference under the victim's kid");
    t.is(verdict(statementOf(inferenceClaims(), as(key, own, own))), "KEY_MISMATCH");
    t.is(verdict(statementOf(inferenceClaims(), as(own, key, key))), "UNKNOWN_DEVICE", "the victim's signature under another issuer");
    t.deepEqual([verdict(boot), verdict(inference)], ["accepted", "accepted"]);
  });

  test(`a trust list that was tampered with is noticed: a key under another device's id, or of another curve than its id says (${name})`, async (t) => {
    const { key, inference, receipt, trust, log } = await partyOf(curve);
    const own = keyOn(curve, "attacker");
    const otherCurve: PublicKey = { curve: curve === "P-256" ? "secp256k1" : "P-256", point: key.publicKey.point };
    const forged = statementOf(inferenceClaims(), { ...key, keyId: own.keyId, signer: own.signer });
    t.is(verdictOf(() => verify(forged, undefined, { ...trust, devices: [{ id: key.id, keys: [{ publicKey: own.publicKey }] }] })), "BAD_TRUST");
    t.is(verdictOf(() => verify(inference, undefined, { ...trust, devices: [{ id: key.id, keys: [{ publicKey: otherCurve }] }] })), "BAD_TRUST");
    t.is(verdictOf(() => verify(inference, receipt, { ...trust, logs: [{ id: log.key.id, publicKey: own.publicKey }] })), "BAD_TRUST");
  });

  test(`a device whose key is no point of ${curve} proves nothing, and breaks nothing`, (t) => {
    const point = Uint8Array.of(4, ...new Uint8Array(31), 5, ...new Uint8Array(31), 1);
    const publicKey: PublicKey = { curve, point };
    const print = thumbprint(publicKey, sha256);
    const signer: Signer = { publicKey, sign: () => Uint8Array.of(...bigEndian(1n), ...bigEndian(1n)) };
    const fake: TestKey = { secret: new Uint8Array(32), publicKey, id: deviceId(print), keyId: print, signer };
    t.is(publicKeyMap(publicKey).size, 4, "of the right form");
    t.is(verdictOf(() => verify(statementOf(bootClaims({ publicKey }), fake), undefined, { devices: [trusted(fake)], logs: [] })), "BAD_SIGNATURE");
  });
}

test("-7 (ES256) and -9 (ESP256) name one thing for a key of P-256: the same claims are proven by either", async (t) => {
  const { key, inference, trust } = await partyOf("P-256");
  const byOldName = verify(withHeader(key.signer, inference, new Map([[1, -7]])), undefined, trust);
  const byNewName = verify(inference, undefined, trust);
  t.deepEqual(byOldName.statement.claims, byNewName.statement.claims);
  t.deepEqual([byOldName.statement.algorithm, byNewName.statement.algorithm], [-7, -9]);
  t.deepEqual(byOldName.registration, byNewName.registration);
});

test("one secret on both curves is two devices: a signature by the one does not count for the other", (t) => {
  const k1 = testKey("one secret");
  const secret = k1.secret;
  const onP256: Signer = { publicKey: { curve: "P-256", point: p256.getPublicKey(secret, false) }, sign: (digest) => p256.sign(digest, secret, { prehash: false, lowS: true }) };
  const print = thumbprint(onP256.publicKey, sha256);
  const twin: TestKey = { secret, publicKey: onP256.publicKey, id: deviceId(print), keyId: print, signer: onP256 };
  t.not(twin.id, k1.id);
  const trust = trustIn(testKey("a log"), k1, twin);
  t.is(verdictOf(() => verify(statementOf(inferenceClaims(), { ...k1, signer: onP256 }), undefined, trust)), "BAD_ALGORITHM");
  const { payload, signature } = parseSign1(statementOf(inferenceClaims(), twin));
  const header = parseSign1(statementOf(inferenceClaims(), k1)).protectedBytes;
  t.is(verdictOf(() => verify(encodeSign1({ protectedHeader: header, payload, signature }), undefined, trust)), "BAD_SIGNATURE");
});

/**
 * Two keys whose thumbprints begin with the same 4 bytes (0fdb2463), found among 120,536 by their birthdays. To meet a given key takes 2^32
 * tries, which an attacker has; what he cannot have is one that is in the trust list of a device that is not his.
 */
const [first, second] = [42_702, 120_535].map((n) => testKey(`assay colliding key ${n}`, signerOf)) as [TestKey, TestKey];
const colliding = { ...second, id: first.id };
const rotated = { devices: [{ id: first.id, keys: [{ publicKey: first.publicKey, retired: 1_790_000_000 }, { publicKey: second.publicKey }] }], logs: [] };

test("a key that was ground until it has the victim's short key id signs nothing that counts as the victim's", (t) => {
  t.deepEqual(first.keyId.slice(0, 4), second.keyId.slice(0, 4));
  t.notDeepEqual(first.keyId.slice(0, 5), second.keyId.slice(0, 5));
  const trust = trustIn(testKey("a log"), first);
  t.is(verdictOf(() => verify(statementOf(inferenceClaims(), colliding), undefined, trust)), "BAD_SIGNATURE");
  t.is(verdictOf(() => verify(statementOf(bootClaims({ publicKey: second.publicKey }), colliding), undefined, trust)), "KEY_MISMATCH", "a boot names all 32 bytes");
});

test("of two keys of one device with one short key id, the retired one cannot speak in a boot of the other, and the later one's inferences are refused rather than taken for the earlier one's", (t) => {
  const oldBoot = statementOf(bootClaims({ publicKey: first.publicKey }), first);
  const newBoot = statementOf(bootClaims({ publicKey: second.publicKey, sequence: 1, bootCount: 2, previous: linkTo(oldBoot) }), colliding);
  const claims = inferenceClaims({ sequence: 2, bootCount: 2, previous: linkTo(newBoot) });
  t.is(verify(newBoot, undefined, rotated).registration.status, "current");
  const byThief = statementOf(claims, first);
  t.is(verdictOf(() => verify(byThief, undefined, rotated, { boot: newBoot })), "KEY_CHANGED");
  t.is(verdictOf(() => verify(byThief, undefined, rotated, { previous: newBoot })), "KEY_CHANGED");
  t.is(verify(byThief, undefined, rotated).registration.status, "retired", "alone it is what it is: signed by a retired key");
  t.is(verdictOf(() => verify(statementOf(claims, colliding), undefined, rotated)), "BAD_SIGNATURE");
});

test("a thief of a retired key does not get his statement into the chain of the new one, and what he says alone is told to be a retired key's", (t) => {
  const device = new StatingDevice(testKey("rotating"));
  const boot = device.boot();
  const next = testKey("rotating, second key");
  const trust = { devices: [{ id: device.key.id, keys: [{ publicKey: device.key.publicKey, retired: 1_790_000_000 }, { publicKey: next.publicKey }] }], logs: [] };
  const secondBoot = statementOf(bootClaims({ publicKey: next.publicKey, sequence: 1, bootCount: 2, previous: linkTo(boot) }), { ...next, id: device.key.id });
  const stolen = statementOf(inferenceClaims({ sequence: 2, bootCount: 2, previous: linkTo(secondBoot) }), device.key);
  t.is(verdictOf(() => verify(stolen, undefined, trust, { previous: secondBoot })), "KEY_CHANGED");
  t.is(verdictOf(() => verify(stolen, undefined, trust, { boot: secondBoot })), "KEY_CHANGED");
  t.is(verify(stolen, undefined, trust).registration.status, "retired");
});
