import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import fc from "fast-check";
import { Float, encode, Tag, decode, type CborValue } from "assay/statement/cbor";
import { encodeReceipt } from "assay/statement/receipt";
import { nodeHash, leafHash } from "assay/statement/merkle";
import { parseSign1, signatureInput } from "assay/statement/sign1";
import { confirmAnchor, type AnchoredLog } from "../../client/anchor.ts";
import { fromTransparent, toTransparent } from "../../client/statement-file.ts";
import type { Trust } from "../../client/trust.ts";
import { VerificationError, type VerificationErrorCode } from "../../client/verification-error.ts";
import { verify } from "../../client/verify.ts";
import { anchor, boot, bootClaims, bootReceipt, device, digestOf, inference, inferenceClaims, log, policy, receipt, root, statementOf } from "../statement/examples.ts";
import { testKey } from "../statement/keys.ts";

const other = testKey("another device");
const trust: Trust = { devices: [{ id: other.id, keys: [{ publicKey: other.publicKey }] }, { id: device.id, keys: [{ publicKey: device.publicKey }] }], logs: [{ id: log.id, publicKey: log.publicKey }] };

function refusal(body: () => unknown): VerificationErrorCode | undefined {
  try {
    body();
    return undefined;
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
}

test("a statement and its receipt are proven, claim by claim", (t) => {
  const verified = verify(inference, receipt, trust);
  t.is(verified.signature, true);
  t.is(verified.device.id, device.id);
  t.is(verified.statement.sequence, 1);
  t.like(verified.inclusion, { index: 2, size: 3 });
  t.deepEqual(verified.inclusion?.root, root);
  t.is(verified.inclusion?.log.id, log.id);
  t.deepEqual(verified.anchor, { ...anchor, confirmed: false });
  t.is(verify(boot, bootReceipt, trust).inclusion?.index, 1);
});

test("without a receipt nothing is said of inclusion and anchor", (t) => {
  t.deepEqual(Object.keys(verify(inference, undefined, trust)).sort(), ["device", "registration", "signature", "statement", "time"]);
});

test("a Buffer is as good as a Uint8Array, and what is proven does not change with it", (t) => {
  const bytes = Buffer.from(inference);
  const { statement } = verify(bytes, Buffer.from(receipt), trust);
  bytes.fill(0);
  t.deepEqual(statement.bytes, inference);
});

test("devices that are not in the trust list are unknown", (t) => {
  t.is(refusal(() => verify(inference, receipt, { ...trust, devices: [] })), "UNKNOWN_DEVICE");
});

test("another key than the trusted one is a mismatch, in the key id and in the boot statement", (t) => {
  const swapped: Trust = { ...trust, devices: [{ id: device.id, keys: [{ publicKey: other.publicKey }] }] };
  t.is(refusal(() => verify(inference, undefined, swapped)), "BAD_TRUST", "the id is not that key's thumbprint");
  t.is(refusal(() => verify(statementOf(inferenceClaims(), { ...device, keyId: other.keyId }), undefined, trust)), "KEY_MISMATCH");
  t.is(refusal(() => verify(statementOf(bootClaims({ publicKey: other.publicKey })), undefined, trust)), "KEY_MISMATCH");
});

test("a statement that names one device and is signed by another has a bad signature", (t) => {
  const stolen = statementOf(inferenceClaims(), { ...device, signer: other.signer });
  t.is(refusal(() => verify(stolen, undefined, trust)), "BAD_SIGNATURE");
});

test("a statement signed for one device does not pass as another's", (t) => {
  const theirs = statementOf(inferenceClaims(), { ...other, signer: other.signer });
  t.is(verify(theirs, undefined, trust).device.id, other.id);
  const { protectedBytes } = parseSign1(theirs);
  const parts = (decode(inference) as Tag).value as readonly CborValue[];
  t.is(refusal(() => verify(encode(new Tag(18, [protectedBytes, ...parts.slice(1)])), undefined, trust)), "BAD_SIGNATURE");
});

test("simulated devices are refused unless they are allowed, by their boot statement and by the trust list", (t) => {
  const simulated = statementOf(bootClaims({ simulator: true }));
  t.is(refusal(() => verify(simulated, undefined, trust)), "SIMULATED_DEVICE");
  t.is(verify(simulated, undefined, { ...trust, allowSimulated: true }).statement.kind, "boot");
  const listed: Trust = { ...trust, devices: [{ id: device.id, keys: [{ publicKey: device.publicKey }], simulator: true }] };
  t.is(refusal(() => verify(inference, receipt, listed)), "SIMULATED_DEVICE");
  t.is(verify(inference, receipt, { ...listed, allowSimulated: true }).statement.sequence, 1);
});

test("a trust list with a key of another form is an error of its own", (t) => {
  t.is(refusal(() => verify(inference, undefined, { ...trust, devices: [{ id: device.id, keys: [{ publicKey: { curve: "secp256k1", point: device.publicKey.point.slice(0, 33) } }] }] })), "BAD_TRUST");
});

test("receipts of other logs, of other statements and with other paths are refused, each with its code", (t) => {
  const header = { issuer: log.id, keyId: log.keyId };
  const [policyLeaf, bootLeaf, inferenceLeaf] = [policy, boot, inference].map((entry) => leafHash(entry, sha256)) as [Uint8Array, Uint8Array, Uint8Array];
  const left = nodeHash(policyLeaf, bootLeaf, sha256);
  const make = (treeSize: number, leafIndex: number, path: Uint8Array[]): Uint8Array => encodeReceipt({ treeSize, leafIndex, path, anchor }, root, header, log.signer, sha256);
  t.is(refusal(() => verify(inference, receipt, { ...trust, logs: [] })), "WRONG_LOG");
  t.is(refusal(() => verify(inference, receipt, { ...trust, logs: [{ id: log.id, publicKey: other.publicKey }] })), "BAD_TRUST");
  t.is(refusal(() => verify(inference, bootReceipt, trust)), "BAD_RECEIPT_SIGNATURE");
  t.is(refusal(() => verify(inference, make(3, 2, [left, inferenceLeaf]), trust)), "BAD_INCLUSION");
  t.is(refusal(() => verify(inference, make(9, 2, [left]), trust)), "BAD_INCLUSION");
  t.is(refusal(() => verify(inference, make(2, 1, [left]), trust)), undefined, "same root, and the log has signed the size");
  t.is(refusal(() => verify(inference, encodeReceipt({ treeSize: 3, leafIndex: 2, path: [left], anchor }, root, header, other.signer, sha256), trust)), "BAD_RECEIPT_SIGNATURE");
  t.is(refusal(() => verify(inference, boot, trust)), "BAD_RECEIPT");
  t.is(refusal(() => verify(inference, new Uint8Array(0), trust)), "BAD_RECEIPT");
  t.is(refusal(() => verify(inference, new Uint8Array(1_000_000), trust)), "BAD_RECEIPT");
});

test("an encoding that is not canonical is refused, also when the signature is right", (t) => {
  const { protectedBytes, payload } = parseSign1(inference);
  // the key 6 (iat) as 18 06
  const longer = Uint8Array.of((payload as Uint8Array)[0] as number, 0x18, ...(payload as Uint8Array).subarray(1));
  const signature = device.signer.sign(sha256(signatureInput(protectedBytes, longer)));
  t.is(refusal(() => verify(encode(new Tag(18, [protectedBytes, new Map(), longer, signature])), undefined, trust)), "NOT_CANONICAL");
});

test("an own signature verifier is used, and its verdict counts", (t) => {
  let calls = 0;
  const never = (): boolean => {
    calls++;
    return false;
  };
  t.is(refusal(() => verify(inference, receipt, trust, { verifySignature: never })), "BAD_SIGNATURE");
  t.is(calls, 1);
});

test("a megabyte of noise, nothing, and mutated statements and receipts give a code and nothing else", (t) => {
  let state = 7;
  const noise = Uint8Array.from({ length: 1_000_000 }, () => (state = (state * 48271) % 0x7fffffff) & 0xff);
  t.is(refusal(() => verify(noise, noise, trust)), "TOO_LARGE");
  t.is(refusal(() => verify(new Uint8Array(0), undefined, trust)), "NOT_CBOR");
  const always = { verifySignature: () => true };
  const mutate = (bytes: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array => {
    const copy = bytes.slice();
    for (const [place, value] of changes) copy[place % copy.length] = value;
    return copy;
  };
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  // Signatures count as right here: the parsers and the tree have to stand on their own.
  fc.assert(fc.property(fc.constantFrom(boot, inference), changes, changes, (statement, a, b) => void refusal(() => verify(mutate(statement, a), mutate(receipt, b), trust, always))), { numRuns: 10_000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (a, b) => void refusal(() => verify(a, b, trust, always))), { numRuns: 5000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void refusal(() => fromTransparent(bytes))), { numRuns: 5000 });
});

const chain = (rootAt: AnchoredLog["rootAt"], time = anchor.time, transaction = anchor.transaction): AnchoredLog => ({ chainId: anchor.chainId, contract: anchor.contract, rootAt, acceptedIn: async (_size, block) => (block === anchor.block && time !== 0 ? { time, transaction } : undefined) });

test("the chain confirms an anchor by having the same root for the same size", async (t) => {
  const verified = verify(inference, receipt, trust);
  const asked: number[] = [];
  t.false(verified.anchor?.confirmed);
  const confirmed = await confirmAnchor(verified, chain((size) => {
    asked.push(size);
    return Promise.resolve(root);
  }));
  t.deepEqual(confirmed.anchor, { ...anchor, confirmed: true });
  t.deepEqual(asked, [3]);
});

test("an anchor that the chain does not confirm is refused, each reason with its code", async (t) => {
  const verified = verify(inference, receipt, trust);
  const is = async (code: VerificationErrorCode, subject: Parameters<typeof confirmAnchor>[0], log: AnchoredLog): Promise<void> => {
    await t.throwsAsync(() => confirmAnchor(subject, log), { instanceOf: VerificationError, code });
  };
  await is("NO_RECEIPT", verify(inference, undefined, trust), chain(async () => root));
  await is("NOT_ANCHORED", verified, chain(async () => undefined));
  await is("ROOT_MISMATCH", verified, chain(async () => digestOf("another root")));
  await is("RPC_FAILED", verified, chain(() => Promise.reject(new Error("no answer"))));
  await is("ANCHOR_MISPLACED", verified, chain(async () => root, 0));
  await is("ANCHOR_MISPLACED", verified, chain(async () => root, anchor.time + 1));
  await is("ANCHOR_MISPLACED", verified, chain(async () => root, anchor.time, digestOf("another transaction")));
  await is("WRONG_CONTRACT", verified, { ...chain(async () => root), chainId: 1 });
  await is("WRONG_CONTRACT", verified, { ...chain(async () => root), contract: digestOf("their contract").slice(0, 20) });
});

test("a transparent statement gives back the statement as it was signed, and its receipts (RFC 9943 §7)", (t) => {
  const file = toTransparent(inference, [receipt]);
  t.deepEqual([...parseSign1(file).unprotected.keys()], [394]);
  t.deepEqual(fromTransparent(file), { statement: inference, receipts: [receipt] });
  t.deepEqual(fromTransparent(toTransparent(inference, [])), { statement: inference, receipts: [] });
  t.deepEqual(toTransparent(inference, []), inference);
});

test("files that are neither a statement nor a transparent statement are refused", (t) => {
  const parts = (decode(inference) as Tag).value as readonly CborValue[];
  const withHeader = (unprotected: CborValue): Uint8Array => encode(new Tag(18, [parts[0] as CborValue, unprotected, ...parts.slice(2)]));
  for (const bytes of [new Uint8Array(0), new Uint8Array(100_000), encode([]), withHeader(new Map([[395, 1]])), withHeader(new Map([[394, []]])), withHeader(new Map([[394, [1]]])), withHeader(new Map<CborValue, CborValue>([[394, [receipt]], [395, 1]])), encode(new Float(1))]) t.throws(() => fromTransparent(bytes), { instanceOf: VerificationError, code: "BAD_FILE" });
  t.throws(() => toTransparent(toTransparent(inference, [receipt]), [receipt]), { code: "BAD_FILE" });
});
