/** base64url without padding (RFC 4648 §5), one encoding for each value. XS has neither `btoa` nor `Uint8Array.fromBase64`. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** `bytes` as base64url without padding. */
export function encodeBase64url(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; i += 3) {
        const group = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
        const characters = Math.min(bytes.length - i, 3) + 1;
        for (let k = 0; k < characters; k++)
            text += ALPHABET.charAt((group >> (18 - 6 * k)) & 0x3f);
    }
    return text;
}
/** The bytes that `text` is the base64url encoding of, or undefined: other characters, padding, or bits set that no byte has. */
export function decodeBase64url(text) {
    if (text.length % 4 === 1)
        return undefined;
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
    let group = 0;
    let bits = 0;
    let length = 0;
    for (let i = 0; i < text.length; i++) {
        const digit = ALPHABET.indexOf(text.charAt(i));
        if (digit < 0)
            return undefined;
        group = ((group << 6) | digit) & 0xfff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[length++] = (group >> bits) & 0xff;
        }
    }
    return (group & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
