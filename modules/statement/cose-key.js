/** Public keys as COSE_Keys (RFC 9052 §7, RFC 8812 §3.1), and what is derived from them: thumbprint, device id, key id. */
import { decodeBase64url, encodeBase64url } from "assay/statement/base64url";
import { decode, encode } from "assay/statement/cbor";
import { StatementError } from "assay/statement/statement-error";
/** Bytes of an uncompressed public key, 04 || x || y. */
export const PUBLIC_KEY_LENGTH = 65;
/** Bytes of a key id. */
export const KEY_ID_LENGTH = 8;
/** Characters of a device id. */
export const DEVICE_ID_LENGTH = 43;
const KTY = 1;
const KTY_EC2 = 2;
const EC2_CURVE = -1;
const EC2_X = -2;
const EC2_Y = -3;
const CURVE_SECP256K1 = 8;
/**
 * The COSE_Key map {kty: EC2, crv: secp256k1, x, y} of a public key, as a value to encode.
 * @param publicKey 65 bytes, 04 || x || y
 * @throws StatementError `BAD_KEY`
 */
export function publicKeyMap(publicKey) {
    if (publicKey.length !== PUBLIC_KEY_LENGTH || publicKey[0] !== 4)
        throw new StatementError("BAD_KEY", `expected a public key of 65 bytes that begins with 04, got ${publicKey.length} bytes`);
    return new Map([
        [KTY, KTY_EC2],
        [EC2_CURVE, CURVE_SECP256K1],
        [EC2_X, publicKey.subarray(1, 33)],
        [EC2_Y, publicKey.subarray(33)],
    ]);
}
/**
 * The public key (65 bytes) in a decoded COSE_Key. Exactly the four parameters of `publicKeyMap` are allowed.
 * Whether the point is on the curve is checked by whoever verifies with it.
 * @throws StatementError `BAD_KEY`
 */
export function readPublicKey(key) {
    if (key instanceof Map && key.size === 4 && key.get(KTY) === KTY_EC2 && key.get(EC2_CURVE) === CURVE_SECP256K1) {
        const x = key.get(EC2_X);
        const y = key.get(EC2_Y);
        if (x instanceof Uint8Array && x.length === 32 && y instanceof Uint8Array && y.length === 32) {
            const publicKey = new Uint8Array(PUBLIC_KEY_LENGTH);
            publicKey[0] = 4;
            publicKey.set(x, 1);
            publicKey.set(y, 33);
            return publicKey;
        }
    }
    throw new StatementError("BAD_KEY", "expected a COSE_Key {1: 2, -1: 8, -2: 32 bytes, -3: 32 bytes}");
}
/**
 * The COSE_Key of a public key.
 * @param publicKey 65 bytes, 04 || x || y
 * @throws StatementError `BAD_KEY`
 */
export function encodePublicKey(publicKey) {
    return encode(publicKeyMap(publicKey));
}
/**
 * The public key (65 bytes) that `bytes` are the COSE_Key of.
 * @throws StatementError `BAD_KEY` and the codes of `decode`
 */
export function decodePublicKey(bytes) {
    return readPublicKey(decode(bytes));
}
/**
 * The key's COSE Key Thumbprint (RFC 9679 §3): SHA-256 of the deterministic COSE_Key with its required parameters only. 32 bytes.
 * @param publicKey 65 bytes, 04 || x || y
 */
export function thumbprint(publicKey, sha256) {
    return sha256(encodePublicKey(publicKey));
}
/** The id of the device whose first key has this thumbprint: its base64url, 43 characters. Gateways are named in the same way. */
export function deviceId(thumbprint) {
    return encodeBase64url(thumbprint);
}
/** True if `text` is the base64url of 32 bytes. */
export function isDeviceId(text) {
    return text.length === DEVICE_ID_LENGTH && decodeBase64url(text) !== undefined;
}
/** The id of the key with this thumbprint: its first 8 bytes. A hint which key to try (RFC 9052 §3.1), never a proof. */
export function keyId(thumbprint) {
    return thumbprint.slice(0, KEY_ID_LENGTH);
}
