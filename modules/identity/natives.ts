/** The identity's natives (identity-xs.c): SHA-256 and ECDSA of libsecp256k1. Device only. */
import type { Curve } from "assay/identity/key-store";

const nativeSha256 = native<(...buffers: Uint8Array[]) => ArrayBuffer>("xs_identity_sha256");
const nativePublicKey = native<(secret: Uint8Array) => ArrayBuffer | undefined>("xs_identity_publicKey");
const nativeSign = native<(secret: Uint8Array, digest: Uint8Array) => ArrayBuffer>("xs_identity_sign");
const nativeVerify = native<(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) => boolean>("xs_identity_verify");

/** SHA-256 of the bytes, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(nativeSha256(bytes));
}

/** ECDSA over secp256k1 in C. */
export const curve: Curve = Object.freeze({
  publicKey(secret: Uint8Array): Uint8Array | undefined {
    const key = nativePublicKey(secret);
    return key === undefined ? undefined : new Uint8Array(key);
  },
  sign(secret: Uint8Array, digest: Uint8Array): Uint8Array {
    return new Uint8Array(nativeSign(secret, digest));
  },
});

/** Whether r || s (64 bytes) is the signature of a digest (32 bytes) by a public key (65 bytes, 04 || x || y). High s is refused. */
export function verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  return nativeVerify(publicKey, digest, signature);
}
