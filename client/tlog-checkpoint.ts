/**
 * Checkpoints in note form (C2SP tlog-checkpoint), beside the project's own in COSE: a text of origin, size and root that the log
 * has signed with Ed25519, and that witnesses cosign (C2SP tlog-cosignature). Any C2SP client and witness understands them.
 */
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { NoteError } from "./note-error.ts";
import type { NoteKey } from "./note-key.ts";
import { parseSignedNote, verifyNote } from "./signed-note.ts";

/** A tree head as a checkpoint says it. */
export interface CheckpointText {
  /** which log */
  readonly origin: string;
  /** leaves in the tree */
  readonly size: number;
  /** 32 bytes */
  readonly root: Uint8Array;
  /** further lines, none of them empty; this project's log writes none */
  readonly extensions: readonly string[];
}

/** Who has cosigned, and when. */
export interface Cosignature {
  readonly witness: NoteKey;
  /** Unix time in seconds */
  readonly time: number;
}

/** A checkpoint that the log has signed. */
export interface VerifiedCheckpoint extends CheckpointText {
  /** by trusted witnesses, at most one of each */
  readonly cosignatures: readonly Cosignature[];
}

/** Who is trusted. */
export interface CheckpointTrust {
  /** the log's key */
  readonly log: NoteKey;
  /** the log's origin line; default the name of its key */
  readonly origin?: string;
  /** keys of type 04 */
  readonly witnesses?: readonly NoteKey[];
  /** so many of the witnesses must have cosigned; default 0 */
  readonly leastWitnesses?: number;
}

/**
 * The text of a checkpoint, to be signed.
 * @throws NoteError `BAD_CHECKPOINT`
 */
export function formatCheckpointText(head: Omit<CheckpointText, "extensions"> & { readonly extensions?: readonly string[] }): string {
  const { origin, size, root, extensions = [] } = head;
  if ([origin, ...extensions].some((line) => line.includes("\n"))) throw new NoteError("BAD_CHECKPOINT", "expected origin and extensions of one line each");
  const text = [origin, String(size), encodeBase64(root), ...extensions, ""].join("\n");
  parseCheckpointText(text);
  return text;
}

/**
 * Reads the text of a checkpoint.
 * @throws NoteError `BAD_CHECKPOINT`
 */
export function parseCheckpointText(text: string): CheckpointText {
  const lines = text.split("\n");
  const [origin = "", size = "", base64 = "", ...extensions] = lines.slice(0, -1);
  const root = decodeBase64(base64);
  if (!text.endsWith("\n") || lines.length < 4 || lines.slice(0, -1).includes("")) throw new NoteError("BAD_CHECKPOINT", `expected at least three lines that are not empty, got ${lines.length - 1}`);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) throw new NoteError("BAD_CHECKPOINT", `expected a tree size below 2^53 in decimal, got ${JSON.stringify(size.slice(0, 80))}`);
  if (root?.length !== 32) throw new NoteError("BAD_CHECKPOINT", `expected a root of 32 bytes in base64, got ${root === undefined ? "no base64" : `${root.length} bytes`}`);
  return { origin, size: Number(size), root, extensions };
}

/**
 * Verifies a checkpoint in note form: signed by the log, of that log, cosigned by enough witnesses. That two checkpoints are
 * consistent is what `verifyConsistency` shows.
 * @throws NoteError `TOO_LARGE`, `BAD_NOTE`, `BAD_KEY`, `BAD_SIGNATURE`, `UNSIGNED`, `BAD_CHECKPOINT`, `WRONG_ORIGIN`, `TOO_FEW_WITNESSES`
 */
export function verifyCheckpointNote(bytes: Uint8Array, { log, origin = log.name, witnesses = [], leastWitnesses = 0 }: CheckpointTrust): VerifiedCheckpoint {
  const note = parseSignedNote(bytes);
  const verified = verifyNote(note, [log, ...witnesses]);
  if (!verified.some(({ key }) => key === log)) throw new NoteError("UNSIGNED", `expected a signature by the log ${log.name}, got none`);
  const checkpoint = parseCheckpointText(note.text);
  if (checkpoint.origin !== origin) throw new NoteError("WRONG_ORIGIN", `expected a checkpoint of ${origin}, got one of ${checkpoint.origin.slice(0, 80)}`);
  // A key without a time says nothing about consistency, whatever list it is in.
  const cosignatures = verified.flatMap(({ key, time }) => (key === log || time === null ? [] : [{ witness: key, time }]));
  if (cosignatures.length < leastWitnesses) throw new NoteError("TOO_FEW_WITNESSES", `expected ${leastWitnesses} trusted witnesses, got ${cosignatures.length}`);
  return { ...checkpoint, cosignatures };
}
