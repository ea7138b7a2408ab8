/** Base64 with padding (RFC 4648 §4), one encoding for each value: what C2SP's text formats are written in. */
import { decodeBase64url, encodeBase64url } from "assay/statement/base64url";

/** `bytes` as base64. */
export function encodeBase64(bytes: Uint8Array): string {
  const digits = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return digits.padEnd(Math.ceil(digits.length / 4) * 4, "=");
}

/** The bytes that `text` is the base64 encoding of, or undefined: other characters, other padding, or bits set that no byte has. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || text.includes("-") || text.includes("_")) return undefined;
  const digits = text.endsWith("==") ? text.slice(0, -2) : text.endsWith("=") ? text.slice(0, -1) : text;
  return decodeBase64url(digits.replaceAll("+", "-").replaceAll("/", "_"));
}
