/** Why a recording could not be made or read. */
export type RecordingErrorCode =
  /** a file of `/proc` that is missing or does not look as proc(5) says */
  | "BAD_PROC"
  /** a CSV file without the sensor's columns, or with a cell that is no number */
  | "BAD_FILE"
  /** a command line option out of range */
  | "BAD_OPTION";

/** A recording that cannot be made or read. */
export class RecordingError extends Error {
  readonly code: RecordingErrorCode;
  constructor(code: RecordingErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "RecordingError";
    this.code = code;
  }
}
