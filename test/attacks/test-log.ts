/** A log as a gateway keeps it, grown by the gateway's own tree code, whose keeper signs whatever the attacker wants. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Anchor } from "assay/statement/anchor";
import { encodePolicy } from "assay/statement/policy";
import { encodeReceipt, type ReceiptProof } from "assay/statement/receipt";
import { MerkleLog } from "../../gateway/log.ts";
import { leafHashOf, TilesInMemory } from "../contracts/grown-log.ts";
import { anchor } from "../statement/examples.ts";
import type { TestKey } from "../statement/keys.ts";

export class TestLog {
  readonly key: TestKey;
  readonly tree: MerkleLog;
  private readonly tiles: TilesInMemory;
  private readonly entries: Uint8Array[] = [];

  private constructor(key: TestKey, tiles: TilesInMemory, tree: MerkleLog) {
    this.key = key;
    this.tiles = tiles;
    this.tree = tree;
  }

  /** A log whose entry 0 is its policy. */
  static async open(key: TestKey): Promise<TestLog> {
    const tiles = new TilesInMemory();
    const log = new TestLog(key, tiles, await MerkleLog.open(tiles, 0));
    log.append(encodePolicy(["Statements whose signature is right."], { issuer: key.id, keyId: key.keyId }, key.signer, sha256));
    return log;
  }

  get size(): number {
    return this.tree.size;
  }

  append(...entries: readonly Uint8Array[]): void {
    const growth = this.tree.prepare(entries.map(leafHashOf));
    this.tiles.store(growth);
    this.tree.commit(growth);
    this.entries.push(...entries);
  }

  /** What a receipt of this entry has to say in the tree of `size` leaves. */
  async proofOf(entry: Uint8Array, size = this.size, at: Anchor = anchor): Promise<ReceiptProof> {
    const leafIndex = this.entries.indexOf(entry);
    return { treeSize: size, leafIndex, path: await this.tree.inclusionProof(leafIndex, size), anchor: at };
  }

  /** The true receipt of an entry, but for the anchor, which is whatever the log says. */
  async receiptOf(entry: Uint8Array, size = this.size, at: Anchor = anchor): Promise<Uint8Array> {
    return this.sign(await this.proofOf(entry, size, at), await this.tree.rootAt(size));
  }

  /** A receipt of any proof and any root. */
  sign(proof: ReceiptProof, root: Uint8Array): Uint8Array {
    return encodeReceipt(proof, root, { issuer: this.key.id, keyId: this.key.keyId }, this.key.signer, sha256);
  }
}
