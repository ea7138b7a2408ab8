/** What of npm's `secp256k1` 5 (libsecp256k1 as a native addon) the gateway uses; the package brings no types. */
declare module "secp256k1" {
  const secp256k1: {
    /** A key may be used: 1 ≤ key < n. */
    privateKeyVerify(privateKey: Uint8Array): boolean;
    /** The public key, 33 bytes or 65. */
    publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
    /** A point on the curve, 33 or 65 bytes. */
    publicKeyVerify(publicKey: Uint8Array): boolean;
    /** RFC 6979 nonce, low-S; `signature` is r || s. */
    ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
    /** False for a high S too; throws for r or s not below n and for a malformed key. */
    ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  };
  export default secp256k1;
}
