/** The account that signs a command's transactions. */
import { open } from "node:fs/promises";
import { Option } from "commander";
import type { Hex, LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { CliError } from "./cli-error.ts";

/** The variable that may hold the account's key, for services whose secrets come by the environment. */
const ACCOUNT_VARIABLE = "ASSAY_ACCOUNT_KEY";

/** The rights of group and others. */
const FOREIGN = 0o077;

/** `--account FILE`. @param role what the account is for, such as "that owns the devices" */
export function accountOption(role: string): Option {
  return new Option("--account <FILE>", `file (mode 0600) with the private key (0x and 64 hexadecimal digits) ${role}; or in ${ACCOUNT_VARIABLE}`);
}

/**
 * Reads the account's key, from a file that nobody else can read or from the environment, never from the command line; its text is in no message.
 * @param role what the account is for, such as "that pays for anchors"
 * @param exitCode of the errors
 * @throws CliError `BAD_USAGE` without a key, `BAD_FILE`
 */
export async function readAccount(file: string | undefined, role: string, exitCode = 1): Promise<LocalAccount> {
  const text = file === undefined ? process.env[ACCOUNT_VARIABLE] : await readSecret(file, exitCode);
  if (text === undefined) throw new CliError("BAD_USAGE", `expected the account ${role}: --account FILE, or ${ACCOUNT_VARIABLE} in the environment`, { exitCode });
  const key = text.trim();
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) throw new CliError("BAD_FILE", `${file ?? ACCOUNT_VARIABLE}: expected 0x and 64 hexadecimal digits`, { exitCode });
  try {
    return privateKeyToAccount(key as Hex);
  } catch {
    // Without a cause: that one's message may hold the key.
    throw new CliError("BAD_FILE", `${file ?? ACCOUNT_VARIABLE}: expected a private key of secp256k1, from 1 to the order less 1`, { exitCode });
  }
}

async function readSecret(file: string, exitCode: number): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      const { mode } = await handle.stat();
      if (process.platform !== "win32" && (mode & FOREIGN) !== 0) throw new Error(`others can read it (mode ${(mode & 0o777).toString(8)}); run chmod 600 on it`);
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a private key in ${file}: ${(cause as Error).message}`, { cause, exitCode });
  }
}
