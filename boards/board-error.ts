/** What can be wrong between an app and a board. */
export type BoardErrorCode =
  /** the engine refuses a model of the app */
  | "MODEL_REFUSED"
  /** the app's models take more memory than the board has for them */
  | "MODELS_TOO_LARGE"
  /** the firmware takes more flash or memory than the board has */
  | "IMAGE_TOO_LARGE"
  /** what was built cannot be packed for the board, or the app does not say who it is */
  | "BUILD_FAILED"
  /** this machine lacks programs or packages; the message has the lines that install them */
  | "MISSING_REQUIREMENT"
  /** no board of that name */
  | "NO_BOARD"
  /** an option out of range, or one that this board does not have */
  | "BAD_OPTION"
  /** the board, or the way to it, did not take the image */
  | "FLASH_FAILED"
  /** the board's output cannot be followed */
  | "MONITOR_FAILED"
  /** the Moddable SDK, which this board's firmware is built with, is not there or its tools are not built */
  | "NO_SDK"
  /** there is no app at that path, or it has files that cannot go to this board */
  | "BAD_APP"
  /** the SDK refused the app, or its output is not what was expected; the message has what it printed */
  | "SDK_FAILED"
  /** a module imports another that this board does not have */
  | "UNRESOLVED_IMPORT";

/** An app that does not fit a board, or a board that cannot be reached. The message says what was expected and what came. */
export class BoardError extends Error {
  override readonly name = "BoardError";
  readonly code: BoardErrorCode;

  constructor(code: BoardErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
