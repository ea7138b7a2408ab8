/** Why the recordings could not be read. */
export type RecordingErrorCode =
  /** the data set is not beside the checkout */
  | "NO_RECORDING"
  /** a CSV file without the data set's columns, with a cell that is no number, or without the recordings that are expected */
  | "BAD_FILE";

/** Recordings that cannot be read. */
export class RecordingError extends Error {
  readonly code: RecordingErrorCode;
  constructor(code: RecordingErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "RecordingError";
    this.code = code;
  }
}
