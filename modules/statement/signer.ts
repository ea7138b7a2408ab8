/**
 * Signature algorithms of COSE, and whoever signs with them. A key in software signs with ES256K; a key in a security chip, of which most know
 * P-256 only, with ESP256. Both hash with SHA-256, and of both only signatures with a low s count.
 */
import type { CurveName, PublicKey } from "assay/statement/cose-key";

/** ES256K: ECDSA over secp256k1 (RFC 8812 §3.2). */
export const ES256K = -47;
/** ESP256: ECDSA over P-256 (RFC 9864 §2.1). */
export const ESP256 = -9;
/** ES256 (RFC 9053 §2.1): what ESP256 was called before it was bound to its curve. Taken with a P-256 key, never made. */
export const ES256 = -7;
/** Bytes of a signature, r || s (RFC 9053 §2.1). */
export const SIGNATURE_LENGTH = 64;

/** A COSE algorithm that may stand in a header. */
export type Algorithm = typeof ES256K | typeof ESP256 | typeof ES256;

/** The curve that an algorithm is for, or undefined if the value names none of ours. */
export function curveOf(algorithm: unknown): CurveName | undefined {
  if (algorithm === ES256K) return "secp256k1";
  return algorithm === ESP256 || algorithm === ES256 ? "P-256" : undefined;
}

/** The algorithm that keys of a curve sign with. */
export function algorithmOf(curve: CurveName): typeof ES256K | typeof ESP256 {
  return curve === "secp256k1" ? ES256K : ESP256;
}

/** Whoever signs: a key in software, in a chip, or in a test. Its secret stays behind it. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** The 64-byte signature r || s of a 32-byte digest, s at most n/2; with secp256k1 the nonce is that of RFC 6979. */
  sign(digest: Uint8Array): Uint8Array;
}
