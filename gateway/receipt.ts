/**
 * Last stage: COSE Receipts (RFC 9942) for the entries of anchored trees. They are made and stored in the order of the log, then
 * published; one that the broker did not take yet is published after a restart.
 */
import type { Anchor } from "assay/statement/anchor";
import { encodeCheckpoint } from "assay/statement/checkpoint";
import { encodeReceiptMessage } from "assay/statement/messages";
import { encodeReceipt } from "assay/statement/receipt";
import { checkpointNoteTopic, checkpointTopic, receiptTopic } from "assay/statement/topics";
import type { Publisher } from "./broker.ts";
import type { CheckpointNote, CheckpointNotes } from "./checkpoint-note.ts";
import type { Counters } from "./counters.ts";
import type { GatewayIdentity } from "./identity.ts";
import type { LogContract } from "./log-contract.ts";
import { sha256 } from "./log.ts";
import type { MerkleLog } from "./log.ts";
import type { AnchorRecord, Store, StoredReceipt } from "./store.ts";

/** So many receipts are made in one transaction, and are under way to the broker at a time. */
const pageSize = 256;

export interface ReceiptsOptions {
  readonly store: Store;
  readonly log: MerkleLog;
  readonly contract: LogContract;
  readonly identity: GatewayIdentity;
  readonly notes: CheckpointNotes;
  readonly publisher: Publisher;
  readonly counters: Counters;
}

export class Receipts {
  private readonly options: ReceiptsOptions;
  private checkpointPublished = "";
  private notePublished: CheckpointNote | undefined;

  constructor(options: ReceiptsOptions) {
    this.options = options;
  }

  /** Makes the receipts that are due: for each entry in the smallest anchored tree that holds it. */
  async issue(): Promise<void> {
    const { store, log } = this.options;
    for (;;) {
      const first = await store.firstWithoutReceipt();
      const anchor = await store.anchorCovering(first);
      if (anchor === undefined) return;
      const place = this.placeOf(anchor);
      const end = Math.min(anchor.size, first + pageSize);
      const receipts: StoredReceipt[] = [];
      for (let leaf = first; leaf < end; leaf++) {
        const path = await log.inclusionProof(leaf, anchor.size);
        const { id, keyId, signer } = this.options.identity;
        const bytes = encodeReceipt({ treeSize: anchor.size, leafIndex: leaf, path, anchor: place }, anchor.root, { issuer: id, keyId }, signer, sha256);
        receipts.push({ leaf, anchorSize: anchor.size, bytes });
      }
      await store.putReceipts(receipts);
    }
  }

  /** Publishes the newest checkpoint in both forms if it is new, and the receipts that no broker has taken yet. */
  async publish(): Promise<void> {
    const { store, publisher, counters } = this.options;
    await this.publishCheckpoint();
    await this.publishNote();
    for (;;) {
      const page = await store.unpublishedReceipts(pageSize);
      if (page.length === 0) return;
      await Promise.all(page.map(({ device, bootCount, sequence, bytes }) => publisher.publish(receiptTopic(device), encodeReceiptMessage({ bootCount, sequence, receipt: bytes }))));
      await store.markPublished(page);
      counters.receipts += page.length;
    }
  }

  private async publishCheckpoint(): Promise<void> {
    const { store, identity, publisher } = this.options;
    const anchor = await store.confirmedAnchor();
    if (anchor === undefined) return;
    const name = `${anchor.size} ${anchor.place?.blockHash ?? ""}`;
    if (name === this.checkpointPublished) return;
    const bytes = encodeCheckpoint({ size: anchor.size, root: anchor.root, anchor: this.placeOf(anchor) }, { issuer: identity.id, keyId: identity.keyId }, identity.signer, sha256);
    await publisher.publish(checkpointTopic, bytes, { retain: true });
    this.checkpointPublished = name;
  }

  /** The note as it is now: a cosignature that came since makes it new. */
  private async publishNote(): Promise<void> {
    const note = this.options.notes.newest;
    if (note === undefined || note === this.notePublished) return;
    await this.options.publisher.publish(checkpointNoteTopic, note.bytes, { retain: true });
    this.notePublished = note;
  }

  /** Where a confirmed anchor is, as receipts and checkpoints say it. */
  private placeOf({ place }: AnchorRecord): Anchor {
    if (place === null) throw new TypeError("expected a confirmed anchor");
    const { chainId, address } = this.options.contract;
    return { chainId, contract: bytesOf(address), block: Number(place.blockNumber), transaction: bytesOf(place.transaction), time: place.blockTime };
  }
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), "hex"));
}
