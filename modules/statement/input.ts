/**
 * The commitment to an input: SHA-256(salt || window). Sensor windows can be guessed, so a plain digest would give them away; the salt, which
 * only the device knows, keeps them hidden until it reveals both.
 */
import type { Sha256 } from "assay/statement/cose-key";

/** Bytes of a salt: as long as the digest, so that it hides whatever is committed to. */
export const SALT_LENGTH = 32;

/**
 * The commitment of a statement to its input, 32 bytes.
 * @param salt 32 bytes, another one for each statement
 * @param window the samples: binary32 little endian, row-major [sample][channel]
 */
export function commitInput(salt: Uint8Array, window: Uint8Array, sha256: Sha256): Uint8Array {
  if (salt.length !== SALT_LENGTH) throw new RangeError(`expected a salt of ${SALT_LENGTH} bytes, got ${salt.length}`);
  const input = new Uint8Array(SALT_LENGTH + window.length);
  input.set(salt);
  input.set(window, SALT_LENGTH);
  return sha256(input);
}
