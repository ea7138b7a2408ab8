import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { leafHash, nodeHash, rootFromInclusion, verifyConsistency, verifyInclusion } from "assay/statement/merkle";
import { testWithShared } from "../requirements.ts";

function jsonFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

const bytes = (base64: string | null): Uint8Array => new Uint8Array(Buffer.from(base64 ?? "", "base64"));
const hashes = (list: string[] | null): Uint8Array[] => (list ?? []).map(bytes);

testWithShared("vectors/merkle/testdata/inclusion", "every inclusion proof of transparency-dev is judged as it is meant (RFC 9162 §2.1.3.2)", (t, path) => {
  let good = 0;
  const files = jsonFiles(path);
  for (const file of files) {
    const { leafIdx, treeSize, root, leafHash: leaf, proof, desc, wantErr } = JSON.parse(file);
    const verdict = verifyInclusion(bytes(leaf), leafIdx, treeSize, hashes(proof), bytes(root), sha256);
    t.is(verdict, !wantErr, desc);
    if (verdict) good++;
  }
  t.deepEqual([files.length, good], [98, 6]);
});

testWithShared("vectors/merkle/testdata/consistency", "every consistency proof of transparency-dev is judged as it is meant (RFC 9162 §2.1.4.2)", (t, path) => {
  let good = 0;
  const files = jsonFiles(path);
  for (const file of files) {
    const { size1, size2, root1, root2, proof, desc, wantErr } = JSON.parse(file);
    const verdict = verifyConsistency(size1, size2, hashes(proof), bytes(root1), bytes(root2), sha256);
    t.is(verdict, !wantErr, desc);
    if (verdict) good++;
  }
  t.deepEqual([files.length, good], [98, 6]);
});

/** MTH of RFC 9162 §2.1.1, as it is written there. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const k = split(leaves.length);
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)), sha256);
}

/** PATH of RFC 9162 §2.1.3.1. */
function inclusionPath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [near, far] = index < k ? [leaves.slice(0, k), leaves.slice(k)] : [leaves.slice(k), leaves.slice(0, k)];
  return [...inclusionPath(index < k ? index : index - k, near), treeHash(far)];
}

/** SUBPROOF of RFC 9162 §2.1.4.1. */
function consistencyPath(size: number, leaves: readonly Uint8Array[], whole = true): Uint8Array[] {
  if (size === leaves.length) return whole ? [] : [treeHash(leaves)];
  const k = split(leaves.length);
  return size <= k ? [...consistencyPath(size, leaves.slice(0, k), whole), treeHash(leaves.slice(k))] : [...consistencyPath(size - k, leaves.slice(k), false), treeHash(leaves.slice(0, k))];
}

function split(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1);
}

test("all proofs of all trees of up to 40 leaves hold, and none holds with a changed, missing or added hash", (t) => {
  const all = Array.from({ length: 40 }, (_, i) => leafHash(Uint8Array.of(i), sha256));
  for (let size = 1; size <= all.length; size++) {
    const leaves = all.slice(0, size);
    const root = treeHash(leaves);
    for (let i = 0; i < size; i++) {
      const leaf = leaves[i] as Uint8Array;
      const path = inclusionPath(i, leaves);
      if (!verifyInclusion(leaf, i, size, path, root, sha256)) t.fail(`inclusion ${i} of ${size}`);
      if (verifyInclusion(leaf, i, size, [...path, root], root, sha256)) t.fail(`inclusion ${i} of ${size} with a hash too many`);
      if (path.length > 0 && verifyInclusion(leaf, i, size, path.slice(1), root, sha256)) t.fail(`inclusion ${i} of ${size} without its first hash`);
      if (verifyInclusion(leaf, (i + 1) % size, size, path, root, sha256) && size > 1) t.fail(`inclusion ${i} of ${size} at another index`);
    }
    for (let old = 1; old <= size; old++) {
      const path = consistencyPath(old, leaves);
      const oldRoot = treeHash(leaves.slice(0, old));
      if (!verifyConsistency(old, size, path, oldRoot, root, sha256)) t.fail(`consistency ${old} to ${size}`);
      if (verifyConsistency(old, size, [...path, root], oldRoot, root, sha256)) t.fail(`consistency ${old} to ${size} with a hash too many`);
      if (path.length > 0 && verifyConsistency(old, size, path.slice(0, -1), oldRoot, root, sha256)) t.fail(`consistency ${old} to ${size} without its last hash`);
      if (old < size && verifyConsistency(old, size, path, root, oldRoot, sha256)) t.fail(`consistency ${old} to ${size} with the roots swapped`);
    }
  }
  t.pass();
});

test("sizes beyond 32 bits are walked without losing bits", (t) => {
  const size = 2 ** 45 + 1;
  const leaf = leafHash(Uint8Array.of(1), sha256);
  const left = leafHash(Uint8Array.of(2), sha256);
  t.deepEqual(rootFromInclusion(leaf, size - 1, size, [left], sha256), nodeHash(left, leaf, sha256));
  t.is(rootFromInclusion(leaf, size - 2, size, [left], sha256), undefined);
});

test("sizes, indexes and hashes that cannot be are false, never an exception", (t) => {
  const hash = new Uint8Array(32);
  for (const [index, size] of [[-1, 1], [0, 0], [0.5, 1], [1, 1], [NaN, NaN], [2 ** 53, 2 ** 54]] as const) t.false(verifyInclusion(hash, index, size, [], hash, sha256));
  t.false(verifyInclusion(hash, 0, 2, [new Uint8Array(31)], hash, sha256));
  t.false(verifyInclusion(new Uint8Array(31), 0, 1, [], new Uint8Array(31), sha256));
  t.false(verifyConsistency(0, 0, [], hash, hash, sha256));
  t.false(verifyConsistency(0, 5, [], hash, hash, sha256));
  t.false(verifyConsistency(3, 2, [], hash, hash, sha256));
  t.true(verifyConsistency(5, 5, [], hash, hash, sha256));
});
