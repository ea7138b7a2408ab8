/** What can go wrong around the contracts: compiling them, running a local chain, deploying. */
export type ContractErrorCode =
  /** solc reported an error or a warning; the message holds its text. */
  | "COMPILE_FAILED"
  /** A contract source is not where it should be. */
  | "SOURCE_MISSING"
  /** The anvil program for this platform is not installed. */
  | "ANVIL_MISSING"
  /** The port asked for is taken. */
  | "PORT_IN_USE"
  /** anvil ended or did not answer in time. */
  | "ANVIL_FAILED"
  /** The RPC endpoint does not answer. */
  | "RPC_UNREACHABLE"
  /** The chain refused or reverted a deployment. */
  | "DEPLOY_FAILED";

/** An error of `contracts/`: a closed code, a message that says what was expected and what to do, and the cause. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  readonly code: ContractErrorCode;

  constructor(code: ContractErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
