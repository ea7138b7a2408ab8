/** ES256K: ECDSA over secp256k1 with SHA-256 (RFC 8812 §3.2). */
export const ES256K = -47;
/** Bytes of an ES256K signature, r || s (RFC 9053 §2.1). */
export const SIGNATURE_LENGTH = 64;
