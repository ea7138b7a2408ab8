/** Takes a statement out of a gateway's log with all that proves it, for a bundle. Reads the data folder; the gateway may be running meanwhile. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseStatement } from "assay/statement";
import { startsWith } from "assay/statement/bytes";
import { parseSignedNote } from "../client/signed-note.ts";
import { parseCheckpointText } from "../client/tlog-checkpoint.ts";
import { openCheckpointKey } from "./checkpoint-key.ts";
import { signCheckpoint } from "./checkpoint-note.ts";
import { GatewayError } from "./gateway-error.ts";
import { openIdentity } from "./identity.ts";
import { MerkleLog, sha256 } from "./log.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Store } from "./store.ts";

/** Which statement. */
export interface StatementPlace {
  readonly device: string;
  readonly sequence: number;
  /** Default: the latest boot that has this number; sequence numbers begin anew when a device has lost its history. */
  readonly bootCount?: number | undefined;
}

/** What the log has of a statement. */
export interface ExportedStatement {
  readonly statement: Uint8Array;
  /** Undefined while it is not anchored. */
  readonly receipt: Uint8Array | undefined;
  /** The statement of its boot. */
  readonly boot: Uint8Array | undefined;
  /** The statement before it; undefined for a device's first, and for a boot after a loss of history. */
  readonly previous: Uint8Array | undefined;
  /** A checkpoint in note form, and the consistency proof from the receipt's tree to it. */
  readonly checkpoint: { readonly note: Uint8Array; readonly consistency: readonly Uint8Array[] } | undefined;
}

/**
 * Reads a statement and what proves it.
 *
 * @param checkpoint a note of this log, such as its served one with the cosignatures of witnesses; default: one is signed here for the receipt's tree
 * @throws {GatewayError} `STORE_FAILED`, `KEY_FAILED`, `NO_STATEMENT`; NoteError for a checkpoint that is none
 */
export async function exportStatement(dataFolder: string, place: StatementPlace, checkpoint?: Uint8Array): Promise<ExportedStatement> {
  const file = join(dataFolder, "gateway.sqlite");
  if (!existsSync(file)) throw new GatewayError("STORE_FAILED", `expected a gateway's data in ${dataFolder}, found no gateway.sqlite there`);
  const store = new SqliteStore({ file });
  try {
    return await read(store, dataFolder, place, checkpoint);
  } finally {
    await store.close();
  }
}

async function read(store: Store, dataFolder: string, { device, sequence, bootCount }: StatementPlace, checkpoint: Uint8Array | undefined): Promise<ExportedStatement> {
  const entry = await store.entryOf(device, bootCount, sequence);
  if (entry === undefined) throw new GatewayError("NO_STATEMENT", `expected statement ${sequence} of ${device} in the log of ${dataFolder}, found none`);
  const boot = await store.bootOf(device, entry.bootCount as number);
  const { previous: link } = parseStatement(entry.bytes, sha256);
  // A boot statement follows on one of an earlier boot, whose count it does not say.
  const before = link === null ? undefined : await store.entryOf(device, entry.kind === "boot" ? undefined : (entry.bootCount as number), sequence - 1);
  const receipt = await store.receipt(entry.leaf);
  return {
    statement: entry.bytes,
    receipt: receipt?.bytes,
    boot: boot?.bytes,
    previous: before !== undefined && link !== null && startsWith(sha256(before.bytes), link) ? before.bytes : undefined,
    checkpoint: receipt && (await checkpointFor(store, dataFolder, receipt.anchorSize, checkpoint)),
  };
}

async function checkpointFor(store: Store, dataFolder: string, size: number, given: Uint8Array | undefined): Promise<ExportedStatement["checkpoint"]> {
  const log = await MerkleLog.open(store, await store.logSize());
  if (given !== undefined) {
    const { size: noteSize } = parseCheckpointText(parseSignedNote(given).text);
    const [older, newer] = size <= noteSize ? [size, noteSize] : [noteSize, size];
    return { note: given, consistency: await log.consistencyProof(older, newer) };
  }
  const { id } = await openIdentity(join(dataFolder, "gateway.key"));
  const key = await openCheckpointKey(join(dataFolder, "checkpoint.key"), id);
  return { note: signCheckpoint({ size, root: await log.rootAt(size) }, key).bytes, consistency: [] };
}
