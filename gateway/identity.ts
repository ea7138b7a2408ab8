/** The gateway's own key: it signs the policy, receipts and checkpoints. Its id is made as device ids are (RFC 9679). */
import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { deviceId, thumbprint } from "assay/statement/cose-key";
import type { PublicKey } from "assay/statement/cose-key";
import type { Signer } from "assay/statement/signer";
import secp256k1 from "secp256k1";
import { GatewayError, reasonOf } from "./gateway-error.ts";
import { sha256 } from "./log.ts";

/** Who the gateway is. The private key stays inside. */
export interface GatewayIdentity {
  /** Base64url of the key's thumbprint, 43 characters. */
  readonly id: string;
  /** The thumbprint, 32 bytes. */
  readonly keyId: Uint8Array;
  readonly signer: Signer;
}

/**
 * Reads the key from its file (64 hexadecimal digits), or makes one at the first start. The file is readable by its owner only.
 *
 * @throws {GatewayError} `KEY_FAILED`
 */
export async function openIdentity(file: string): Promise<GatewayIdentity> {
  try {
    return identityOf((await readKey(file)) ?? (await makeKey(file)));
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("KEY_FAILED", `expected to read or make the gateway's key ${file}: ${reasonOf(cause)}`, { cause });
  }
}

async function readKey(file: string): Promise<Uint8Array | undefined> {
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
  if (key === undefined || !secp256k1.privateKeyVerify(key)) throw new GatewayError("KEY_FAILED", `expected ${file} to hold a private key as 64 hexadecimal digits; restore it, or remove it to start a new log under a new key`);
  return key;
}

async function makeKey(file: string): Promise<Uint8Array> {
  let key: Uint8Array;
  do key = new Uint8Array(randomBytes(32));
  while (!secp256k1.privateKeyVerify(key));
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${Buffer.from(key).toString("hex")}\n`, { mode: 0o600, flag: "w", flush: true });
  await chmod(temporary, 0o600);
  // link fails if another gateway made the key in the same moment; rename would replace it.
  await link(temporary, file).finally(() => rm(temporary));
  return key;
}

function identityOf(privateKey: Uint8Array): GatewayIdentity {
  const publicKey: PublicKey = { curve: "secp256k1", point: new Uint8Array(secp256k1.publicKeyCreate(privateKey, false)) };
  const print = thumbprint(publicKey, sha256);
  const signer: Signer = {
    publicKey,
    sign: (digest) => new Uint8Array(secp256k1.ecdsaSign(digest, privateKey).signature),
  };
  return { id: deviceId(print), keyId: print, signer };
}
