/** A log in memory, grown by the gateway's own tree code: the counterpart that the contracts are checked against. */
import { toHex } from "viem";
import type { Hex } from "viem";
import { MerkleLog, sha256 } from "../../gateway/log.ts";
import type { Growth, LogTiles } from "../../gateway/log.ts";
import type { TilePosition } from "../../gateway/tile.ts";

/** The hash of a leaf (RFC 9162 §2.1.1). */
export function leafHashOf(entry: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0, ...entry));
}

export class TilesInMemory implements LogTiles {
  readonly tiles = new Map<string, Uint8Array>();

  /** Stores what a growth changes. */
  store(growth: Growth): void {
    for (const { level, index, hashes } of growth.tiles) this.tiles.set(`${level}/${index}`, Uint8Array.from(hashes));
  }

  readLogTiles(positions: readonly TilePosition[]): Promise<Uint8Array[]> {
    return Promise.resolve(
      positions.map(({ level, index }) => {
        const hashes = this.tiles.get(`${level}/${index}`);
        if (hashes === undefined) throw new Error(`no tile ${level}/${index}`);
        return hashes;
      }),
    );
  }
}

/** A log of `size` leaves whose entries are their numbers as text. */
export async function grownLog(size: number): Promise<{ log: MerkleLog; leaves: Uint8Array[]; tiles: TilesInMemory }> {
  const tiles = new TilesInMemory();
  const log = await MerkleLog.open(tiles, 0);
  const leaves = Array.from({ length: size }, (_, i) => leafHashOf(new TextEncoder().encode(String(i))));
  const growth = log.prepare(leaves);
  tiles.store(growth);
  log.commit(growth);
  return { log, leaves, tiles };
}

/** Hashes as a contract call takes them. */
export function hexes(hashes: readonly Uint8Array[]): Hex[] {
  return hashes.map((hash) => toHex(hash));
}
