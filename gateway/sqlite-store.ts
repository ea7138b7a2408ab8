/**
 * The store in one SQLite file (`node:sqlite`): write-ahead log, and an fsync at each commit (synchronous = FULL), since an
 * acknowledged statement leaves the device's outbox for good.
 */
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { GatewayError, reasonOf } from "./gateway-error.ts";
import type { RejectionCode } from "./rejection.ts";
import { schema, schemaVersion } from "./sqlite-schema.ts";
import type { AnchorAttempt, AnchorRecord, DeviceHead, EntryKind, KeptRejection, LogEntry, Store, StoreBatch, StoredReceipt, UnpublishedReceipt } from "./store.ts";
import type { TilePosition } from "./tile.ts";

export interface SqliteStoreOptions {
  /** The database file; made if absent. */
  readonly file: string;
  /** How many rejections of each code are kept, so that a flood of one kind does not wash out the evidence of another; default 256. */
  readonly rejectionsPerCode?: number;
}

type Row = Record<string, SQLOutputValue>;

export class SqliteStore implements Store {
  private readonly database: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  private readonly rejectionsPerCode: number;
  private open = true;

  /** @throws {GatewayError} `STORE_FAILED` */
  constructor(options: SqliteStoreOptions) {
    this.rejectionsPerCode = options.rejectionsPerCode ?? 256;
    try {
      this.database = new DatabaseSync(options.file, { timeout: 5_000 });
      this.database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
      this.migrate();
    } catch (cause) {
      throw new GatewayError("STORE_FAILED", `expected to open the store ${options.file}: ${reasonOf(cause)}; is its folder writable, and is it a store of this version?`, { cause });
    }
  }

  logSize(): Promise<number> {
    return this.answer(() => this.one("SELECT COALESCE(MAX(leaf) + 1, 0) AS size FROM entries")?.["size"] as number);
  }

  commit(batch: StoreBatch): Promise<void> {
    return this.answer(() =>
      this.transaction(() => {
        for (const entry of batch.entries) {
          this.run("INSERT INTO entries (leaf, kind, issuer, boot_count, sequence, bytes, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)", entry.leaf, entry.kind, entry.issuer, entry.bootCount, entry.sequence, entry.bytes, entry.receivedAt);
        }
        for (const tile of batch.tiles) {
          this.run("INSERT INTO log_tiles (level, position, hashes) VALUES (?, ?, ?) ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes", tile.level, tile.index, tile.hashes);
        }
        for (const head of batch.heads) {
          this.run("INSERT OR REPLACE INTO heads (device, sequence, boot_count, digest, key_id, key_index) VALUES (?, ?, ?, ?, ?, ?)", head.device, head.sequence, head.bootCount, head.digest, head.keyId, head.keyIndex);
        }
        for (const rejection of batch.rejections) {
          this.run("INSERT INTO rejected (code, reason, topic, bytes, length, time) VALUES (?, ?, ?, ?, ?, ?)", rejection.code, rejection.reason, rejection.topic, rejection.bytes, rejection.length, rejection.time);
        }
        for (const code of new Set(batch.rejections.map((rejection) => rejection.code))) {
          this.run("DELETE FROM rejected WHERE code = ?1 AND id <= (SELECT id FROM rejected WHERE code = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)", code, this.rejectionsPerCode);
        }
      }),
    );
  }

  head(device: string): Promise<DeviceHead | undefined> {
    return this.answer(() => {
      const row = this.one("SELECT * FROM heads WHERE device = ?", device);
      if (row === undefined) return undefined;
      return { device, sequence: row["sequence"] as number, bootCount: row["boot_count"] as number, digest: row["digest"] as Uint8Array, keyId: row["key_id"] as Uint8Array, keyIndex: row["key_index"] as number };
    });
  }

  entryOf(device: string, bootCount: number | undefined, sequence: number): Promise<LogEntry | undefined> {
    return this.answer(() => {
      const row =
        bootCount === undefined
          ? this.one("SELECT * FROM entries WHERE issuer = ? AND sequence = ? ORDER BY boot_count DESC LIMIT 1", device, sequence)
          : this.one("SELECT * FROM entries WHERE issuer = ? AND boot_count = ? AND sequence = ?", device, bootCount, sequence);
      return row === undefined ? undefined : entryFrom(row);
    });
  }

  bootOf(device: string, bootCount: number): Promise<LogEntry | undefined> {
    return this.answer(() => {
      const row = this.one("SELECT * FROM entries WHERE issuer = ? AND boot_count = ? AND kind = 'boot'", device, bootCount);
      return row === undefined ? undefined : entryFrom(row);
    });
  }

  entries(leaf: number, limit: number): Promise<LogEntry[]> {
    return this.answer(() => this.all("SELECT * FROM entries WHERE leaf >= ? ORDER BY leaf LIMIT ?", leaf, limit).map(entryFrom));
  }

  readLogTiles(positions: readonly TilePosition[]): Promise<Uint8Array[]> {
    return this.answer(() =>
      positions.map(({ level, index }) => {
        const row = this.one("SELECT hashes FROM log_tiles WHERE level = ? AND position = ?", level, index);
        if (row === undefined) throw new Error(`the log has no tile ${index} of level ${level}`);
        return row["hashes"] as Uint8Array;
      }),
    );
  }

  rejections(limit: number, code?: RejectionCode): Promise<KeptRejection[]> {
    return this.answer(() =>
      this.all("SELECT * FROM rejected WHERE ?1 IS NULL OR code = ?1 ORDER BY id DESC LIMIT ?2", code ?? null, limit).map((row) => ({
        id: row["id"] as number,
        code: row["code"] as RejectionCode,
        reason: row["reason"] as string,
        topic: row["topic"] as string,
        bytes: row["bytes"] as Uint8Array,
        length: row["length"] as number,
        time: row["time"] as number,
      })),
    );
  }

  putAnchor(anchor: AnchorRecord): Promise<void> {
    return this.answer(() => {
      const attempts = JSON.stringify(anchor.attempts.map((attempt) => ({ ...attempt, maxFeePerGas: String(attempt.maxFeePerGas), maxPriorityFeePerGas: String(attempt.maxPriorityFeePerGas) })));
      this.run(
        "INSERT OR REPLACE INTO anchors (size, root, state, nonce, attempts, block_number, block_hash, block_time, transaction_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        anchor.size, anchor.root, anchor.state, anchor.nonce, attempts, anchor.place?.blockNumber ?? null, anchor.place?.blockHash ?? null, anchor.place?.blockTime ?? null, anchor.place?.transaction ?? null,
      );
    });
  }

  removeAnchor(size: number): Promise<void> {
    return this.answer(() => this.run("DELETE FROM anchors WHERE size = ? AND state <> 'confirmed'", size));
  }

  pendingAnchor(): Promise<AnchorRecord | undefined> {
    return this.answer(() => anchorFrom(this.one("SELECT * FROM anchors WHERE state <> 'confirmed' ORDER BY size LIMIT 1")));
  }

  confirmedAnchor(): Promise<AnchorRecord | undefined> {
    return this.answer(() => anchorFrom(this.one("SELECT * FROM anchors WHERE state = 'confirmed' ORDER BY size DESC LIMIT 1")));
  }

  anchorCovering(leaf: number): Promise<AnchorRecord | undefined> {
    return this.answer(() => anchorFrom(this.one("SELECT * FROM anchors WHERE state = 'confirmed' AND size > ? ORDER BY size LIMIT 1", leaf)));
  }

  firstWithoutReceipt(): Promise<number> {
    return this.answer(() => this.one("SELECT COALESCE(MAX(leaf) + 1, 0) AS leaf FROM receipts")?.["leaf"] as number);
  }

  putReceipts(receipts: readonly StoredReceipt[]): Promise<void> {
    return this.answer(() =>
      this.transaction(() => {
        for (const receipt of receipts) this.run("INSERT INTO receipts (leaf, anchor_size, bytes, published) VALUES (?, ?, ?, 0)", receipt.leaf, receipt.anchorSize, receipt.bytes);
      }),
    );
  }

  receipt(leaf: number): Promise<StoredReceipt | undefined> {
    return this.answer(() => {
      const row = this.one("SELECT * FROM receipts WHERE leaf = ?", leaf);
      return row === undefined ? undefined : receiptFrom(row);
    });
  }

  removeReceipts(anchorSize: number): Promise<void> {
    return this.answer(() => this.run("DELETE FROM receipts WHERE anchor_size = ?", anchorSize));
  }

  unpublishedReceipts(limit: number): Promise<UnpublishedReceipt[]> {
    return this.answer(() =>
      this.all(
        "SELECT r.leaf, r.anchor_size, r.bytes, e.issuer, e.boot_count, e.sequence FROM receipts r JOIN entries e ON e.leaf = r.leaf WHERE r.published = 0 AND e.sequence IS NOT NULL ORDER BY r.leaf LIMIT ?",
        limit,
      ).map((row) => ({ ...receiptFrom(row), device: row["issuer"] as string, bootCount: row["boot_count"] as number, sequence: row["sequence"] as number })),
    );
  }

  markPublished(receipts: readonly StoredReceipt[]): Promise<void> {
    return this.answer(() =>
      this.transaction(() => {
        // The bytes too: after a reorganisation another receipt may stand there.
        for (const receipt of receipts) this.run("UPDATE receipts SET published = 1 WHERE leaf = ? AND bytes = ?", receipt.leaf, receipt.bytes);
      }),
    );
  }

  close(): Promise<void> {
    return this.answer(() => {
      if (!this.open) return;
      this.open = false;
      this.database.close();
    });
  }

  private migrate(): void {
    const version = this.one("PRAGMA user_version")?.["user_version"];
    if (version === schemaVersion) return;
    if (version !== 0) throw new Error(`expected a store of schema ${schemaVersion}, got ${String(version)}`);
    this.transaction(() => this.database.exec(`${schema} PRAGMA user_version = ${schemaVersion};`));
  }

  private transaction(work: () => void): void {
    this.database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.database.exec("COMMIT");
    } catch (error) {
      // A failed COMMIT may have rolled back by itself (disk full): a second ROLLBACK would hide the cause.
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Asynchronous by interface, not by nature: SQLite answers at once. */
  private answer<T>(work: () => T): Promise<T> {
    try {
      return Promise.resolve(work());
    } catch (cause) {
      return Promise.reject(new GatewayError("STORE_FAILED", `expected the store to answer: ${reasonOf(cause)}; is the disk full?`, { cause }));
    }
  }

  private prepared(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (statement === undefined) this.statements.set(sql, (statement = this.database.prepare(sql)));
    return statement;
  }

  private run(sql: string, ...parameters: SQLInputValue[]): void {
    this.prepared(sql).run(...parameters);
  }

  private one(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.prepared(sql).get(...parameters);
  }

  private all(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.prepared(sql).all(...parameters);
  }
}

function entryFrom(row: Row): LogEntry {
  return {
    leaf: row["leaf"] as number,
    kind: row["kind"] as EntryKind,
    issuer: row["issuer"] as string,
    bootCount: row["boot_count"] as number | null,
    sequence: row["sequence"] as number | null,
    bytes: row["bytes"] as Uint8Array,
    receivedAt: row["received_at"] as number,
  };
}

function receiptFrom(row: Row): StoredReceipt {
  return { leaf: row["leaf"] as number, anchorSize: row["anchor_size"] as number, bytes: row["bytes"] as Uint8Array };
}

function anchorFrom(row: Row | undefined): AnchorRecord | undefined {
  if (row === undefined) return undefined;
  const attempts = JSON.parse(row["attempts"] as string) as (Omit<AnchorAttempt, "maxFeePerGas" | "maxPriorityFeePerGas"> & { maxFeePerGas: string; maxPriorityFeePerGas: string })[];
  return {
    size: row["size"] as number,
    root: row["root"] as Uint8Array,
    state: row["state"] as AnchorRecord["state"],
    nonce: row["nonce"] as number | null,
    attempts: attempts.map((attempt) => ({ ...attempt, maxFeePerGas: BigInt(attempt.maxFeePerGas), maxPriorityFeePerGas: BigInt(attempt.maxPriorityFeePerGas) })),
    place:
      row["block_number"] === null
        ? null
        : { blockNumber: BigInt(row["block_number"] as number), blockHash: row["block_hash"] as `0x${string}`, blockTime: row["block_time"] as number, transaction: row["transaction_hash"] as `0x${string}` },
  };
}
