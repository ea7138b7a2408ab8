/** Asks a person before something is done that cannot be taken back. */
import { createInterface } from "node:readline/promises";
import { CliError } from "./cli-error.ts";

/**
 * Resolves when the person has typed "yes", or has said so beforehand.
 * @param what as in "to revoke it"
 * @throws CliError `BAD_USAGE` if nobody can be asked, `REFUSED` for any other answer
 */
export async function confirm(yes: boolean, what: string): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new CliError("BAD_USAGE", "expected --yes, since nobody can be asked here; nothing was sent");
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    if ((await asking.question(`${what}, type "yes": `)).trim() !== "yes") throw new CliError("REFUSED", "expected yes; nothing was sent");
  } finally {
    asking.close();
  }
}
