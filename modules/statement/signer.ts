/** ES256K: ECDSA over secp256k1 with SHA-256 (RFC 8812 §3.2). */
export const ES256K = -47;
/** Bytes of an ES256K signature, r || s (RFC 9053 §2.1). */
export const SIGNATURE_LENGTH = 64;

/** Whoever signs: a key in software, in a chip, or in a test. Its secret stays behind it. */
export interface Signer {
  /** COSE algorithm */
  readonly algorithm: typeof ES256K;
  /** 65 bytes: 04 || x || y (SEC 1 §2.3.3) */
  readonly publicKey: Uint8Array;
  /** The 64-byte signature r || s of a 32-byte digest: RFC 6979 nonce, low s. */
  sign(digest: Uint8Array): Uint8Array;
}
