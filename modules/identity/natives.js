const nativeSha256 = native("xs_identity_sha256");
const nativePublicKey = native("xs_identity_publicKey");
const nativeSign = native("xs_identity_sign");
const nativeVerify = native("xs_identity_verify");
/** SHA-256 of the bytes, 32 bytes. */
export function sha256(bytes) {
    return new Uint8Array(nativeSha256(bytes));
}
/** ECDSA over secp256k1 in C. */
export const curve = {
    publicKey(secret) {
        const key = nativePublicKey(secret);
        return key === undefined ? undefined : new Uint8Array(key);
    },
    sign(secret, digest) {
        return new Uint8Array(nativeSign(secret, digest));
    },
};
/** Whether r || s (64 bytes) is the signature of a digest (32 bytes) by a public key (65 bytes, 04 || x || y). High s is refused. */
export function verify(publicKey, digest, signature) {
    return nativeVerify(publicKey, digest, signature);
}
