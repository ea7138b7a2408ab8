/**
 * The right edge of the tree while leaves are added: a leaf costs one hash on average and at most one per level, nothing is read back, and nothing but the
 * edge is in memory. A builder is a copy: what it does is not part of the log until the log takes its edge.
 */
import { hashText, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH } from "./tile.ts";
import type { LogTile } from "./tile.ts";

/** Levels of a tree of 2^53 - 1 leaves, and the one above, which is never complete. */
const LEVELS = 54;
/** 0x01 || left || right: the input of a node's hash (RFC 9162 §2.1.1). */
const PAIR_BYTES = 1 + 2 * HASH_BYTES;

/**
 * For each level of the tree the input of the next node above it. Its left half holds the last complete subtree of that level where the size has
 * that binary digit; its right half is scratch.
 */
export class RightEdge {
  readonly bytes: Buffer;
  readonly pairs: readonly Buffer[];

  /** The edge of an empty tree, or a copy of another edge. */
  constructor(from?: RightEdge) {
    this.bytes = from === undefined ? Buffer.alloc(LEVELS * PAIR_BYTES) : Buffer.from(from.bytes);
    this.pairs = Array.from({ length: LEVELS }, (_, level) => this.bytes.subarray(level * PAIR_BYTES, (level + 1) * PAIR_BYTES));
    for (const input of this.pairs) input[0] = 1;
  }

  /** The root of the tree of `size` ≥ 1 leaves that this is the edge of; 32 bytes. At most one hash per level. */
  root(size: number): Uint8Array {
    let root: string | undefined;
    for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue;
      const input = this.pairs[level] as Buffer;
      if (root === undefined) {
        root = input.toString("latin1", 1, 1 + HASH_BYTES);
      } else {
        input.write(root, 1 + HASH_BYTES, "latin1");
        root = hashText(input);
      }
    }
    return new Uint8Array(Buffer.from(root as string, "latin1"));
  }
}

/** A tile that is being filled: room for 256 hashes, of which `width` are there. */
export interface OpenTile {
  readonly index: number;
  readonly hashes: Buffer;
  width: number;
}

export class TreeBuilder {
  readonly edge: RightEdge;
  /** For each level of tiles the one that is not full, if it has any hash. */
  readonly open: (OpenTile | undefined)[] = [];
  private readonly lastTiles: readonly (LogTile | undefined)[];
  private readonly full: LogTile[] = [];
  private readonly touched: boolean[] = [];
  private leaves: number;

  /**
   * @param size of the tree that is added to
   * @param lastTiles for each level of tiles the partial one, if there is any; not changed
   */
  constructor(size: number, edge: RightEdge, lastTiles: readonly (LogTile | undefined)[]) {
    this.leaves = size;
    this.edge = new RightEdge(edge);
    this.lastTiles = lastTiles;
  }

  get size(): number {
    return this.leaves;
  }

  /** @throws {TypeError} for a hash that is not of 32 bytes */
  add(leafHash: Uint8Array): void {
    if (leafHash.length !== HASH_BYTES) throw new TypeError(`expected a leaf hash of ${HASH_BYTES} bytes, got ${leafHash.length}`);
    const { pairs } = this.edge;
    let position = this.leaves;
    let right = position % 2 === 1;
    (pairs[0] as Buffer).set(leafHash, right ? 1 + HASH_BYTES : 1);
    const tile = this.openTile(0, position);
    tile.hashes.set(leafHash, tile.width * HASH_BYTES);
    this.widen(0, tile);
    // Each right child completes a node of the level above.
    for (let level = 1; right; level++) {
      const node = hashText(pairs[level - 1] as Buffer);
      position = (position - 1) / 2;
      right = position % 2 === 1;
      (pairs[level] as Buffer).write(node, right ? 1 + HASH_BYTES : 1, "latin1");
      if (level % TILE_HEIGHT === 0) {
        const above = this.openTile(level / TILE_HEIGHT, position);
        above.hashes.write(node, above.width * HASH_BYTES, "latin1");
        this.widen(level / TILE_HEIGHT, above);
      }
    }
    this.leaves++;
  }

  /** The tiles that are new or wider than before, each once, with all their hashes. */
  changed(): LogTile[] {
    const partial = this.open.flatMap((tile, level): LogTile[] => (tile === undefined ? [] : [{ level, index: tile.index, hashes: tile.hashes.subarray(0, tile.width * HASH_BYTES) }]));
    return [...this.full, ...partial];
  }

  /** For each level of tiles the partial one, if there is any. */
  last(): (LogTile | undefined)[] {
    const levels = Math.max(this.lastTiles.length, this.touched.length);
    return Array.from({ length: levels }, (_, level) => {
      if (this.touched[level] !== true) return this.lastTiles[level];
      const tile = this.open[level];
      return tile === undefined ? undefined : { level, index: tile.index, hashes: tile.hashes.subarray(0, tile.width * HASH_BYTES) };
    });
  }

  /** The tile that hash number `position` of the level goes into. */
  private openTile(level: number, position: number): OpenTile {
    const known = this.open[level];
    if (known !== undefined) return known;
    const tile: OpenTile = { index: Math.floor(position / TILE_WIDTH), hashes: Buffer.allocUnsafeSlow(TILE_WIDTH * HASH_BYTES), width: position % TILE_WIDTH };
    if (tile.width > 0) tile.hashes.set((this.lastTiles[level] as LogTile).hashes);
    this.touched[level] = true;
    this.open[level] = tile;
    return tile;
  }

  private widen(level: number, tile: OpenTile): void {
    tile.width++;
    if (tile.width < TILE_WIDTH) return;
    this.full.push({ level, index: tile.index, hashes: tile.hashes });
    this.open[level] = undefined;
  }
}
