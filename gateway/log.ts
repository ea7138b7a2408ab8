/**
 * The append-only log: an RFC 9162 tree over SHA-256, stored as tiles. An append hashes O(log n) nodes at most, one on average, and reads nothing; a root
 * or a proof needs at most two tiles per level of tiles, those that are not in memory in one request. In memory are only the right edge (at most seven
 * partial tiles and a hash per level) and the tiles that were used last.
 */
import { hash } from "node:crypto";
import { GatewayError } from "./gateway-error.ts";
import { hashText, HASH_BYTES, Tile, TILE_HEIGHT, TILE_WIDTH } from "./tile.ts";
import type { LogTile, TilePosition } from "./tile.ts";
import { TileCache } from "./tile-cache.ts";
import { RightEdge, TreeBuilder } from "./tree-builder.ts";
import { consistencyPlan, inclusionPlan, rootPlan } from "./tree-plan.ts";
import type { Fold, NodePosition } from "./tree-plan.ts";

/** Where the tiles are kept. */
export interface LogTiles {
  /** The hashes of tiles, in the order asked for; fails if one is absent. */
  readLogTiles(positions: readonly TilePosition[]): Promise<Uint8Array[]>;
}

/** Leaves prepared for the log, not yet part of it: the tiles are stored first, then {@link MerkleLog.commit} takes them in. */
export interface Growth {
  /** Size of the log before. */
  readonly from: number;
  /** Size of the log after. */
  readonly size: number;
  /** Tiles to store, each with all its hashes; a stored one at the same position is a beginning of it, and is replaced. */
  readonly tiles: readonly LogTile[];
  readonly edge: RightEdge;
  readonly lastTiles: readonly (LogTile | undefined)[];
}

/** A tree head. */
export interface TreeHead {
  /** Number of leaves, ≥ 0. */
  readonly size: number;
  /** 32 bytes; SHA-256 of nothing for size 0 (RFC 9162 §2.1.1). */
  readonly root: Uint8Array;
}

export interface MerkleLogOptions {
  /** How many full tiles are kept in memory, 16 KiB each at most; default 256. */
  readonly cachedTiles?: number;
}

/** SHA-256 by OpenSSL in one call: three times as fast as a hash object for inputs of this size. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha256", bytes, "buffer"));
}

export class MerkleLog {
  private readonly tiles: LogTiles;
  private readonly cache: TileCache;
  private leaves: number;
  private edge = new RightEdge();
  /** For each level of tiles the partial one, if there is any. */
  private lastTiles: readonly (LogTile | undefined)[] = [];
  private lastInMemory: readonly (Tile | undefined)[] = [];
  /** 0x01 || left || right (RFC 9162 §2.1.1); a fold runs in it from right to left. */
  private readonly input = Buffer.alloc(1 + 2 * HASH_BYTES).fill(1, 0, 1);

  private constructor(tiles: LogTiles, size: number, cachedTiles: number) {
    this.tiles = tiles;
    this.leaves = size;
    this.cache = new TileCache(cachedTiles);
  }

  /**
   * Opens the log of `size` leaves whose tiles are in the store.
   *
   * @throws {GatewayError} `STORE_FAILED` if the partial tiles are not those of a log of that size
   */
  static async open(tiles: LogTiles, size: number, { cachedTiles = 256 }: MerkleLogOptions = {}): Promise<MerkleLog> {
    const log = new MerkleLog(tiles, size, cachedTiles);
    if (size === 0) return log;
    const positions: TilePosition[] = [];
    for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / TILE_WIDTH)) {
      if (nodes % TILE_WIDTH > 0) positions.push({ level, index: Math.floor(nodes / TILE_WIDTH) });
    }
    const stored = await tiles.readLogTiles(positions);
    const last: (LogTile | undefined)[] = [];
    for (const [i, { level, index }] of positions.entries()) {
      const width = Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
      last[level] = { level, index, hashes: expectWidth(stored[i], width, { level, index }) };
    }
    log.takeEdge(log.edge, Array.from(last));
    // Read into the left halves that the next leaves complete.
    for (const node of rootPlan(size)) (await log.tileOf(node)).writeNode(node.level % TILE_HEIGHT, inTile(node), log.edge.pairs[node.level] as Buffer, 1);
    return log;
  }

  /** Number of leaves. */
  get size(): number {
    return this.leaves;
  }

  /** The current root. */
  get head(): TreeHead {
    return { size: this.leaves, root: this.leaves === 0 ? sha256(new Uint8Array(0)) : this.edge.root(this.leaves) };
  }

  /** Computes what appending leaves changes, and changes nothing: a store that fails leaves the log as it was. */
  prepare(leafHashes: readonly Uint8Array[]): Growth {
    const builder = new TreeBuilder(this.leaves, this.edge, this.lastTiles);
    for (const leafHash of leafHashes) builder.add(leafHash);
    return { from: this.leaves, size: builder.size, tiles: builder.changed(), edge: builder.edge, lastTiles: builder.last() };
  }

  /** Takes in what {@link prepare} computed and the store now holds. */
  commit(growth: Growth): void {
    if (growth.from !== this.leaves) throw new GatewayError("STORE_FAILED", `expected a growth prepared at size ${this.leaves}, got one of size ${growth.from}`);
    this.leaves = growth.size;
    this.takeEdge(growth.edge, growth.lastTiles);
    for (const tile of growth.tiles) if (tile.hashes.length === TILE_WIDTH * HASH_BYTES) this.cache.put(tile, new Tile(tile.hashes));
  }

  /** The root over the first `size` leaves, 1 ≤ size ≤ current size. */
  async rootAt(size: number): Promise<Uint8Array> {
    this.expectSize(size);
    return (await this.evaluate([rootPlan(size)]))[0] as Uint8Array;
  }

  /** The inclusion path of leaf `index` in the tree of `size` leaves (RFC 9162 §2.1.3.1). */
  async inclusionProof(index: number, size: number): Promise<Uint8Array[]> {
    this.expectSize(size);
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`expected a leaf index in 0…${size - 1}, got ${index}`);
    return this.evaluate(inclusionPlan(index, size));
  }

  /** The consistency proof between two sizes of the log (RFC 9162 §2.1.4.1), 1 ≤ size1 ≤ size2 ≤ current size. */
  async consistencyProof(size1: number, size2: number): Promise<Uint8Array[]> {
    this.expectSize(size2);
    if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2) throw new RangeError(`expected an older size in 1…${size2}, got ${size1}`);
    return this.evaluate(consistencyPlan(size1, size2));
  }

  /** A copy of the hashes of a tile as the log has them now, 32 bytes each; undefined for a tile that has none. */
  async readTile({ level, index }: TilePosition): Promise<Uint8Array | undefined> {
    if (index * TILE_WIDTH >= Math.floor(this.leaves / TILE_WIDTH ** level)) return undefined;
    return new Uint8Array((await this.tileOf({ level: level * TILE_HEIGHT, index: index * TILE_WIDTH })).hashes);
  }

  private takeEdge(edge: RightEdge, lastTiles: readonly (LogTile | undefined)[]): void {
    this.edge = edge;
    // A tile that has not grown keeps the inner nodes that were hashed.
    this.lastInMemory = lastTiles.map((tile, level) => (tile === undefined ? undefined : tile === this.lastTiles[level] ? this.lastInMemory[level] : new Tile(tile.hashes)));
    this.lastTiles = lastTiles;
  }

  private async evaluate(folds: readonly Fold[]): Promise<Uint8Array[]> {
    const tiles = new Map<number, Tile>();
    const absent: TilePosition[] = [];
    // What is in memory is taken hold of first: the log may grow while the store reads.
    for (const fold of folds) {
      for (const node of fold) {
        const key = tileKey(node);
        if (tiles.has(key)) continue;
        const position = tilePosition(node);
        const tile = this.inMemory(position);
        if (tile !== undefined) tiles.set(key, tile);
        else if (!absent.some((other) => other.level === position.level && other.index === position.index)) absent.push(position);
      }
    }
    if (absent.length > 0) {
      const read = await this.read(absent);
      for (const [i, { level, index }] of absent.entries()) tiles.set(tileKey({ level: level * TILE_HEIGHT, index: index * TILE_WIDTH }), read[i] as Tile);
    }
    return folds.map((fold) => this.fold(fold, tiles));
  }

  /** node(a, node(b, c)) for the complete subtrees a, b, c. */
  private fold(fold: Fold, tiles: ReadonlyMap<number, Tile>): Uint8Array {
    for (let i = fold.length - 1; i >= 0; i--) {
      const node = fold[i] as NodePosition;
      const tile = tiles.get(tileKey(node)) as Tile;
      const rightmost = i === fold.length - 1;
      tile.writeNode(node.level % TILE_HEIGHT, inTile(node), this.input, rightmost ? 1 + HASH_BYTES : 1);
      if (!rightmost) this.input.write(hashText(this.input), 1 + HASH_BYTES, "latin1");
    }
    return new Uint8Array(this.input.subarray(1 + HASH_BYTES));
  }

  private async tileOf(node: NodePosition): Promise<Tile> {
    const position = tilePosition(node);
    return this.inMemory(position) ?? ((await this.read([position]))[0] as Tile);
  }

  private inMemory(position: TilePosition): Tile | undefined {
    const last = this.lastTiles[position.level];
    return last?.index === position.index ? this.lastInMemory[position.level] : this.cache.get(position);
  }

  /** Reads full tiles: the partial ones are in memory. */
  private async read(positions: readonly TilePosition[]): Promise<Tile[]> {
    const stored = await this.tiles.readLogTiles(positions);
    return positions.map((position, i) => {
      const tile = new Tile(expectWidth(stored[i], TILE_WIDTH, position));
      this.cache.put(position, tile);
      return tile;
    });
  }

  private expectSize(size: number): void {
    if (!Number.isSafeInteger(size) || size < 1 || size > this.leaves) throw new RangeError(`expected a tree size in 1…${this.leaves}, got ${size}`);
  }
}

/** The tile that a node is in, or is hashed from. */
function tilePosition({ level, index }: NodePosition): TilePosition {
  return { level: Math.floor(level / TILE_HEIGHT), index: Math.floor(index / 2 ** (TILE_HEIGHT - (level % TILE_HEIGHT))) };
}

/** One number for the tile of a node. */
function tileKey(node: NodePosition): number {
  const { level, index } = tilePosition(node);
  return level * 2 ** 45 + index;
}

/** A node's number among those of its level within its tile. */
function inTile({ level, index }: NodePosition): number {
  return index % 2 ** (TILE_HEIGHT - (level % TILE_HEIGHT));
}

function expectWidth(hashes: Uint8Array | undefined, width: number, { level, index }: TilePosition): Uint8Array {
  if (hashes?.length !== width * HASH_BYTES) throw new GatewayError("STORE_FAILED", `expected ${width} hashes in tile ${index} of level ${level}, got ${(hashes?.length ?? 0) / HASH_BYTES}; is the store damaged?`);
  return hashes;
}
