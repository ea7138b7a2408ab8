/** A log in memory, grown by the gateway's own tree code: the counterpart that the contracts are checked against. */
import { toHex } from "viem";
import type { Hex } from "viem";
import { MerkleLog, sha256 } from "../../gateway/log.ts";
import type { LogNodes } from "../../gateway/log.ts";
import type { NodePosition } from "../../gateway/tree-plan.ts";

/** The hash of a leaf (RFC 9162 §2.1.1). */
export function leafHashOf(entry: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0, ...entry));
}

export class NodesInMemory implements LogNodes {
  readonly hashes = new Map<string, Uint8Array>();

  readLogNodes(positions: readonly NodePosition[]): Promise<Uint8Array[]> {
    return Promise.resolve(
      positions.map(({ level, index }) => {
        const hash = this.hashes.get(`${level}/${index}`);
        if (hash === undefined) throw new Error(`no node ${level}/${index}`);
        return hash;
      }),
    );
  }
}

/** A log of `size` leaves whose entries are their numbers as text. */
export async function grownLog(size: number): Promise<{ log: MerkleLog; leaves: Uint8Array[] }> {
  const nodes = new NodesInMemory();
  const log = await MerkleLog.open(nodes, 0);
  const leaves = Array.from({ length: size }, (_, i) => leafHashOf(new TextEncoder().encode(String(i))));
  const growth = log.prepare(leaves);
  for (const node of growth.nodes) nodes.hashes.set(`${node.level}/${node.index}`, node.hash);
  log.commit(growth);
  return { log, leaves };
}

/** Hashes as a contract call takes them. */
export function hexes(hashes: readonly Uint8Array[]): Hex[] {
  return hashes.map((hash) => toHex(hash));
}
