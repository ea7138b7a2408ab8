/** The gateway's own key: it signs the policy, receipts and checkpoints. Its id is made as device ids are (RFC 9679). */
import { deviceId, thumbprint } from "assay/statement/cose-key";
import type { PublicKey } from "assay/statement/cose-key";
import type { Signer } from "assay/statement/signer";
import secp256k1 from "secp256k1";
import { openKeyFile } from "./key-file.ts";
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
  return identityOf(await openKeyFile(file, "the gateway's key", (key) => secp256k1.privateKeyVerify(key)));
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
