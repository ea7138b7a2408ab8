import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { decode, encode, type CborValue, type Tag } from "assay/statement/cbor";
import { encodeCheckpoint } from "assay/statement/checkpoint";
import { leafHash, nodeHash, rootFromInclusion } from "assay/statement/merkle";
import { encodePolicy } from "assay/statement/policy";
import { parseReceipt } from "assay/statement/receipt";
import { encodeSign1, parseSign1, signatureInput } from "assay/statement/sign1";
import { verify } from "../../client/verify.ts";
import { anchor } from "../statement/examples.ts";
import { algorithmName, curves, keyOn, partyOf, verdictOf } from "./parties.ts";
import { TestLog } from "./test-log.ts";

/** A receipt with another proof in its unprotected header, which nobody has to sign. */
function withProof(receipt: Uint8Array, treeSize: CborValue, leafIndex: CborValue, path: CborValue): Uint8Array {
  const { protectedBytes, signature } = parseSign1(receipt);
  return encodeSign1({ protectedHeader: protectedBytes, unprotected: new Map([[396, new Map([[-1, [encode([treeSize, leafIndex, path])]]])]]), payload: null, signature });
}

for (const curve of curves) {
  test(`a receipt proves its own statement and no other, of whichever tree the log has signed (${algorithmName(curve)})`, async (t) => {
    const { device, receipts, trust } = await partyOf(curve);
    for (const [i, statement] of device.statements.entries()) for (const [k, receipt] of receipts.entries()) t.is(verdictOf(() => verify(statement, receipt, trust)), i === k ? "accepted" : "BAD_RECEIPT_SIGNATURE", `${i} ${k}`);
  });

  test(`a receipt of another tree of the same log, or of another log with the same entries, does not prove that a statement is in this one (${algorithmName(curve)})`, async (t) => {
    const { inference, boot, log, trust, receipt } = await partyOf(curve);
    const other = await TestLog.open(log.key);
    other.append(boot, boot, boot, boot, boot);
    const transplanted = other.sign(parseReceipt(receipt), await other.tree.rootAt(6));
    t.is(verdictOf(() => verify(inference, transplanted, trust)), "BAD_RECEIPT_SIGNATURE", "the signed root is another tree's");
    const stranger = await TestLog.open(keyOn(curve, "another log"));
    stranger.append(boot, inference);
    const foreign = await stranger.receiptOf(inference);
    t.is(verdictOf(() => verify(inference, foreign, trust)), "WRONG_LOG");
    const mixed = { ...log.key, signer: stranger.key.signer };
    const posing = await TestLog.open(mixed);
    posing.append(boot, inference);
    const posed = await posing.receiptOf(inference);
    t.is(verdictOf(() => verify(inference, posed, trust)), "BAD_RECEIPT_SIGNATURE");
  });

  test(`a receipt whose proof was shortened, lengthened, mixed up or moved to another index is refused, whoever did it (${algorithmName(curve)})`, async (t) => {
    const { inference, receipt, trust } = await partyOf(curve);
    const { treeSize, leafIndex, path } = parseReceipt(receipt);
    const verdict = (...proof: [CborValue, CborValue, CborValue]): string => verdictOf(() => verify(inference, withProof(receipt, ...proof), trust));
    t.is(verdict(treeSize, leafIndex, path), "accepted");
    t.is(verdict(treeSize, leafIndex, path.slice(1)), "BAD_INCLUSION");
    t.is(verdict(treeSize, leafIndex, path.slice(0, -1)), "BAD_INCLUSION");
    t.is(verdict(treeSize, leafIndex, [...path, sha256(inference)]), "BAD_INCLUSION");
    t.is(verdict(treeSize, leafIndex, [...path].reverse()), "BAD_RECEIPT_SIGNATURE");
    t.is(verdict(treeSize, leafIndex, path.map(() => new Uint8Array(32))), "BAD_RECEIPT_SIGNATURE");
    t.is(verdict(treeSize, leafIndex, []), "BAD_RECEIPT");
    t.is(verdict(treeSize, leafIndex, Array.from({ length: 65 }, () => new Uint8Array(32))), "BAD_RECEIPT");
    t.is(verdict(treeSize, leafIndex, Array.from({ length: 64 }, () => new Uint8Array(32))), "BAD_INCLUSION");
    t.is(verdict(treeSize, leafIndex, [path[0]!.slice(1), ...path.slice(1)]), "BAD_RECEIPT");
    for (let index = 0; index < treeSize; index++) if (index !== leafIndex) t.regex(verdict(treeSize, index, path), /^BAD_(INCLUSION|RECEIPT_SIGNATURE)$/, String(index));
    t.is(verdict(treeSize, treeSize, path), "BAD_RECEIPT");
    t.is(verdict(treeSize, -1, path), "BAD_RECEIPT");
    t.is(verdict(treeSize, 2n ** 63n, path), "BAD_RECEIPT");
  });

  test(`a receipt whose proof is for another size than the log has signed is refused (${algorithmName(curve)})`, async (t) => {
    const { inference, receipt, log, trust } = await partyOf(curve);
    const { leafIndex, path } = parseReceipt(receipt);
    for (const size of [2, 5, 7, 8, 2 ** 53 - 1, 0, 2n ** 63n]) t.is(verdictOf(() => verify(inference, withProof(receipt, size, leafIndex, path), trust)), "BAD_RECEIPT", String(size));
    // The same with the header changed to fit: then it is the signature that does not.
    const parts = (decode(receipt) as Tag).value as readonly CborValue[];
    const header = decode(parts[0] as Uint8Array) as ReadonlyMap<CborValue, CborValue>;
    const claims = new Map([...(header.get(15) as ReadonlyMap<CborValue, CborValue>), [-70020, 8]]);
    const unprotected = parseSign1(withProof(receipt, 8, leafIndex, path)).unprotected;
    const resized = encode(new Map([...header, [15, claims]]));
    t.is(verdictOf(() => verify(inference, encodeSign1({ protectedHeader: resized, unprotected, payload: null, signature: parts[3] as Uint8Array }), trust)), "BAD_RECEIPT_SIGNATURE");
    // A log that signs a wrong size itself: the size is its word, until the chain is asked for the root of that size.
    const signature = log.key.signer.sign(sha256(signatureInput(resized, await log.tree.rootAt(6))));
    const lying = encodeSign1({ protectedHeader: resized, unprotected, payload: null, signature });
    t.is(verify(inference, lying, trust).inclusion?.size, 8);
    t.is(verify(inference, lying, trust).anchor?.confirmed, false);
  });
}

test("whoever carries a receipt cannot move its statement within the log: no path leads to one root from two places of a tree", (t) => {
  for (let size = 1; size <= 40; size++) {
    const leaves = Array.from({ length: size }, (_, i) => leafHash(Uint8Array.of(size, i), sha256));
    const root = treeHash(leaves);
    for (let index = 0; index < size; index++) {
      const path = pathOf(index, leaves);
      for (let other = 0; other < size; other++) {
        const found = rootFromInclusion(leaves[index] as Uint8Array, other, size, path, sha256);
        if ((found !== undefined && Buffer.compare(found, root) === 0) !== (other === index)) t.fail(`size ${size}: leaf ${index} passes for ${other}`);
      }
    }
  }
  t.pass();
});

test("an inner node of the tree does not pass for a statement, nor a statement for an inner node", async (t) => {
  const { inference, receipt, trust } = await partyOf("secp256k1");
  const { path } = parseReceipt(receipt);
  const node = Uint8Array.of(1, ...(path[0] as Uint8Array), ...leafHash(inference, sha256));
  t.is(verdictOf(() => verify(node, receipt, trust)), "NOT_CBOR");
  t.notDeepEqual(leafHash(node.subarray(1), sha256), nodeHash(path[0] as Uint8Array, leafHash(inference, sha256), sha256));
});

test("a log cannot pass off what it has signed for another purpose as a receipt, nor a receipt as a statement", async (t) => {
  const { inference, receipt, log, trust } = await partyOf("secp256k1");
  const header = { issuer: log.key.id, keyId: log.key.keyId };
  const root = await log.tree.rootAt(6);
  t.is(verdictOf(() => verify(inference, encodeCheckpoint({ size: 6, root, anchor }, header, log.key.signer, sha256), trust)), "BAD_RECEIPT");
  t.is(verdictOf(() => verify(inference, encodePolicy(["anything"], header, log.key.signer, sha256), trust)), "BAD_RECEIPT");
  t.is(verdictOf(() => verify(inference, inference, trust)), "BAD_RECEIPT");
  const asDevice = { ...trust, devices: [...trust.devices, { id: log.key.id, keys: [{ publicKey: log.key.publicKey }] }] };
  t.is(verdictOf(() => verify(receipt, undefined, asDevice)), "BAD_HEADER");
  t.is(verdictOf(() => verify(encodePolicy(["anything"], header, log.key.signer, sha256), undefined, asDevice)), "BAD_HEADER");
});

/** MTH and PATH of RFC 9162 §2.1.1 and §2.1.3.1. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  const k = split(leaves.length);
  return leaves.length === 1 ? (leaves[0] as Uint8Array) : nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)), sha256);
}

function pathOf(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k ? [...pathOf(index, leaves.slice(0, k)), treeHash(leaves.slice(k))] : [...pathOf(index - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

function split(size: number): number {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}
