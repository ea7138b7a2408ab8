import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes } from "assay/statement/bytes";
import { verifyConsistency } from "assay/statement/merkle";
import { NoteError } from "./note-error.ts";
import { parseVerifierKey } from "./note-key.ts";
import { verifyCheckpointNote, type VerifiedCheckpoint } from "./tlog-checkpoint.ts";
import type { TrustedLog } from "./trust.ts";
import { VerificationError } from "./verification-error.ts";
import type { Verified } from "./verify.ts";

/** A checkpoint in note form, and what leads to it. */
export interface CheckpointEvidence {
  /** the signed note (C2SP tlog-checkpoint) */
  readonly note: Uint8Array;
  /** consistency proof (RFC 9162 §2.1.4.1) between the receipt's tree and the checkpoint's; empty if they have the same size */
  readonly consistency?: readonly Uint8Array[];
}

/**
 * Checks that a signed checkpoint of the log, with the cosignatures of witnesses that there are, is of the very tree that the receipt proves
 * inclusion in, or of one that the receipt's tree is consistent with: what witnesses have cosigned they have seen grow without a change. Offline.
 * @param verified of `verify` with a receipt
 * @returns the same with the checkpoint
 * @throws VerificationError `NO_RECEIPT`; `BAD_TRUST` if the trust list has no verifier key for the log, or a wrong one; `BAD_CHECKPOINT` for a
 * note that is not the log's, or with too few witnesses; `CHECKPOINT_MISMATCH` for another root, or a proof that does not lead to it
 */
export function confirmCheckpoint(verified: Verified, { note, consistency = [] }: CheckpointEvidence): Verified {
  const { inclusion } = verified;
  if (inclusion === undefined) throw new VerificationError("NO_RECEIPT", "expected a verified receipt, got none");
  const checkpoint = read(note, inclusion.log);
  const older = inclusion.size <= checkpoint.size ? inclusion : checkpoint;
  const newer = older === inclusion ? checkpoint : inclusion;
  if (inclusion.size === checkpoint.size && !equalBytes(inclusion.root, checkpoint.root)) {
    throw new VerificationError("CHECKPOINT_MISMATCH", `expected one root for ${inclusion.size} leaves, got another in the checkpoint: ${inclusion.log.id} has signed two histories`);
  }
  if (!verifyConsistency(older.size, newer.size, consistency, older.root, newer.root, sha256)) {
    throw new VerificationError("CHECKPOINT_MISMATCH", `expected a proof that the trees of ${older.size} and ${newer.size} leaves are one log, got one of ${consistency.length} hashes that does not show it`);
  }
  return { ...verified, checkpoint };
}

function read(note: Uint8Array, log: TrustedLog): VerifiedCheckpoint {
  if (log.verifierKey === undefined) throw new VerificationError("BAD_TRUST", `expected a verifier key of ${log.id} in the trust list, got none`);
  try {
    const keys = { log: parseVerifierKey(log.verifierKey), witnesses: (log.witnesses ?? []).map(parseVerifierKey), leastWitnesses: log.leastWitnesses ?? 0 };
    return verifyCheckpointNote(note, keys);
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw new VerificationError(cause.code === "BAD_KEY" ? "BAD_TRUST" : "BAD_CHECKPOINT", cause.message, { cause });
  }
}
