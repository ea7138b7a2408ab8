/** Salts of input commitments: HMAC-SHA-256 (RFC 2104) of a statement's place under a secret of the device, so that they need no room and can be made again. */
import type { Sha256 } from "assay/statement/cose-key";

/** Bytes of a block of SHA-256 (RFC 2104 §2: B). */
const BLOCK_LENGTH = 64;
const LABEL = "assay-input-salt";
/** Bytes of each number of the place, big-endian. */
const NUMBER_LENGTH = 8;

/**
 * The salt (32 bytes) of the statement at a place. No two statements of a device have the same place, unless it lies.
 * @param secret 32 bytes that never leave the device
 */
export function inputSalt(secret: Uint8Array, bootCount: number, sequence: number, sha256: Sha256): Uint8Array {
  const message = new Uint8Array(LABEL.length + 2 * NUMBER_LENGTH);
  for (let i = 0; i < LABEL.length; i++) message[i] = LABEL.charCodeAt(i);
  writeBigEndian(message, LABEL.length, bootCount);
  writeBigEndian(message, LABEL.length + NUMBER_LENGTH, sequence);
  return hmacSha256(secret, message, sha256);
}

/** HMAC-SHA-256 with a key of at most one block. */
export function hmacSha256(key: Uint8Array, message: Uint8Array, sha256: Sha256): Uint8Array {
  if (key.length > BLOCK_LENGTH) throw new RangeError(`expected a key of at most ${BLOCK_LENGTH} bytes, got ${key.length}`);
  const inner = new Uint8Array(BLOCK_LENGTH + message.length);
  pad(inner, key, 0x36);
  inner.set(message, BLOCK_LENGTH);
  const digest = sha256(inner);
  inner.fill(0);
  const outer = new Uint8Array(BLOCK_LENGTH + digest.length);
  pad(outer, key, 0x5c);
  outer.set(digest, BLOCK_LENGTH);
  const code = sha256(outer);
  outer.fill(0);
  return code;
}

function pad(block: Uint8Array, key: Uint8Array, byte: number): void {
  for (let i = 0; i < BLOCK_LENGTH; i++) block[i] = (key[i] ?? 0) ^ byte;
}

function writeBigEndian(bytes: Uint8Array, offset: number, value: number): void {
  for (let i = NUMBER_LENGTH - 1; i >= 0; i--) {
    bytes[offset + i] = value % 256;
    value = Math.floor(value / 256);
  }
}
