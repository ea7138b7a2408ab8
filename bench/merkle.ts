/**
 * The gateway's log: time to append 2^20 leaves beside `merkletreejs` in the same run, time of proofs with the SQLite store on disk, what a leaf costs on
 * disk, and memory at 2^16, 2^20 and 10^8 leaves. The log of 10^8 leaves is not appended: those of its tiles that the proofs need are written straight
 * to the store, with the hash of a counter where nothing below is asked for, so that all proofs verify.
 */
import { hash } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { verifyConsistency, verifyInclusion } from "assay/statement/merkle";
import { MerkleTree } from "merkletreejs";
import { MerkleLog, sha256 } from "../gateway/log.ts";
import type { LogTiles } from "../gateway/log.ts";
import { SqliteStore } from "../gateway/sqlite-store.ts";
import { HASH_BYTES, TILE_WIDTH } from "../gateway/tile.ts";
import type { LogTile, TilePosition } from "../gateway/tile.ts";
import { percentile, type Bench, type Figure } from "./figure.ts";

const LEAVES = 2 ** 20;
const MANY = 100_000_000;
const ROUNDS = 3;
const PROOFS = 2_000;
/** Leaves of one transaction of the gateway. */
const TRANSACTION = 512;
/** Full tiles that a log keeps in memory by default. */
const CACHED = 256;
/** 256 tiles of 16 KiB and the edge, with room for the objects around them. */
const MEMORY_GOAL = 6;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const counted = (n: number): Uint8Array => sha256(new Uint8Array(Uint32Array.of(n).buffer));
const nowhere: LogTiles = { readLogTiles: () => Promise.reject(new Error("an append reads nothing")) };

/** A reproducible sequence of numbers in [0, below). */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  const folder = await mkdtemp(join(tmpdir(), "assay-merkle-"));
  try {
    const leaves = Array.from({ length: LEAVES }, (_, i) => counted(i));
    yield* appending(leaves, progress);
    yield* onDisk(leaves, join(folder, "log.sqlite"), progress);
    yield* large(join(folder, "large.sqlite"), progress);
  } finally {
    await rm(folder, { recursive: true });
  }
};

async function* appending(leaves: readonly Uint8Array[], progress: (line: string) => void): AsyncIterable<Figure> {
  const sizes = [65_536, 1_024] as const;
  const own = new Map<number, number[]>(sizes.map((size) => [size, []]));
  const peer: number[] = [];
  const peerProofs: number[] = [];
  let peerRoot: Uint8Array | undefined;
  let ownRoot: Uint8Array | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    progress(`appending 2^20 leaves, round ${round + 1} of ${ROUNDS}`);
    for (const size of sizes) {
      const log = await MerkleLog.open(nowhere, 0);
      const batches = Array.from({ length: LEAVES / size }, (_, i) => leaves.slice(i * size, (i + 1) * size));
      const started = performance.now();
      for (const batch of batches) log.commit(log.prepare(batch));
      own.get(size)?.push(performance.now() - started);
      ownRoot = log.head.root;
    }
    const buffers = leaves.map((leaf) => Buffer.from(leaf));
    const started = performance.now();
    const tree = new MerkleTree(buffers, (data: Buffer) => hash("sha256", data, "buffer"));
    peerRoot = tree.getRoot();
    peer.push(performance.now() - started);
    const random = sequence(round);
    for (let i = 0; i < 200; i++) {
      const index = random(LEAVES);
      const before = performance.now();
      tree.getProof(buffers[index] as Buffer, index);
      peerProofs.push(performance.now() - before);
    }
  }
  if (ownRoot === undefined || peerRoot === undefined) throw new Error("expected two trees");
  const name = "merkletreejs (with the same hash function, and without RFC 9162's 00 and 01 before the input)";
  for (const size of sizes) {
    yield { figure: `2^20 leaves appended in batches of ${size}, median of ${ROUNDS} rounds`, value: percentile(own.get(size) as number[], 0.5), unit: "ms", peer: { name, value: percentile(peer, 0.5) }, goal: { most: 2_000 } };
  }
  yield { figure: "one inclusion proof of merkletreejs at 2^20 leaves, all in memory, median", value: percentile(peerProofs, 0.5), unit: "ms" };
}

/** Empties `leaves` once they are stored: a heap of a million objects would weigh on the proofs' times. */
async function* onDisk(leaves: Uint8Array[], file: string, progress: (line: string) => void): AsyncIterable<Figure> {
  let store = new SqliteStore({ file });
  let log = await MerkleLog.open(store, 0);
  const base = heldMemory();
  const memory = new Map<number, number>();
  progress("appending 2^20 leaves to SQLite on disk");
  const started = performance.now();
  let aside = 0;
  for (let at = 0; at < LEAVES; at += TRANSACTION) {
    const growth = log.prepare(leaves.slice(at, at + TRANSACTION));
    await store.commit({ entries: [], tiles: growth.tiles, heads: [], rejections: [] });
    log.commit(growth);
    if (log.size === 2 ** 16) {
      const before = performance.now();
      await someProofs(log, log.size, 500);
      memory.set(log.size, heldMemory() - base);
      aside = performance.now() - before;
    }
  }
  yield { figure: `2^20 leaves appended and stored in transactions of ${TRANSACTION}, each with an fsync`, value: (performance.now() - started - aside) / 1000, unit: "s" };
  await someProofs(log, log.size, PROOFS);
  memory.set(LEAVES, heldMemory() - base);
  for (const [size, bytes] of memory) yield { figure: `memory (heap and external) of log and SQLite connection at 2^${Math.log2(size)} leaves, ${CACHED} tiles in the cache`, value: bytes / 2 ** 20, unit: "MiB", goal: { most: MEMORY_GOAL } };

  await store.close();
  leaves.length = 0;
  collect();
  yield { figure: "the store's tiles on disk, bytes per leaf (32.125 are hashes)", value: (await stat(file)).size / LEAVES, unit: "B", goal: { most: 35 } };
  store = new SqliteStore({ file });
  log = await MerkleLog.open(store, LEAVES, { cachedTiles: CACHED });
  const cold = await MerkleLog.open(store, LEAVES, { cachedTiles: 0 });
  const warm = await MerkleLog.open(store, LEAVES, { cachedTiles: LEAVES / 128 });
  await someProofs(warm, LEAVES, 10 * PROOFS);
  progress("proofs at 2^20 leaves");
  yield* proofTimes("2^20 leaves, all tiles in memory", warm);
  yield* proofTimes(`2^20 leaves, ${CACHED} tiles in memory`, log);
  yield* proofTimes("2^20 leaves, no tile in memory", cold);
  await store.close();
}

async function* large(file: string, progress: (line: string) => void): AsyncIterable<Figure> {
  progress("writing tiles of a log of 10^8 leaves");
  const random = sequence(11);
  const indices = Array.from({ length: PROOFS }, () => random(MANY));
  const tiles = tilesFor(indices, MANY);
  let store = new SqliteStore({ file });
  await store.commit({ entries: [], tiles, heads: [], rejections: [] });
  await store.close();
  tiles.length = 0;
  store = new SqliteStore({ file });
  const base = heldMemory();
  const log = await MerkleLog.open(store, MANY, { cachedTiles: CACHED });
  const { root } = log.head;
  const times = { inclusion: [] as number[], consistency: [] as number[] };
  for (const index of indices) {
    let before = performance.now();
    const path = await log.inclusionProof(index, MANY);
    times.inclusion.push(performance.now() - before);
    before = performance.now();
    // The old tree ends with this leaf.
    const proof = await log.consistencyProof(index + 1, MANY);
    times.consistency.push(performance.now() - before);
    const tile = await log.readTile({ level: 0, index: Math.floor(index / TILE_WIDTH) });
    const leaf = (tile as Uint8Array).subarray((index % TILE_WIDTH) * HASH_BYTES, ((index % TILE_WIDTH) + 1) * HASH_BYTES);
    if (!verifyInclusion(leaf, index, MANY, path, root, sha256) || !verifyConsistency(index + 1, MANY, proof, await log.rootAt(index + 1), root, sha256)) throw new Error(`expected the proofs of leaf ${index} to verify`);
  }
  yield { figure: `memory (heap and external) of the log at 10^8 leaves after ${PROOFS} proofs, ${CACHED} tiles in the cache`, value: (heldMemory() - base) / 2 ** 20, unit: "MiB", goal: { most: MEMORY_GOAL } };
  yield* quantiles(`inclusion proof at 10^8 leaves, random leaf, ${CACHED} tiles in memory`, times.inclusion, {});
  yield* quantiles("consistency proof to 10^8 leaves, from a size whose tiles were just used", times.consistency, {});
  const single: number[] = [];
  for (let i = 0; i < 1_000; i++) {
    const leaf = [counted(i)];
    const before = performance.now();
    log.commit(log.prepare(leaf));
    single.push((performance.now() - before) * 1000);
  }
  yield { figure: "one leaf appended at 10^8 leaves, in memory, median", value: percentile(single, 0.5), unit: "us" };
  const small = await MerkleLog.open(nowhere, 0);
  single.length = 0;
  for (let i = 0; i < 1_000; i++) {
    const leaf = [counted(i)];
    const before = performance.now();
    small.commit(small.prepare(leaf));
    single.push((performance.now() - before) * 1000);
  }
  yield { figure: "one leaf appended to a log that begins, in memory, median", value: percentile(single, 0.5), unit: "us" };
  await store.close();
}

/** Both kinds of proof for random leaves and older sizes, every second one in a tree of a random size up to a tenth below the log's. */
async function* proofTimes(where: string, log: MerkleLog): AsyncIterable<Figure> {
  const random = sequence(3);
  const inclusion: number[] = [];
  const consistency: number[] = [];
  for (let i = 0; i < PROOFS; i++) {
    const size = i % 2 === 0 ? log.size : log.size - random(log.size / 10);
    let before = performance.now();
    await log.inclusionProof(random(size), size);
    inclusion.push(performance.now() - before);
    before = performance.now();
    await log.consistencyProof(1 + random(size), size);
    consistency.push(performance.now() - before);
  }
  yield* quantiles(`inclusion proof at ${where}`, inclusion);
  yield* quantiles(`consistency proof at ${where}`, consistency);
}

async function someProofs(log: MerkleLog, size: number, count: number): Promise<void> {
  const random = sequence(5);
  for (let i = 0; i < count; i++) await log.inclusionProof(random(size), size);
}

function* quantiles(what: string, times: readonly number[], goal: Pick<Figure, "goal"> = { goal: { most: 1 } }): Iterable<Figure> {
  yield { figure: `${what}, median`, value: percentile(times, 0.5), unit: "ms", ...goal };
  yield { figure: `${what}, 99th percentile`, value: percentile(times, 0.99), unit: "ms", ...goal };
}

/** Bytes in use after a collection. */
function heldMemory(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Those tiles of a log of `size` leaves that proofs for the leaves `indices` read, and the right edge. A hash is the root of the tile below where that
 * tile is among them, and the hash of a counter elsewhere.
 */
function tilesFor(indices: readonly number[], size: number): LogTile[] {
  const tiles: LogTile[] = [];
  let below = new Map<number, Uint8Array>();
  let counter = 0;
  for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / TILE_WIDTH)) {
    const wanted = new Set<number>(indices.map((index) => Math.floor(index / TILE_WIDTH ** (level + 1))));
    wanted.add(Math.floor(nodes / TILE_WIDTH));
    const roots = new Map<number, Uint8Array>();
    for (const index of wanted) {
      const width = Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH);
      if (width <= 0) continue;
      const hashes = Buffer.alloc(width * HASH_BYTES);
      for (let i = 0; i < width; i++) hashes.set(below.get(index * TILE_WIDTH + i) ?? counted(counter++), i * HASH_BYTES);
      tiles.push({ level, index, hashes });
      if (width === TILE_WIDTH) roots.set(index, rootOf({ level, index, hashes }));
    }
    below = roots;
  }
  return tiles;
}

/** The root over a full tile. */
function rootOf({ hashes }: LogTile & TilePosition): Uint8Array {
  let row = Array.from({ length: TILE_WIDTH }, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
  while (row.length > 1) row = Array.from({ length: row.length / 2 }, (_, i) => sha256(Uint8Array.of(1, ...(row[2 * i] as Uint8Array), ...(row[2 * i + 1] as Uint8Array))));
  return row[0] as Uint8Array;
}

export default bench;
