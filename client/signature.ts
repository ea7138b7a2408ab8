import { verify } from "@noble/secp256k1";

/** Whether `signature` (64 bytes, r || s) is `publicKey`'s (65 bytes, 04 || x || y) of `digest` (32 bytes). Has to refuse a high s. */
export type SignatureVerifier = (publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) => boolean;

/**
 * ES256K in plain JavaScript, the same in Node and in browsers. Low s only: a high s would be a second valid signature of the same
 * statement, with another digest and so another leaf of the log. False for a key that is no point of the curve.
 */
export const verifySignature: SignatureVerifier = (publicKey, digest, signature) =>
  publicKey.length === 65 && publicKey[0] === 4 && digest.length === 32 && signature.length === 64 && verify(signature, digest, publicKey, { prehash: false, lowS: true });
