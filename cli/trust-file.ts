/** Trust roots as a file: which devices and which logs a person believes. */
import { readFile, writeFile } from "node:fs/promises";
import { formatTrustRoots, parseTrustRoots, type TrustRoots } from "../client/trust-roots.ts";
import { VerificationError } from "../client/verification-error.ts";
import { CliError } from "./cli-error.ts";

export type { TrustRoots } from "../client/trust-roots.ts";

/**
 * Reads a trust file.
 * @throws CliError `BAD_FILE`, naming the field and what was expected
 */
export async function readTrust(file: string): Promise<TrustRoots> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a trust file at ${file}: ${(cause as Error).message}`, { cause, exitCode: 2 });
  }
  try {
    return parseTrustRoots(text);
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause;
    throw new CliError("BAD_FILE", `${file}: ${cause.message}`, { cause, exitCode: 2 });
  }
}

/** Writes a trust file. It holds no secrets, but whoever can change it decides what is believed: readable and writable by its owner. */
export async function writeTrust(file: string, trust: TrustRoots): Promise<void> {
  await writeFile(file, formatTrustRoots(trust), { mode: 0o600 });
}
