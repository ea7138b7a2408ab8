/**
 * The image of a bootloader or an app, as ESP-IDF builds it: read and checked before it is flashed, so that a damaged file or another chip's image is refused here and not by a board that does not start.
 *
 * Source: Espressif, esptool documentation, "Firmware Image Format".
 */
import { createHash } from "node:crypto";
import { CHIPS, chipOfId, type Chip } from "./chips.ts";
import { FlashError, hex } from "./flash-error.ts";

const [MAGIC, HEADER_BYTES, SEGMENT_HEADER_BYTES, DIGEST_BYTES] = [0xe9, 24, 8, 32];
/** ESP_IMAGE_MAX_SEGMENTS of ESP-IDF. */
const MOST_SEGMENTS = 16;

/** What an image says of itself. Sizes in bytes. */
export interface EspImage {
  readonly imageChipId: number;
  /** at least, as major * 100 + minor */
  readonly minimumRevision: number;
  /** of the flash that it was built for; undefined if its header has a size that is not listed */
  readonly flashBytes: number | undefined;
  readonly segments: number;
  /** with checksum and digest, without a signature or padding behind them */
  readonly length: number;
  /** whether a SHA-256 of the image stands behind it, which was right */
  readonly digest: boolean;
}

/**
 * Reads an image and checks its checksum and, where it has one, its SHA-256. Bytes behind it (a signature, padding) are allowed.
 * @throws FlashError `BAD_IMAGE`
 */
export function readEspImage(bytes: Uint8Array, name: string): EspImage {
  const bad = (expected: string, got: string): FlashError => new FlashError("BAD_IMAGE", `${name}: expected ${expected}, got ${got}`);
  if (bytes.length < HEADER_BYTES) throw bad(`an ESP image of at least ${HEADER_BYTES} bytes`, `${bytes.length} bytes`);
  if (bytes[0] !== MAGIC) throw bad(`an ESP image, which begins with ${hex(MAGIC)}`, hex(bytes[0]!));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const segments = bytes[1]!;
  if (segments === 0 || segments > MOST_SEGMENTS) throw bad(`1 to ${MOST_SEGMENTS} segments`, `${segments}`);
  let [end, sum] = [HEADER_BYTES, 0xef];
  for (let segment = 0; segment < segments; segment++) {
    if (end + SEGMENT_HEADER_BYTES > bytes.length) throw bad(`segment ${segment} within the file's ${bytes.length} bytes`, `its header at ${end}`);
    const size = view.getUint32(end + 4, true);
    const begin = end + SEGMENT_HEADER_BYTES;
    if (size > bytes.length - begin) throw bad(`segment ${segment} within the file's ${bytes.length} bytes`, `${size} bytes at ${begin}; the file is cut short or damaged`);
    end = begin + size;
    for (let at = begin; at < end; at++) sum ^= bytes[at]!;
  }
  // Zeros up to the last byte of 16, which is the checksum.
  const checksumAt = end + (15 - (end % 16));
  if (checksumAt >= bytes.length) throw bad(`a checksum at ${checksumAt}`, `${bytes.length} bytes; the file is cut short`);
  if (bytes[checksumAt] !== sum) throw bad(`the checksum ${hex(sum)}`, `${hex(bytes[checksumAt]!)}; the file is damaged`);
  const digest = bytes[23] === 1;
  let length = checksumAt + 1;
  if (digest) {
    if (length + DIGEST_BYTES > bytes.length) throw bad(`a SHA-256 at ${length}`, `${bytes.length} bytes; the file is cut short`);
    const computed = createHash("sha256").update(bytes.subarray(0, length)).digest();
    if (!computed.equals(bytes.subarray(length, length + DIGEST_BYTES))) throw bad("a SHA-256 that fits its bytes", "another one; the file is damaged");
    length += DIGEST_BYTES;
  }
  const size = bytes[3]! >> 4;
  return { imageChipId: view.getUint16(12, true), minimumRevision: view.getUint16(15, true), flashBytes: size <= 7 ? 0x100000 * 2 ** size : undefined, segments, length, digest };
}

/**
 * An image for a chip: {@link readEspImage}, and its chip id is the chip's.
 * @throws FlashError `BAD_IMAGE`, `WRONG_IMAGE_CHIP`
 */
export function checkEspImage(bytes: Uint8Array, chip: Chip, name: string): EspImage {
  const image = readEspImage(bytes, name);
  if (image.imageChipId !== chip.imageChipId) {
    const other = chipOfId(image.imageChipId)?.title ?? `a chip of id ${image.imageChipId}`;
    throw new FlashError("WRONG_IMAGE_CHIP", `${name}: expected an image for the ${CHIPS[chip.name].title}, got one for ${other}; build it for this board`);
  }
  return image;
}
