/** Keys of tests: fixed secrets that everybody can see, signing with noble. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as secp from "@noble/secp256k1";
import { deviceId, keyId, thumbprint } from "assay/statement/cose-key";
import { ES256K, type Signer } from "assay/statement/signer";

secp.hashes.sha256 = sha256;
secp.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

/** A key with all that is derived from it. */
export interface TestKey {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly id: string;
  readonly keyId: Uint8Array;
  readonly signer: Signer;
}

/** Signs with a secret key, through noble. */
export function signerOf(secret: Uint8Array): Signer {
  return { algorithm: ES256K, publicKey: secp.getPublicKey(secret, false), sign: (digest) => secp.sign(digest, secret, { prehash: false, lowS: true }) };
}

/** The key whose secret is SHA-256 of `name`. */
export function testKey(name: string): TestKey {
  const secret = sha256(new TextEncoder().encode(name));
  const signer = signerOf(secret);
  const print = thumbprint(signer.publicKey, sha256);
  return { secret, publicKey: signer.publicKey, id: deviceId(print), keyId: keyId(print), signer };
}
