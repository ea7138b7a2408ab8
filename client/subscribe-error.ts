/** Why a subscription ended. */
export type SubscribeErrorCode =
  /** an option that cannot be meant */
  | "BAD_OPTION"
  /** no connection to the broker within the time allowed */
  | "CANNOT_CONNECT"
  /** the broker refused the connection or a subscription */
  | "REFUSED";

/** A subscription could not begin. Once it has begun, lost connections are made again. */
export class SubscribeError extends Error {
  readonly code: SubscribeErrorCode;
  constructor(code: SubscribeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "SubscribeError";
    this.code = code;
  }
}
