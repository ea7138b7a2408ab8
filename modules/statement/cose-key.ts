/** Public keys as COSE_Keys (RFC 9052 §7, RFC 9053 §7.1.1, RFC 8812 §3.1), and what is derived from them: thumbprint, device id, key id. */
import { decodeBase64url, encodeBase64url } from "assay/statement/base64url";
import { equalBytes } from "assay/statement/bytes";
import { decode, encode, type CborValue } from "assay/statement/cbor";
import { StatementError } from "assay/statement/statement-error";

/** SHA-256: 32 bytes for any bytes. Devices, Node and browsers each pass in their own. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Bytes of an uncompressed point, 04 || x || y (SEC 1 §2.3.3). */
export const POINT_LENGTH = 65;
/** The curves that keys may be of. */
export type CurveName = "secp256k1" | "P-256";

/** A public key: a point of a curve. Whether it is on the curve is checked by whoever verifies with it. */
export interface PublicKey {
  readonly curve: CurveName;
  /** 65 bytes, 04 || x || y */
  readonly point: Uint8Array;
}

/** Bytes of a key id: a thumbprint. */
export const KEY_ID_LENGTH = 32;
/** Bytes of it that an inference carries, for size. Which key to try is all that it says (RFC 9052 §3.1). */
export const SHORT_KEY_ID_LENGTH = 4;
/** Characters of a device id. */
export const DEVICE_ID_LENGTH = 43;

const KTY = 1;
const KTY_EC2 = 2;
const EC2_CURVE = -1;
const EC2_X = -2;
const EC2_Y = -3;
/** RFC 8812 §3.1, RFC 9053 §7.1. */
const COSE_SECP256K1 = 8;
const COSE_P256 = 1;

/**
 * The COSE_Key map {kty: EC2, crv, x, y} of a public key, as a value to encode.
 * @throws StatementError `BAD_KEY`
 */
export function publicKeyMap({ curve, point }: PublicKey): ReadonlyMap<number, CborValue> {
  if (point.length !== POINT_LENGTH || point[0] !== 4) throw new StatementError("BAD_KEY", `expected a public key of 65 bytes that begins with 04, got ${point.length} bytes`);
  return new Map<number, CborValue>([
    [KTY, KTY_EC2],
    [EC2_CURVE, curve === "secp256k1" ? COSE_SECP256K1 : COSE_P256],
    [EC2_X, point.subarray(1, 33)],
    [EC2_Y, point.subarray(33)],
  ]);
}

/**
 * The public key in a decoded COSE_Key. Exactly the four parameters of `publicKeyMap` are allowed.
 * @throws StatementError `BAD_KEY`
 */
export function readPublicKey(key: CborValue | undefined): PublicKey {
  if (key instanceof Map && key.size === 4 && key.get(KTY) === KTY_EC2) {
    const curve: unknown = key.get(EC2_CURVE);
    const x: unknown = key.get(EC2_X);
    const y: unknown = key.get(EC2_Y);
    if ((curve === COSE_SECP256K1 || curve === COSE_P256) && x instanceof Uint8Array && x.length === 32 && y instanceof Uint8Array && y.length === 32) {
      const point = new Uint8Array(POINT_LENGTH);
      point[0] = 4;
      point.set(x, 1);
      point.set(y, 33);
      return { curve: curve === COSE_SECP256K1 ? "secp256k1" : "P-256", point };
    }
  }
  throw new StatementError("BAD_KEY", "expected a COSE_Key {1: 2, -1: 8 or 1, -2: 32 bytes, -3: 32 bytes}");
}

/** Whether two keys are the same. */
export function equalKeys(a: PublicKey, b: PublicKey): boolean {
  return a.curve === b.curve && equalBytes(a.point, b.point);
}

/**
 * The COSE_Key of a public key, 75 bytes: how keys are written down.
 * @throws StatementError `BAD_KEY`
 */
export function encodePublicKey(publicKey: PublicKey): Uint8Array {
  return encode(publicKeyMap(publicKey));
}

/**
 * The public key that `bytes` are the COSE_Key of.
 * @throws StatementError `BAD_KEY` and the codes of `decode`
 */
export function decodePublicKey(bytes: Uint8Array): PublicKey {
  return readPublicKey(decode(bytes));
}

/** The key's COSE Key Thumbprint (RFC 9679 §3): SHA-256 of the deterministic COSE_Key with its required parameters only. 32 bytes. */
export function thumbprint(publicKey: PublicKey, sha256: Sha256): Uint8Array {
  return sha256(encodePublicKey(publicKey));
}

/** The id of the device whose first key has this thumbprint: its base64url, 43 characters. Gateways are named in the same way. */
export function deviceId(thumbprint: Uint8Array): string {
  return encodeBase64url(thumbprint);
}

/** True if `text` is the base64url of 32 bytes. */
export function isDeviceId(text: string): boolean {
  return text.length === DEVICE_ID_LENGTH && decodeBase64url(text) !== undefined;
}
