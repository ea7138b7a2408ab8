/** ES256K signatures by libsecp256k1, with low S enforced (a profile rule: COSE itself takes both forms, and so makes signatures malleable). */
import secp256k1 from "secp256k1";

/** n/2 of secp256k1, rounded down, big-endian (SEC 2 §2.4.1). */
const halfOrder = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");

/** True if s of a 64-byte signature r || s is above n/2. */
export function hasHighS(signature: Uint8Array): boolean {
  return Buffer.compare(signature.subarray(32), halfOrder) > 0;
}

/**
 * Whether a signature with low S is right.
 *
 * @param signature r || s, 64 bytes
 * @param digest 32 bytes
 * @param publicKey 65 bytes, 04 || x || y
 */
export function verifySignature(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return secp256k1.ecdsaVerify(signature, digest, publicKey);
  } catch {
    // The addon throws for r or s not below n and for a key that is no point: not a valid signature by any key.
    return false;
  }
}
