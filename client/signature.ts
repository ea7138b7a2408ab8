import { p256 } from "@noble/curves/nist.js";
import { verify } from "@noble/secp256k1";
import { POINT_LENGTH, type PublicKey } from "assay/statement/cose-key";
import { SIGNATURE_LENGTH } from "assay/statement/signer";

/** Whether `signature` (64 bytes, r || s) is `publicKey`'s of `digest` (32 bytes). Has to refuse a high s. */
export type SignatureVerifier = (publicKey: PublicKey, digest: Uint8Array, signature: Uint8Array) => boolean;

/**
 * ECDSA over secp256k1 and P-256 in plain JavaScript, the same in Node and in browsers. Low s only: a high s would be a second valid signature
 * of the same statement, with another digest and so another leaf of the log. False for a key that is no point of its curve.
 */
export const verifySignature: SignatureVerifier = ({ curve, point }, digest, signature) => {
  if (point.length !== POINT_LENGTH || point[0] !== 4 || digest.length !== 32 || signature.length !== SIGNATURE_LENGTH) return false;
  if (curve === "secp256k1") return verify(signature, digest, point, { prehash: false, lowS: true });
  try {
    return p256.verify(signature, digest, point, { prehash: false, lowS: true });
  } catch {
    // Thrown for a key that is no point of the curve, and for r or s out of range: by no key a valid signature.
    return false;
  }
};
