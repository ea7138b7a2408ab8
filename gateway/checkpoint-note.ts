/**
 * The newest checkpoint in note form, and the cosignatures that witnesses gave for it.
 *
 * Two checkpoints of one log must never be inconsistent. What is signed here are heads of the log of this store only, an
 * append-only tree, and only those that the chain has confirmed: the gateway does not start, and does not anchor, when the
 * contract's head is not one of its own log, so not even a store restored from an old copy leads to a second history. After a
 * reorganisation a smaller head may be the newest on the chain; the note stays at the larger one, which the log still begins with.
 */
import type { NoteSignature } from "../client/signed-note.ts";
import { formatSignedNote } from "../client/signed-note.ts";
import { formatCheckpointText } from "../client/tlog-checkpoint.ts";
import type { CheckpointKey } from "./checkpoint-key.ts";
import type { TreeHead } from "./log.ts";

/** A signed checkpoint. */
export interface CheckpointNote extends TreeHead {
  /** What is signed. */
  readonly text: string;
  /** The log's own first, then the witnesses'. */
  readonly signatures: readonly NoteSignature[];
  /** The whole note. */
  readonly bytes: Uint8Array;
}

/** Signs a head of the log. */
export function signCheckpoint({ size, root }: TreeHead, { key, sign }: CheckpointKey): CheckpointNote {
  const text = formatCheckpointText({ origin: key.name, size, root });
  return withSignatures({ size, root, text }, [{ name: key.name, keyId: key.keyId, signature: sign(text) }]);
}

/** The newest note, one after the other. */
export class CheckpointNotes {
  private readonly key: CheckpointKey;
  private note: CheckpointNote | undefined;

  constructor(key: CheckpointKey) {
    this.key = key;
  }

  /** The newest note; undefined before the first confirmed anchor. */
  get newest(): CheckpointNote | undefined {
    return this.note;
  }

  /** Signs a head that is larger than the newest; true if it did. */
  renew(head: TreeHead): boolean {
    if (head.size <= (this.note?.size ?? 0)) return false;
    this.note = signCheckpoint(head, this.key);
    return true;
  }

  /** Adds verified cosignatures, which take the place of those of the same keys; those for a note that is no longer the newest are dropped. */
  addCosignatures(size: number, lines: readonly NoteSignature[]): boolean {
    if (this.note?.size !== size || lines.length === 0) return false;
    const isReplaced = (old: NoteSignature) => lines.some(({ name, keyId }) => name === old.name && Buffer.compare(keyId, old.keyId) === 0);
    this.note = withSignatures(this.note, [...this.note.signatures.filter((line) => !isReplaced(line)), ...lines]);
    return true;
  }
}

function withSignatures({ size, root, text }: Omit<CheckpointNote, "signatures" | "bytes">, signatures: readonly NoteSignature[]): CheckpointNote {
  return { size, root, text, signatures, bytes: formatSignedNote({ text, signatures }) };
}
