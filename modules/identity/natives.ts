/** The identity's natives (identity-xs.c): SHA-256 and ECDSA of libsecp256k1. Device only. */
import type { Curve } from "assay/identity/key-store";

const nativeSha256 = native<(...buffers: Uint8Array[]) => ArrayBuffer>("xs_identity_sha256");
const nativeOpenCurve = native<() => object>("xs_identity_openCurve");
const nativePublicKey = native<(curve: object, secret: Uint8Array) => ArrayBuffer | undefined>("xs_identity_publicKey");
const nativeSign = native<(curve: object, secret: Uint8Array, digest: Uint8Array) => ArrayBuffer>("xs_identity_sign");
const nativeVerify = native<(curve: object, publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) => boolean>("xs_identity_verify");

/** SHA-256 of the bytes, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(nativeSha256(bytes));
}

/** ECDSA over secp256k1 in C. */
export interface NativeCurve extends Curve {
  /** Whether r || s (64 bytes) is the signature of a digest (32 bytes) by a public key (65 bytes, 04 || x || y). High s is refused. */
  verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** Opens the curve, which takes 1 KB of memory in C and twice the time of a signature: once for a program. */
export function openCurve(): NativeCurve {
  const curve = nativeOpenCurve();
  return {
    publicKey(secret) {
      const key = nativePublicKey(curve, secret);
      return key === undefined ? undefined : new Uint8Array(key);
    },
    sign(secret, digest) {
      return new Uint8Array(nativeSign(curve, secret, digest));
    },
    verify(publicKey, digest, signature) {
      return nativeVerify(curve, publicKey, digest, signature);
    },
  };
}
