/**
 * Signatures by libsecp256k1, and by noble for P-256, with low S enforced (a profile rule: COSE itself takes both forms, and so makes
 * signatures malleable).
 */
import { p256 } from "@noble/curves/nist.js";
import type { PublicKey } from "assay/statement/cose-key";
import secp256k1 from "secp256k1";

/** n/2, rounded down, big-endian (SEC 2 §2.4.1, §2.4.2). */
const halfOrder = {
  secp256k1: Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex"),
  "P-256": Buffer.from("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8", "hex"),
};

/** True if s of a 64-byte signature r || s is above n/2 of the key's curve. */
export function hasHighS(signature: Uint8Array, { curve }: PublicKey): boolean {
  return Buffer.compare(signature.subarray(32), halfOrder[curve]) > 0;
}

/**
 * Whether a signature with low S is right.
 *
 * @param digest 32 bytes
 * @param signature r || s, 64 bytes
 */
export function verifySignature({ curve, point }: PublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    return curve === "secp256k1" ? secp256k1.ecdsaVerify(signature, digest, point) : p256.verify(signature, digest, point, { prehash: false, lowS: true });
  } catch {
    // Both throw for r or s not below n and for a key that is no point: not a valid signature by any key.
    return false;
  }
}
