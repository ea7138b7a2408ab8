/** The tiles that were used last. Only full tiles are kept: they never change, so nothing in here is ever out of date. */
import type { Tile, TilePosition } from "./tile.ts";

export class TileCache {
  private readonly limit: number;
  /** In the order of their last use: a Map keeps that of insertion. */
  private readonly tiles = new Map<number, Tile>();

  /** @param limit most tiles; each takes 8 KiB, and up to 16 KiB with its inner nodes */
  constructor(limit: number) {
    this.limit = limit;
  }

  get(position: TilePosition): Tile | undefined {
    const key = keyOf(position);
    const tile = this.tiles.get(key);
    if (tile !== undefined) {
      this.tiles.delete(key);
      this.tiles.set(key, tile);
    }
    return tile;
  }

  put(position: TilePosition, tile: Tile): void {
    const key = keyOf(position);
    this.tiles.delete(key);
    this.tiles.set(key, tile);
    for (const oldest of this.tiles.keys()) {
      if (this.tiles.size <= this.limit) break;
      this.tiles.delete(oldest);
    }
  }
}

/** A log of fewer than 2^53 leaves has fewer than 2^45 tiles of a level. */
function keyOf({ level, index }: TilePosition): number {
  return level * 2 ** 45 + index;
}
