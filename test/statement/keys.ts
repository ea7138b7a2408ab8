/** Keys of tests: fixed secrets that everybody can see, signing with noble. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { p256 } from "@noble/curves/nist.js";
import * as secp from "@noble/secp256k1";
import { deviceId, thumbprint, type CurveName, type PublicKey } from "assay/statement/cose-key";
import type { Signer } from "assay/statement/signer";

secp.hashes.sha256 = sha256;
secp.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

/** A key with all that is derived from it. */
export interface TestKey {
  readonly secret: Uint8Array;
  readonly publicKey: PublicKey;
  readonly id: string;
  readonly keyId: Uint8Array;
  readonly signer: Signer;
}

/** Signs with a secret key, through noble. */
export function signerOf(secret: Uint8Array): Signer {
  return { publicKey: { curve: "secp256k1", point: secp.getPublicKey(secret, false) }, sign: (digest) => secp.sign(digest, secret, { prehash: false, lowS: true }) };
}

/** Signs with P-256, as a security chip does; low s, which chips leave to whoever drives them. */
export function p256SignerOf(secret: Uint8Array): Signer {
  return { publicKey: { curve: "P-256", point: p256.getPublicKey(secret, false) }, sign: (digest) => p256.sign(digest, secret, { prehash: false, lowS: true }) };
}

/** Signs with a secret key of either curve. */
export function signerFor(secret: Uint8Array, curve: CurveName): Signer {
  return curve === "P-256" ? p256SignerOf(secret) : signerOf(secret);
}

/** The key whose secret is SHA-256 of `name`. */
export function testKey(name: string, make: (secret: Uint8Array) => Signer = signerOf): TestKey {
  const secret = sha256(new TextEncoder().encode(name));
  const signer = make(secret);
  const print = thumbprint(signer.publicKey, sha256);
  return { secret, publicKey: signer.publicKey, id: deviceId(print), keyId: print, signer };
}
