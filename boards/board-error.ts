/** What can be wrong between an app and a board. */
export type BoardErrorCode =
  /** the engine refuses a model of the app */
  | "MODEL_REFUSED"
  /** the app's models take more memory than the board has for them */
  | "MODELS_TOO_LARGE";

/** An app that does not fit a board. The message says what was expected and what came. */
export class BoardError extends Error {
  override readonly name = "BoardError";
  readonly code: BoardErrorCode;

  constructor(code: BoardErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
