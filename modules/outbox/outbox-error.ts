/** Why the outbox did not do what it was asked to. */
export type OutboxErrorCode =
  /** the flash has a geometry that the outbox cannot use */
  | "BAD_FLASH"
  /** an option out of range */
  | "BAD_OPTION"
  /** no erase block can be reclaimed before more statements are acknowledged; nothing was written or lost */
  | "FULL"
  /** a record longer than `maxRecordBytes`, or empty */
  | "BAD_LENGTH"
  /** not the sequence number after the head's */
  | "BAD_SEQUENCE"
  /** an acknowledgement of something that was never stored, or that is no sequence number */
  | "BAD_ACK"
  /** the flash proves that a newer record existed than any that is readable: the hash chain cannot go on from here */
  | "HEAD_LOST"
  /** reading, writing or erasing failed, or what was written does not read back */
  | "FLASH";

/** An error of the outbox; `code` says which, the message says what was expected and what came. */
export class OutboxError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "OutboxError";
  readonly code: OutboxErrorCode;
  constructor(code: OutboxErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
