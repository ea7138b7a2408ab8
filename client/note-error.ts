/** What keeps a signed note or a checkpoint in note form from being taken. */
export type NoteErrorCode =
  /** larger, or with more signatures, than is read */
  | "TOO_LARGE"
  /** not a signed note: not UTF-8, control characters, no blank line, a line that is no signature line */
  | "BAD_NOTE"
  /** not a verifier key, or two keys with one name and key id */
  | "BAD_KEY"
  /** a trusted key did not make the signature that names it */
  | "BAD_SIGNATURE"
  /** no signature is by a trusted key */
  | "UNSIGNED"
  /** the note's text is not a checkpoint */
  | "BAD_CHECKPOINT"
  /** a checkpoint of another log */
  | "WRONG_ORIGIN"
  /** fewer trusted witnesses have cosigned than are asked for */
  | "TOO_FEW_WITNESSES";

/** A note that is not taken. `code` says why. */
export class NoteError extends Error {
  override readonly name = "NoteError";
  readonly code: NoteErrorCode;

  constructor(code: NoteErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
