import { verifyConsistency, verifyInclusion, nodeHash } from "assay/statement/merkle";
import test from "ava";
import * as fc from "fast-check";
import { MerkleLog, sha256 } from "../../gateway/log.ts";
import type { LogTiles } from "../../gateway/log.ts";
import { consistencyPlan, inclusionPlan, rootPlan } from "../../gateway/tree-plan.ts";
import { grownLog, leafHashOf, TilesInMemory } from "../contracts/grown-log.ts";

/** MTH as RFC 9162 §2.1.1 defines it, over leaf hashes: slow and plain. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)), sha256);
}

/** Over the second border of tiles of level 0, so that sizes with zero, one and two full tiles are among them. */
const LEAVES = 600;
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => leafHashOf(new TextEncoder().encode(String(from + i))));
const leaves = numbered(LEAVES);
const roots = Array.from({ length: LEAVES + 1 }, (_, size) => (size === 0 ? sha256(new Uint8Array(0)) : treeHash(leaves.slice(0, size))));

test("roots of all sizes are those of the definition (RFC 9162 §2.1.1), while the log grows and of every older size after", async (t) => {
  const tiles = new TilesInMemory();
  const log = await MerkleLog.open(tiles, 0);
  for (let size = 0; size <= LEAVES; size++) {
    t.deepEqual(log.head, { size, root: roots[size] });
    if (size === LEAVES) break;
    const growth = log.prepare([leaves[size] as Uint8Array]);
    tiles.store(growth);
    log.commit(growth);
  }
  for (let size = 1; size <= LEAVES; size++) t.deepEqual(await log.rootAt(size), roots[size]);
});

test("the root of the empty log is SHA-256 of nothing (RFC 9162 §2.1.1)", async (t) => {
  const log = await MerkleLog.open(new TilesInMemory(), 0);
  t.is(Buffer.from(log.head.root).toString("hex"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test("every inclusion and consistency proof between sizes up to 40 verifies, and between sizes around the borders of tiles", async (t) => {
  const { log } = await grownLog(LEAVES);
  const borders = [255, 256, 257, 258, 511, 512, 513, 599, 600];
  const check = async (sizes: readonly number[]) => {
    for (const size of sizes) {
      const root = roots[size] as Uint8Array;
      for (let index = 0; index < size; index++) {
        if (!verifyInclusion(leaves[index] as Uint8Array, index, size, await log.inclusionProof(index, size), root, sha256)) return `inclusion of ${index} in ${size}`;
      }
      for (let older = 1; older <= size; older++) {
        if (!verifyConsistency(older, size, await log.consistencyProof(older, size), roots[older] as Uint8Array, root, sha256)) return `consistency of ${older} with ${size}`;
      }
    }
    return "all verify";
  };
  t.is(await check(Array.from({ length: 40 }, (_, i) => i + 1)), "all verify");
  t.is(await check(borders), "all verify");
});

test("proofs are the same whether their tiles come from memory or from the store", async (t) => {
  const { log, tiles } = await grownLog(LEAVES);
  const cold = await MerkleLog.open(tiles, LEAVES, { cachedTiles: 0 });
  for (const [older, size] of [[1, 600], [255, 256], [256, 513], [300, 599], [511, 512]] as const) {
    t.deepEqual(await cold.consistencyProof(older, size), await log.consistencyProof(older, size));
    t.deepEqual(await cold.inclusionProof(older, size), await log.inclusionProof(older, size));
  }
});

test("a log opened again from its tiles goes on as if it had never been closed, at every size up to the third tile", async (t) => {
  const tiles = new TilesInMemory();
  for (let size = 0; size < LEAVES; size++) {
    const log = await MerkleLog.open(tiles, size);
    if (size > 0) t.deepEqual(log.head.root, roots[size]);
    const growth = log.prepare([leaves[size] as Uint8Array]);
    tiles.store(growth);
    log.commit(growth);
    t.deepEqual(log.head.root, roots[size + 1]);
  }
});

test("a log opened again goes on, whatever the batches were", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 200, max: 300 })), { maxLength: 6 }), async (batches) => {
      const tiles = new TilesInMemory();
      let size = 0;
      for (const count of batches) {
        if (size + count > LEAVES) break;
        const log = await MerkleLog.open(tiles, size);
        const growth = log.prepare(leaves.slice(size, size + count));
        tiles.store(growth);
        log.commit(growth);
        size += count;
        if (Buffer.compare(log.head.root, roots[size] as Uint8Array) !== 0) return false;
      }
      return true;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test("a tree of 70,000 leaves has the tiles that C2SP tlog-tiles names as the example", async (t) => {
  const tiles = new TilesInMemory();
  const log = await MerkleLog.open(tiles, 0);
  const growth = log.prepare(numbered(70_000));
  tiles.store(growth);
  log.commit(growth);
  const widths = (level: number) => [...tiles.tiles].filter(([name]) => name.startsWith(`${level}/`)).map(([, hashes]) => hashes.length / 32);
  t.is(widths(0).filter((width) => width === 256).length, 273);
  t.deepEqual([widths(0).at(-1), widths(1), widths(2), tiles.tiles.size], [112, [256, 17], [1], 273 + 1 + 2 + 1]);
  // A hash of level 1 is the root over a full tile of level 0; that of level 2 over 65,536 leaves.
  const [first, second] = await tiles.readLogTiles([{ level: 0, index: 5 }, { level: 1, index: 0 }]);
  t.deepEqual(second?.subarray(5 * 32, 6 * 32), treeHash(Array.from({ length: 256 }, (_, i) => first?.subarray(32 * i, 32 * i + 32) as Uint8Array)));
  t.deepEqual((await tiles.readLogTiles([{ level: 2, index: 0 }]))[0], await log.rootAt(65_536));
  for (const index of [0, 65_535, 65_536, 69_999]) t.true(verifyInclusion(leafHashOf(new TextEncoder().encode(String(index))), index, 70_000, await log.inclusionProof(index, 70_000), log.head.root, sha256));
  t.true(verifyConsistency(65_537, 70_000, await log.consistencyProof(65_537, 70_000), await log.rootAt(65_537), log.head.root, sha256));
  const again = await MerkleLog.open(tiles, 70_000);
  t.deepEqual(again.head, log.head);
});

test("preparing changes nothing until it is committed, and only once", async (t) => {
  for (const size of [7, 250, 256]) {
    const { log } = await grownLog(size);
    const growth = log.prepare(leaves.slice(size, size + 20));
    // As when the store fails: the same leaves again, and others, from the same state.
    const other = log.prepare(numbered(9, 1_000));
    t.deepEqual(log.head, { size, root: roots[size] });
    t.deepEqual(await log.readTile({ level: 0, index: 0 }), (await grownLog(size)).tiles.tiles.get("0/0"));
    t.deepEqual(log.prepare(leaves.slice(size, size + 20)).tiles, growth.tiles);
    log.commit(growth);
    t.deepEqual(log.head, { size: size + 20, root: roots[size + 20] });
    t.throws(() => log.commit(growth), { code: "STORE_FAILED" });
    t.throws(() => log.commit(other), { code: "STORE_FAILED" });
    t.deepEqual(await log.rootAt(size + 20), roots[size + 20]);
  }
});

test("what is committed is not changed by what is prepared after it, so a failed store leaves the log and its tiles as they were", async (t) => {
  const { log, tiles } = await grownLog(300);
  const stored = structuredClone(tiles.tiles);
  for (let attempt = 0; attempt < 3; attempt++) log.prepare(numbered(500, 10_000 * attempt));
  t.deepEqual(tiles.tiles, stored);
  const growth = log.prepare(leaves.slice(300));
  tiles.store(growth);
  log.commit(growth);
  t.deepEqual(log.head, { size: LEAVES, root: roots[LEAVES] });
  t.deepEqual(await (await MerkleLog.open(tiles, LEAVES)).rootAt(LEAVES), roots[LEAVES]);
});

test("an append hands over the last tile of a level and no more, and reads nothing", async (t) => {
  const { tiles } = await grownLog(LEAVES);
  const log = await MerkleLog.open(tiles, LEAVES);
  tiles.readLogTiles = () => Promise.reject(new Error("nothing is to be read"));
  const growth = log.prepare(numbered(1, LEAVES));
  t.deepEqual(growth.tiles.map(({ level, index, hashes }) => [level, index, hashes.length / 32]), [[0, 2, LEAVES - 512 + 1]]);
  log.commit(growth);
  t.is(log.size, LEAVES + 1);
});

test("a store whose tiles do not fit the number of entries is refused at the start", async (t) => {
  const { tiles } = await grownLog(LEAVES);
  await t.throwsAsync(MerkleLog.open(tiles, LEAVES - 1), { code: "STORE_FAILED", message: /expected 87 hashes in tile 2 of level 0, got 88/ });
  const damaged: LogTiles = { readLogTiles: async (positions) => (await tiles.readLogTiles(positions)).map((hashes, i) => (positions[i]?.index === 1 ? hashes.subarray(32) : hashes)) };
  const log = await MerkleLog.open(damaged, LEAVES);
  await t.throwsAsync(log.inclusionProof(300, LEAVES), { code: "STORE_FAILED", message: /expected 256 hashes in tile 1 of level 0, got 255/ });
});

test("proofs that are asked for while the log grows are those of the size that was asked for", async (t) => {
  const { log, tiles } = await grownLog(255);
  const read = tiles.readLogTiles.bind(tiles);
  tiles.readLogTiles = (positions) => new Promise((resolve) => setTimeout(() => resolve(read(positions)), 5));
  const early = Promise.all([log.inclusionProof(3, 255), log.rootAt(255), log.consistencyProof(100, 255)]);
  const growth = log.prepare(leaves.slice(255));
  tiles.store(growth);
  log.commit(growth);
  const [path, root, proof] = await early;
  t.deepEqual(root, roots[255]);
  t.true(verifyInclusion(leaves[3] as Uint8Array, 3, 255, path, roots[255] as Uint8Array, sha256));
  t.true(verifyConsistency(100, 255, proof, roots[100] as Uint8Array, roots[255] as Uint8Array, sha256));
});

test("proofs in a log of 2^50 leaves need no more nodes than its height squared", (t) => {
  const size = 2 ** 50 - 12_345;
  t.true(rootPlan(size).length <= 51);
  for (const index of [0, 1, 2 ** 40 + 7, size - 1]) {
    const plan = inclusionPlan(index, size);
    t.true(plan.length <= 51);
    t.true(plan.every((fold) => fold.every((node) => Number.isSafeInteger(node.index) && (node.index + 1) * 2 ** node.level <= size)), "complete subtrees only");
  }
  const consistency = consistencyPlan(2 ** 49 + 999, size);
  t.true(consistency.length <= 51);
});

test("sizes and indices outside the log are range errors, and a leaf hash of another length a type error", async (t) => {
  const { log } = await grownLog(5);
  await t.throwsAsync(log.inclusionProof(5, 5), { instanceOf: RangeError });
  await t.throwsAsync(log.inclusionProof(0, 6), { instanceOf: RangeError });
  await t.throwsAsync(log.consistencyProof(0, 5), { instanceOf: RangeError });
  await t.throwsAsync(log.rootAt(0), { instanceOf: RangeError });
  t.throws(() => log.prepare([new Uint8Array(31)]), { instanceOf: TypeError });
  t.is(await log.readTile({ level: 0, index: 1 }), undefined);
  t.is(await log.readTile({ level: 1, index: 0 }), undefined);
});
