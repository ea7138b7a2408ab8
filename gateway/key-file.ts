/** A private key of 32 bytes in a file of the data folder, which only its owner can read. */
import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { GatewayError, reasonOf } from "./gateway-error.ts";

/**
 * Reads a key from its file (64 hexadecimal digits), or makes one at the first start. The file is readable by its owner only.
 *
 * @param what names the key in messages
 * @param isKey whether 32 bytes are a private key
 * @throws {GatewayError} `KEY_FAILED`
 */
export async function openKeyFile(file: string, what: string, isKey: (bytes: Uint8Array) => boolean): Promise<Uint8Array> {
  try {
    return (await readKey(file, isKey)) ?? (await makeKey(file, isKey));
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("KEY_FAILED", `expected to read or make ${what} ${file}: ${reasonOf(cause)}`, { cause });
  }
}

async function readKey(file: string, isKey: (bytes: Uint8Array) => boolean): Promise<Uint8Array | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const { mode } = await stat(file);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) throw new GatewayError("KEY_FAILED", `expected ${file} to be readable by its owner only, got mode ${(mode & 0o777).toString(8)}; run chmod 600 on it`);
  const key = /^[0-9a-f]{64}\s*$/.test(text) ? new Uint8Array(Buffer.from(text.trim(), "hex")) : undefined;
  if (key === undefined || !isKey(key)) throw new GatewayError("KEY_FAILED", `expected ${file} to hold a private key as 64 hexadecimal digits; restore it, or remove it to start a new log under a new key`);
  return key;
}

async function makeKey(file: string, isKey: (bytes: Uint8Array) => boolean): Promise<Uint8Array> {
  let key: Uint8Array;
  do key = new Uint8Array(randomBytes(32));
  while (!isKey(key));
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${Buffer.from(key).toString("hex")}\n`, { mode: 0o600, flag: "w", flush: true });
  await chmod(temporary, 0o600);
  // link fails if another gateway made the key in the same moment; rename would replace it.
  await link(temporary, file).finally(() => rm(temporary));
  return key;
}
