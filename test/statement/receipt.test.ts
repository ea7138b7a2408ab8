import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import fc from "fast-check";
import type { Anchor } from "assay/statement/anchor";
import { decode, encode, Tag, type CborValue } from "assay/statement/cbor";
import { encodeCheckpoint, parseCheckpoint } from "assay/statement/checkpoint";
import { leafHash, rootFromInclusion } from "assay/statement/merkle";
import { encodePolicy, parsePolicy } from "assay/statement/policy";
import { encodeReceipt, parseReceipt, receiptDigest } from "assay/statement/receipt";
import { parseSign1, sign1 } from "assay/statement/sign1";
import { StatementError, type StatementErrorCode } from "assay/statement/statement-error";
import { boot, anchor, device, digestOf, inference, log, policy, receipt, root } from "./examples.ts";

const header = { issuer: log.id, keyId: log.keyId };

function refusal(parse: () => unknown): StatementErrorCode | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof StatementError) return error.code;
    throw error;
  }
}

test("a receipt says which entry of which tree it is for, and where the tree is anchored", (t) => {
  const parsed = parseReceipt(receipt);
  t.like(parsed, { issuer: log.id, treeSize: 3, leafIndex: 2 });
  t.deepEqual(parsed.anchor, anchor);
  t.deepEqual(parsed.keyId, log.keyId);
  t.deepEqual(rootFromInclusion(leafHash(inference, sha256), parsed.leafIndex, parsed.treeSize, parsed.path, sha256), root);
  t.deepEqual(log.signer.sign(receiptDigest(parsed, root, sha256)), parsed.signature);
});

test("a receipt has the header parameters that RFC 9942 and RFC 9943 ask for, and no payload", (t) => {
  const { protectedHeader, unprotected, payload } = parseSign1(receipt);
  t.deepEqual([...protectedHeader.keys()], [1, 4, 15, 395]);
  t.is(protectedHeader.get(395), 1);
  t.deepEqual([...(protectedHeader.get(15) as Map<number, CborValue>).keys()], [1, 2, -70020, -70021]);
  t.deepEqual([...unprotected.keys()], [396]);
  t.is(payload, null);
});

test("receipts that are not the profile's are refused, each with its code", (t) => {
  const good = parseSign1(receipt);
  const variant = (changes: { header?: [number, CborValue][]; claims?: [number, CborValue][]; unprotected?: CborValue; payload?: Uint8Array }): Uint8Array => {
    const claims = new Map(good.protectedHeader.get(15) as Map<CborValue, CborValue>);
    for (const [key, value] of changes.claims ?? []) claims.set(key, value);
    const map = new Map(good.protectedHeader).set(15, claims);
    for (const [key, value] of changes.header ?? []) map.set(key, value);
    const unprotected = (changes.unprotected ?? good.unprotected) as ReadonlyMap<CborValue, CborValue>;
    return sign1({ protectedHeader: map, unprotected, ...(changes.payload === undefined ? { detached: root } : { payload: changes.payload }) }, log.signer, sha256);
  };
  const proof = (...items: CborValue[]): CborValue => new Map([[396, new Map([[-1, [encode(items)]]])]]);
  const hash = new Uint8Array(32);
  t.is(refusal(() => parseReceipt(variant({}))), undefined);
  t.is(refusal(() => parseReceipt(variant({ header: [[395, 2]] }))), "BAD_RECEIPT");
  t.is(refusal(() => parseReceipt(variant({ header: [[1, -8]] }))), "BAD_ALGORITHM");
  t.is(refusal(() => parseReceipt(variant({ header: [[3, 0]] }))), "BAD_HEADER");
  t.is(refusal(() => parseReceipt(variant({ claims: [[2, "another-log"]] }))), "BAD_RECEIPT");
  t.is(refusal(() => parseReceipt(variant({ claims: [[-70020, 4]] }))), "BAD_RECEIPT", "tree size");
  t.is(refusal(() => parseReceipt(variant({ claims: [[-70021, null]] }))), "BAD_RECEIPT");
  t.is(refusal(() => parseReceipt(variant({ claims: [[-70022, 0]] }))), "BAD_HEADER");
  t.is(refusal(() => parseReceipt(variant({ payload: root }))), "BAD_RECEIPT", "payload");
  t.is(refusal(() => parseReceipt(variant({ unprotected: new Map() }))), "BAD_RECEIPT");
  t.is(refusal(() => parseReceipt(variant({ unprotected: new Map([[396, new Map([[-2, [encode([2, 3, [hash]])]]])]]) }))), "BAD_RECEIPT", "consistency");
  t.is(refusal(() => parseReceipt(variant({ unprotected: new Map([[396, new Map([[-1, []]])]]) }))), "BAD_RECEIPT");
  t.is(refusal(() => parseReceipt(variant({ unprotected: proof(3, 3, [hash]) }))), "BAD_RECEIPT", "index");
  t.is(refusal(() => parseReceipt(variant({ unprotected: proof(3, 2, []) }))), "BAD_RECEIPT", "empty path");
  t.is(refusal(() => parseReceipt(variant({ unprotected: proof(3, 2, [new Uint8Array(31)]) }))), "BAD_RECEIPT", "hash length");
  t.is(refusal(() => parseReceipt(variant({ unprotected: proof(3, 2, Array.from({ length: 65 }, () => hash)) }))), "BAD_RECEIPT", "path length");
  t.is(refusal(() => parseReceipt(variant({ unprotected: proof(3, 2) }))), "BAD_RECEIPT");
  t.is(refusal(() => parseReceipt(inference)), "BAD_HEADER");
  t.is(refusal(() => parseReceipt(new Uint8Array(5000))), "TOO_LARGE");
  t.is(refusal(() => parseReceipt(encode(new Tag(18, [])))), "NOT_SIGN1");
});

test("a receipt of a tree of one leaf has an empty path", (t) => {
  const alone = encodeReceipt({ treeSize: 1, leafIndex: 0, path: [], anchor }, leafHash(inference, sha256), header, log.signer, sha256);
  t.deepEqual(parseReceipt(alone).path, []);
});

test("receipts that could not be parsed are not made", (t) => {
  t.throws(() => encodeReceipt({ treeSize: 2, leafIndex: 2, path: [root], anchor }, root, header, log.signer, sha256), { code: "BAD_RECEIPT" });
  t.throws(() => encodeReceipt({ treeSize: 2, leafIndex: 0, path: [], anchor }, root, header, log.signer, sha256), { code: "BAD_RECEIPT" });
  t.throws(() => encodeReceipt({ treeSize: 2, leafIndex: 0, path: [root], anchor }, new Uint8Array(31), header, log.signer, sha256), { code: "BAD_RECEIPT" });
});

test("random and mutated receipts are parsed or refused with a code, never anything else", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = receipt.slice();
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      refusal(() => parseReceipt(bytes));
    }),
    { numRuns: 5000 },
  );
  t.pass();
});

test("a checkpoint is a tree head, with or without its anchor", (t) => {
  for (const where of [anchor, null] as (Anchor | null)[]) {
    const bytes = encodeCheckpoint({ size: 3, root, anchor: where }, header, log.signer, sha256);
    const parsed = parseCheckpoint(bytes, sha256);
    t.like(parsed, { size: 3, issuer: log.id });
    t.deepEqual(parsed.root, root);
    t.deepEqual(parsed.anchor, where);
    t.deepEqual(log.signer.sign(parsed.digestToVerify), parsed.signature);
  }
  t.throws(() => encodeCheckpoint({ size: -1, root, anchor }, header, log.signer, sha256), { code: "BAD_CLAIMS" });
  t.is(refusal(() => parseCheckpoint(boot, sha256)), "BAD_CLAIMS");
  t.is(refusal(() => parseCheckpoint(receipt, sha256)), "BAD_HEADER");
  t.is(refusal(() => parseCheckpoint(new Uint8Array(2000), sha256)), "TOO_LARGE");
});

test("the policy of a log is signed by it and says its rules", (t) => {
  const parsed = parsePolicy(policy, sha256);
  t.is(parsed.issuer, log.id);
  t.is(parsed.rules.length, 1);
  t.deepEqual(log.signer.sign(parsed.digestToVerify), parsed.signature);
  t.throws(() => encodePolicy(["\n"], header, log.signer, sha256), { code: "BAD_CLAIMS" });
  t.throws(() => encodePolicy(Array.from({ length: 10 }, () => "x".repeat(500)), header, log.signer, sha256), { code: "TOO_LARGE" });
  t.is(refusal(() => parsePolicy(boot, sha256)), "BAD_CLAIMS");
  t.is(refusal(() => parsePolicy(encodeCheckpoint({ size: 1, root: digestOf("x"), anchor: null }, header, log.signer, sha256), sha256)), "BAD_CLAIMS");
  t.not(log.id, device.id);
  t.true(decode(policy) instanceof Tag);
});
