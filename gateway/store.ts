/**
 * What the gateway keeps, behind an interface that another database can stand behind: every method is one request, and
 * {@link Store.commit} is one transaction.
 */
import type { LogTiles } from "./log.ts";
import type { Rejection, RejectionCode } from "./rejection.ts";
import type { LogTile } from "./tile.ts";

/** What an entry of the log is. */
export type EntryKind = "policy" | "boot" | "inference";

/** An entry of the log. */
export interface LogEntry {
  /** Its number in the log, from 0. */
  readonly leaf: number;
  readonly kind: EntryKind;
  /** Device id; for the policy (entry 0) the gateway's id. */
  readonly issuer: string;
  /** The device's boot count and sequence number; null for the policy. */
  readonly bootCount: number | null;
  readonly sequence: number | null;
  /** The whole tagged statement. */
  readonly bytes: Uint8Array;
  /** Unix time in milliseconds. */
  readonly receivedAt: number;
}

/** The last statement of a device that is in the log. */
export interface DeviceHead {
  readonly device: string;
  readonly sequence: number;
  readonly bootCount: number;
  /** SHA-256 of the whole tagged statement, 32 bytes. */
  readonly digest: Uint8Array;
  /** Thumbprint of the key that has signed it, or its first bytes, and the key's number among those of the device, from 0. */
  readonly keyId: Uint8Array;
  readonly keyIndex: number;
}

/** What one transaction adds. */
export interface StoreBatch {
  readonly entries: readonly LogEntry[];
  /** Tiles of the log; one that is there already has grown, and is replaced. */
  readonly tiles: readonly LogTile[];
  readonly heads: readonly DeviceHead[];
  readonly rejections: readonly Rejection[];
}

/** One signed form of an anchor transaction; a later one replaces an earlier one at the same nonce. */
export interface AnchorAttempt {
  /** Transaction hash, 0x and 64 hex digits. */
  readonly hash: `0x${string}`;
  /** The signed transaction, to send the same bytes again. */
  readonly raw: `0x${string}`;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Unix time in milliseconds. */
  readonly sentAt: number;
}

/** Where an anchor is on the chain. */
export interface AnchorPlace {
  readonly blockNumber: bigint;
  readonly blockHash: `0x${string}`;
  /** The block's timestamp, Unix time in seconds. */
  readonly blockTime: number;
  readonly transaction: `0x${string}`;
}

/**
 * A tree head on its way to the chain: prepared (chosen, nothing signed) → sent (signed at a nonce, and stored so before the
 * first byte goes out) → confirmed. A reorganisation takes it from confirmed back to sent.
 */
export interface AnchorRecord {
  /** Size of the tree head; also the record's key, since the contract takes each size once. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly state: "prepared" | "sent" | "confirmed";
  readonly nonce: number | null;
  readonly attempts: readonly AnchorAttempt[];
  readonly place: AnchorPlace | null;
}

/** A receipt for an entry. */
export interface StoredReceipt {
  readonly leaf: number;
  /** Size of the anchored tree that it proves inclusion in. */
  readonly anchorSize: number;
  readonly bytes: Uint8Array;
}

/** A receipt that nobody was told of yet. */
export interface UnpublishedReceipt extends StoredReceipt {
  readonly device: string;
  readonly bootCount: number;
  readonly sequence: number;
}

/** A rejection with its number. */
export interface KeptRejection extends Rejection {
  readonly id: number;
}

/** Everything the gateway keeps. Failures are {@link GatewayError}s with code `STORE_FAILED`. */
export interface Store extends LogTiles {
  /** Number of entries in the log. */
  logSize(): Promise<number>;
  /** Adds a batch in one transaction, durable when it resolves. */
  commit(batch: StoreBatch): Promise<void>;
  /** The last statement of a device, or undefined for a device without any. */
  head(device: string): Promise<DeviceHead | undefined>;
  /** The entry of a device with that boot count and sequence number; without a boot count, the one of the latest boot that has the number. */
  entryOf(device: string, bootCount: number | undefined, sequence: number): Promise<LogEntry | undefined>;
  /** The boot statement of a device's boot. */
  bootOf(device: string, bootCount: number): Promise<LogEntry | undefined>;
  /** Entries from `leaf` on, at most `limit`, in order. */
  entries(leaf: number, limit: number): Promise<LogEntry[]>;

  /** The newest rejections first, at most `limit`, of one code if given. */
  rejections(limit: number, code?: RejectionCode): Promise<KeptRejection[]>;

  /** Adds an anchor, or replaces the one of that size. */
  putAnchor(anchor: AnchorRecord): Promise<void>;
  /** Removes an anchor that was never accepted. */
  removeAnchor(size: number): Promise<void>;
  /** The smallest anchor that is not confirmed. */
  pendingAnchor(): Promise<AnchorRecord | undefined>;
  /** The largest confirmed anchor. */
  confirmedAnchor(): Promise<AnchorRecord | undefined>;
  /** The smallest confirmed anchor whose tree has that leaf. */
  anchorCovering(leaf: number): Promise<AnchorRecord | undefined>;

  /** The first leaf without a receipt: receipts are made in the order of the log. */
  firstWithoutReceipt(): Promise<number>;
  putReceipts(receipts: readonly StoredReceipt[]): Promise<void>;
  /** The receipt of an entry. */
  receipt(leaf: number): Promise<StoredReceipt | undefined>;
  /** Removes the receipts for anchored trees of that size, since the anchor is no longer where they say. */
  removeReceipts(anchorSize: number): Promise<void>;
  /** Receipts of device statements that are not published, from the oldest, at most `limit`. */
  unpublishedReceipts(limit: number): Promise<UnpublishedReceipt[]>;
  /** Notes that receipts were taken by the broker; those that were replaced meanwhile stay unpublished. */
  markPublished(receipts: readonly StoredReceipt[]): Promise<void>;

  close(): Promise<void>;
}
