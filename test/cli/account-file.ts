/** Key files of anvil's accounts, for commands that sign. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";

/** Writes the key of an account of anvil's test phrase to a file in `folder`, as `--account` takes it; returns its path. */
export async function accountFile(folder: string, index: number): Promise<string> {
  const file = join(folder, `account-${index}.key`);
  const { privateKey } = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: index }).getHdKey();
  await writeFile(file, `${toHex(privateKey!)}\n`, { mode: 0o600 });
  return file;
}
