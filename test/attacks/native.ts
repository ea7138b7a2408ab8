/** Signature checks in C, for the tests that make very many: libsecp256k1, and OpenSSL for P-256. noble takes about forty times as long. */
import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes } from "assay/statement/bytes";
import type { PublicKey } from "assay/statement/cose-key";
import { parseSign1, signatureInput } from "assay/statement/sign1";
import { StatementError } from "assay/statement/statement-error";
import secp256k1 from "secp256k1";
import { verifySignature, type SignatureVerifier } from "../../client/signature.ts";
import { orderOf } from "./parties.ts";

const halfOrder = Buffer.from((orderOf("P-256") / 2n).toString(16).padStart(64, "0"), "hex");
const keys = new WeakMap<Uint8Array, KeyObject>();

/**
 * A verifier that knows what is signed in these objects, since OpenSSL hashes by itself and a `SignatureVerifier` is only told a digest.
 * Any other digest goes to noble if the key is of P-256.
 */
export function nativeVerifier(...objects: readonly (Uint8Array | undefined)[]): SignatureVerifier {
  return (publicKey, digest, signature) => {
    if (publicKey.curve === "secp256k1") return k1(publicKey, digest, signature);
    for (const object of objects) {
      const input = object === undefined ? undefined : signedPart(object);
      if (input !== undefined && equalBytes(sha256(input), digest)) return r1(publicKey, input, signature);
    }
    return verifySignature(publicKey, digest, signature);
  };
}

function k1({ point }: PublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    return secp256k1.ecdsaVerify(signature, digest, point);
  } catch {
    // r or s not below the order
    return false;
  }
}

function r1({ point }: PublicKey, input: Uint8Array, signature: Uint8Array): boolean {
  if (Buffer.compare(signature.subarray(32), halfOrder) > 0) return false;
  let key = keys.get(point);
  if (key === undefined) {
    const coordinate = (start: number): string => Buffer.from(point.subarray(start, start + 32)).toString("base64url");
    key = createPublicKey({ key: { kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33) }, format: "jwk" });
    keys.set(point, key);
  }
  return verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature);
}

/** What is signed in an object; undefined if that is not in it, or if it is none. */
function signedPart(object: Uint8Array): Uint8Array | undefined {
  try {
    const { protectedBytes, payload } = parseSign1(object);
    return payload === null ? undefined : signatureInput(protectedBytes, payload);
  } catch (error) {
    if (error instanceof StatementError) return undefined;
    throw error;
  }
}
