/** What can go wrong in the gateway itself. What is wrong with a statement is a {@link RejectionCode}, not an error. */
export type GatewayErrorCode =
  /** An option is out of range. */
  | "OPTION_INVALID"
  /** The MQTT broker does not answer or refuses the connection. */
  | "BROKER_UNREACHABLE"
  /** The broker does not grant the subscriptions. */
  | "SUBSCRIPTION_REFUSED"
  /** The chain's RPC does not answer. */
  | "RPC_UNREACHABLE"
  /** There is no such contract at the address given. */
  | "CONTRACT_MISSING"
  /** The chain account is not the operator of the log contract. */
  | "NOT_OPERATOR"
  /** The anchored head is not a head of the stored log. */
  | "LOG_DIVERGED"
  /** The chain refuses the anchor transaction. */
  | "ANCHOR_REFUSED"
  /** The store cannot be opened, read or written. */
  | "STORE_FAILED"
  /** The gateway's key file cannot be read or made. */
  | "KEY_FAILED"
  /** The port for HTTP cannot be listened on. */
  | "HTTP_FAILED"
  /** A witness does not answer, or refuses the checkpoint. */
  | "WITNESS_FAILED"
  /** The log has no such statement. */
  | "NO_STATEMENT"
  /** Something did not end in time. */
  | "TIMEOUT"
  /** The gateway was closed meanwhile. */
  | "CLOSED";

/** An error of `gateway/`: a closed code, a message that says what was expected and what to do, and the cause. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The first line of an error's message, for a log line (viem's messages go over pages). */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? "";
}
