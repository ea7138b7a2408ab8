/**
 * Tiles, as C2SP tlog-tiles cuts an RFC 9162 tree: tile (level L, index N) holds the roots of up to 256 consecutive complete subtrees of 256^L leaves each,
 * from number 256·N on. The nodes between two levels of tiles are not stored: they are hashed from a tile when somebody asks.
 */
import { hash } from "node:crypto";

/** Levels of the tree that a tile spans. */
export const TILE_HEIGHT = 8;
/** Hashes of a full tile. */
export const TILE_WIDTH = 256;
/** Bytes of a hash. */
export const HASH_BYTES = 32;

/** Which tile: `index` counts the tiles of its level from the left. */
export interface TilePosition {
  readonly level: number;
  readonly index: number;
}

/** A tile as it is stored. */
export interface LogTile extends TilePosition {
  /** 32 bytes for each of its 1 to 256 hashes; fewer than 256 only in the last tile of a level. */
  readonly hashes: Uint8Array;
}

/**
 * SHA-256 as text of 32 characters, one per byte ("binary" is Latin-1): OpenSSL through `hash` takes a third of the time that it takes
 * with a new Buffer for each result.
 */
export function hashText(input: Uint8Array): string {
  return hash("sha256", input, "binary");
}

/** Where an inner node's two children are copied to be hashed: 0x01 || left || right (RFC 9162 §2.1.1). */
const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 0).fill(1, 0, 1);

/** A tile in memory, with those of its inner nodes that somebody has asked for. */
export class Tile {
  /** 32 bytes each. */
  readonly hashes: Buffer;
  /**
   * Inner nodes where a binary heap has them: node `i` of height `k` in slot 256/2^k + i, so the children of slot s are in the slots 2s and 2s + 1, side by
   * side. `known` has a 1 for each slot whose node is hashed.
   */
  private inner: Buffer | undefined;
  private known: Uint8Array | undefined;

  /** The bytes are kept, not copied: they must not change. */
  constructor(hashes: Uint8Array) {
    this.hashes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength);
  }

  /** Number of hashes. */
  get width(): number {
    return this.hashes.length / HASH_BYTES;
  }

  /**
   * Writes the root over the 2^height hashes from number index·2^height on to `target`; the tile must have them all. At most 127 hashes, and none when asked again.
   *
   * @param height 0 (the hashes themselves) to 7
   */
  writeNode(height: number, index: number, target: Buffer, offset: number): void {
    if (height === 0) {
      this.hashes.copy(target, offset, index * HASH_BYTES, (index + 1) * HASH_BYTES);
    } else {
      const slot = this.slotOf(height, index);
      (this.inner as Buffer).copy(target, offset, slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
    }
  }

  /** The slot of an inner node, hashed if it was not. */
  private slotOf(height: number, index: number): number {
    this.inner ??= Buffer.allocUnsafeSlow(TILE_WIDTH * HASH_BYTES);
    this.known ??= new Uint8Array(TILE_WIDTH);
    const slot = TILE_WIDTH / 2 ** height + index;
    if (this.known[slot] === 1) return slot;
    if (height === 1) {
      this.hashes.copy(pair, 1, 2 * index * HASH_BYTES, 2 * (index + 1) * HASH_BYTES);
    } else {
      this.slotOf(height - 1, 2 * index);
      this.slotOf(height - 1, 2 * index + 1);
      this.inner.copy(pair, 1, 2 * slot * HASH_BYTES, 2 * (slot + 1) * HASH_BYTES);
    }
    this.inner.write(hashText(pair), slot * HASH_BYTES, "latin1");
    this.known[slot] = 1;
    return slot;
  }
}
