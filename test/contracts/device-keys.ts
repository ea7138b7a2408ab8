/** Device keys of both curves, and what they sign for the registry: written out from the formats, not taken from the contract. */
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { encode } from "assay/statement/cbor";
import type { CborMap } from "assay/statement/cbor";
import { signatureInput } from "assay/statement/sign1";
import { bytesToHex, hexToBytes, numberToBytes, toHex } from "viem";
import type { Address, Hex } from "viem";
import { curveNumber } from "../../contracts/abi.ts";
import { sha256 } from "../../gateway/log.ts";

export type CurveName = "secp256k1" | "p256";
export const curveNames: readonly CurveName[] = ["secp256k1", "p256"];

const curves = { secp256k1, p256 } as const;
const algorithms = { secp256k1: -47, p256: -9 } as const;
const crv = { secp256k1: 8, p256: 1 } as const;

export interface Signature {
  readonly r: Hex;
  readonly s: Hex;
}

export interface DeviceKey {
  readonly curve: CurveName;
  /** As the registry takes it. */
  readonly publicKey: { readonly curve: number; readonly x: Hex; readonly y: Hex };
  /** RFC 9679. */
  readonly thumbprint: Hex;
  /** COSE algorithm: -47 or -9. */
  readonly algorithm: number;
  /**
   * Low-S signature of a digest, 64 bytes; the nonce is that of RFC 6979, or another with `entropy` (32 bytes).
   */
  sign(digest: Uint8Array, entropy?: Uint8Array): Uint8Array;
}

/** A key by its number, 1 to 255. */
export function deviceKey(curve: CurveName, seed: number): DeviceKey {
  const secret = new Uint8Array(32).fill(seed);
  const point = curves[curve].getPublicKey(secret, false);
  const x = point.subarray(1, 33);
  const y = point.subarray(33);
  const coseKey: CborMap = new Map<number, number | Uint8Array>([[1, 2], [-1, crv[curve]], [-2, x], [-3, y]]);
  return {
    curve,
    publicKey: { curve: curveNumber[curve], x: toHex(x), y: toHex(y) },
    thumbprint: toHex(sha256(encode(coseKey))),
    algorithm: algorithms[curve],
    sign: (digest, entropy) => curves[curve].sign(digest, secret, { prehash: false, lowS: true, ...(entropy === undefined ? {} : { extraEntropy: entropy }) }),
  };
}

/** The other signature with the same r, which ECDSA takes too: n - s. */
export function highS(curve: CurveName, signature: Uint8Array): Uint8Array {
  const order = curves[curve].Point.Fn.ORDER;
  const s = BigInt(bytesToHex(signature.subarray(32)));
  return Uint8Array.of(...signature.subarray(0, 32), ...numberToBytes(order - s, { size: 32 }));
}

/** A signature as the registry takes it. */
export function signatureOf(bytes: Uint8Array): Signature {
  return { r: bytesToHex(bytes.subarray(0, 32)), s: bytesToHex(bytes.subarray(32)) };
}

/** Where a proof is for. */
export interface Place {
  readonly chainId: number;
  readonly registry: Address;
}

/** SHA-256 of the Sig_structure with the protected header {1: alg}. */
function proofDigest(key: DeviceKey, payload: Uint8Array): Uint8Array {
  return sha256(signatureInput(encode(new Map([[1, key.algorithm]])), payload));
}

/** What a device's first key signs to be registered. */
export function registrationDigest(key: DeviceKey, place: Place, owner: Address, simulator: boolean): Uint8Array {
  return proofDigest(key, encode(["assay-register", numberToBytes(place.chainId, { size: 32 }), hexToBytes(place.registry), hexToBytes(owner), simulator]));
}

/** What `by` signs to put `newKey` into use. */
export function rotationDigest(by: DeviceKey, place: Place, deviceId: Hex, newKey: DeviceKey, keyCount: number): Uint8Array {
  const payload = ["assay-rotate", numberToBytes(place.chainId, { size: 32 }), hexToBytes(place.registry), hexToBytes(deviceId), hexToBytes(newKey.thumbprint), numberToBytes(keyCount, { size: 4 })];
  return proofDigest(by, encode(payload));
}
