import { verifyConsistency, verifyInclusion, nodeHash } from "assay/statement/merkle";
import test from "ava";
import * as fc from "fast-check";
import { MerkleLog, sha256 } from "../../gateway/log.ts";
import { completedBy, consistencyPlan, inclusionPlan, rootPlan } from "../../gateway/tree-plan.ts";
import { grownLog, leafHashOf, NodesInMemory } from "../contracts/grown-log.ts";

/** MTH as RFC 9162 §2.1.1 defines it, over leaf hashes: slow and plain. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)), sha256);
}

test("roots of all sizes are those of the definition (RFC 9162 §2.1.1)", async (t) => {
  const { log, leaves } = await grownLog(70);
  for (let size = 1; size <= 70; size++) t.deepEqual(await log.rootAt(size), treeHash(leaves.slice(0, size)));
  t.deepEqual(log.head, { size: 70, root: treeHash(leaves) });
});

test("the root of the empty log is SHA-256 of nothing (RFC 9162 §2.1.1)", async (t) => {
  const log = await MerkleLog.open(new NodesInMemory(), 0);
  t.is(Buffer.from(log.head.root).toString("hex"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test("every inclusion and consistency proof between sizes up to 40 verifies", async (t) => {
  const { log, leaves } = await grownLog(40);
  const roots = new Map<number, Uint8Array>();
  for (let size = 1; size <= 40; size++) roots.set(size, await log.rootAt(size));
  for (let size = 1; size <= 40; size++) {
    const root = roots.get(size) as Uint8Array;
    for (let index = 0; index < size; index++) t.true(verifyInclusion(leaves[index] as Uint8Array, index, size, await log.inclusionProof(index, size), root, sha256));
    for (let older = 1; older <= size; older++) t.true(verifyConsistency(older, size, await log.consistencyProof(older, size), roots.get(older) as Uint8Array, root, sha256));
  }
});

test("a log opened again from its nodes goes on as if it had never been closed, whatever the batches were", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 8 }), async (batches) => {
      const nodes = new NodesInMemory();
      const leaves: Uint8Array[] = [];
      let size = 0;
      for (const count of batches) {
        const log = await MerkleLog.open(nodes, size);
        const added = Array.from({ length: count }, (_, i) => leafHashOf(Uint8Array.of(size + i)));
        const growth = log.prepare(added);
        for (const node of growth.nodes) nodes.hashes.set(`${node.level}/${node.index}`, node.hash);
        log.commit(growth);
        leaves.push(...added);
        size += count;
        if (size > 0 && Buffer.compare(log.head.root, treeHash(leaves)) !== 0) return false;
      }
      return true;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test("preparing changes nothing until it is committed, and only once", async (t) => {
  const { log, leaves } = await grownLog(7);
  const before = log.head;
  const growth = log.prepare(leaves);
  t.deepEqual(log.head, before);
  log.commit(growth);
  t.is(log.size, 14);
  t.throws(() => log.commit(growth), { code: "STORE_FAILED" });
});

test("proofs in a log of 2^50 leaves read no more nodes than its height squared", (t) => {
  const size = 2 ** 50 - 12_345;
  t.true(rootPlan(size).length <= 51);
  for (const index of [0, 1, 2 ** 40 + 7, size - 1]) {
    const plan = inclusionPlan(index, size);
    t.true(plan.length <= 51);
    t.true(plan.every((fold) => fold.every((node) => Number.isSafeInteger(node.index) && (node.index + 1) * 2 ** node.level <= size)), "complete subtrees only");
  }
  const consistency = consistencyPlan(2 ** 49 + 999, size);
  t.true(consistency.length <= 51);
  t.is(completedBy(2 ** 50 - 1).length, 51);
});

test("sizes and indices outside the log are range errors", async (t) => {
  const { log } = await grownLog(5);
  await t.throwsAsync(log.inclusionProof(5, 5), { instanceOf: RangeError });
  await t.throwsAsync(log.inclusionProof(0, 6), { instanceOf: RangeError });
  await t.throwsAsync(log.consistencyProof(0, 5), { instanceOf: RangeError });
  await t.throwsAsync(log.rootAt(0), { instanceOf: RangeError });
});

test("2^16 leaves are appended in well under two seconds", async (t) => {
  const log = await MerkleLog.open(new NodesInMemory(), 0);
  const leaf = sha256(new Uint8Array(1));
  const leaves = Array.from({ length: 2 ** 16 }, () => leaf);
  const started = performance.now();
  log.commit(log.prepare(leaves));
  const elapsedMs = performance.now() - started;
  t.log(`2^16 leaves in ${Math.round(elapsedMs)} ms`);
  t.true(elapsedMs < 2_000);
});
