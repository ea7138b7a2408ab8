/** Why a command did not do what was asked. */
export type CliErrorCode =
  /** an option or argument out of range */
  | "BAD_USAGE"
  /** a file that is not there, cannot be read or is not what it should be */
  | "BAD_FILE"
  /** the machine lacks something that the command needs */
  | "MISSING"
  /** a contract, or the person who was asked, does not want it */
  | "REFUSED";

/** A command that cannot go on: one line for the person, and an exit code. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  /** 1, or 2 where a command's help gives 1 another meaning */
  readonly exitCode: number;
  constructor(code: CliErrorCode, message: string, options: { cause?: unknown; exitCode?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CliError";
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}
