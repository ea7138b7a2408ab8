import type { StatementErrorCode } from "assay/statement";
import type { ChainProblemCode } from "assay/statement/chain";

/** What keeps a statement or a receipt from being proven. */
export type VerificationErrorCode =
  /** the bytes are not a statement of the format, with the code of what is wrong */
  | Exclude<StatementErrorCode, "NOT_ENCODABLE" | "BAD_RECEIPT" | "BAD_MESSAGE">
  /** the statement does not follow on the one that was given as the one before */
  | ChainProblemCode
  /** the trust list itself is wrong: a key of another length, an id that is not the thumbprint of its first key */
  | "BAD_TRUST"
  /** the issuer is not in the trust list */
  | "UNKNOWN_DEVICE"
  /** the statement names, or brings, another key than the trust list has for its issuer */
  | "KEY_MISMATCH"
  /** the statement's signature is wrong, or has a high s */
  | "BAD_SIGNATURE"
  /** the key, or the device, is revoked, and nothing shows that the statement was anchored before */
  | "REVOKED_KEY"
  /** what was given as the statement of its boot is another one */
  | "WRONG_BOOT"
  /** the device is a simulator, and the trust list does not allow those */
  | "SIMULATED_DEVICE"
  /** the bytes are not a receipt of the format; `cause` says why */
  | "BAD_RECEIPT"
  /** the receipt is by a log that is not in the trust list */
  | "WRONG_LOG"
  /** the path cannot lead from that index to the root of a tree of that size */
  | "BAD_INCLUSION"
  /** the log has not signed the root that statement and path lead to: another statement, another path, or a forgery */
  | "BAD_RECEIPT_SIGNATURE"
  /** there is no receipt, so there is nothing to look up on the chain */
  | "NO_RECEIPT"
  /** the receipt names another chain or contract than the one that is trusted */
  | "WRONG_CONTRACT"
  /** the contract has no root for that tree size */
  | "NOT_ANCHORED"
  /** the contract has another root for that tree size */
  | "ROOT_MISMATCH"
  /** the contract has accepted the root, but not in the block, not at the time or not by the transaction that the receipt names */
  | "ANCHOR_MISPLACED"
  /** the statement names a block that is not before the one that anchors it: one of the two is wrong */
  | "BEACON_AFTER_ANCHOR"
  /** the chain has another block of the number that the statement names, or none */
  | "BEACON_MISMATCH"
  /** a checkpoint that the log has not signed, or with fewer cosignatures of trusted witnesses than are asked for; `cause` says why */
  | "BAD_CHECKPOINT"
  /** the checkpoint's tree is not the receipt's, nor shown to be consistent with it */
  | "CHECKPOINT_MISMATCH"
  /** a file that is no bundle */
  | "BAD_BUNDLE"
  /** the chain could not be asked; nothing is proven or disproven */
  | "RPC_FAILED"
  /** two statements that may both stand: of different devices or numbers, or one statement twice, if with another signature; the message says which */
  | "NO_EQUIVOCATION"
  /** a file that is neither a statement nor a transparent statement */
  | "BAD_FILE"
  /** a file that is no revealed input */
  | "BAD_INPUT_FILE"
  /** the revealed input is not what the statement commits to, or no window of the sensor that the boot statement names */
  | "INPUT_MISMATCH"
  /** the model file is not the one that the boot statement names */
  | "MODEL_MISMATCH"
  /** the description of the front end is not the one that the boot statement names */
  | "FRONT_END_MISMATCH"
  /** front end and model make something else of the input than the statement says */
  | "OUTPUT_MISMATCH"
  /** replay cannot tell: a model that remembers, a front end of the app's own; nothing is proven or disproven */
  | "UNSUPPORTED_REPLAY";

/** Something is not proven. `code` says what, `cause` what lies beneath where there is something. */
export class VerificationError extends Error {
  readonly code: VerificationErrorCode;
  constructor(code: VerificationErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "VerificationError";
    this.code = code;
  }
}
