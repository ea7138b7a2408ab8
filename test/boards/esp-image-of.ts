/** ESP images for tests, built from the documentation of their format and not by the code that reads them. */
import { createHash } from "node:crypto";

/** An image of segments for a chip id, with checksum and, unless told otherwise, SHA-256. `flashSize` is the code in its header: 2 is 4 MB. */
export function espImageOf(options: { chipId: number; segments?: readonly Uint8Array[]; digest?: boolean; flashSize?: number; extra?: Uint8Array }): Buffer {
  const segments = options.segments ?? [Buffer.from("the first segment of a test image"), Buffer.alloc(40, 0xc0)];
  const header = Buffer.alloc(24);
  header.set([0xe9, segments.length, 2, (options.flashSize ?? 2) << 4]);
  header.writeUInt32LE(0x40080000, 4);
  header.writeUInt16LE(options.chipId, 12);
  header[23] = options.digest === false ? 0 : 1;
  const parts: Buffer[] = [header];
  let sum = 0xef;
  for (const segment of segments) {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(0x3ffb0000, 0);
    head.writeUInt32LE(segment.length, 4);
    parts.push(head, Buffer.from(segment));
    for (const byte of segment) sum ^= byte;
  }
  const length = parts.reduce((total, part) => total + part.length, 0);
  const padding = Buffer.alloc(16 - (length % 16));
  padding[padding.length - 1] = sum;
  const image = Buffer.concat([...parts, padding]);
  const digest = options.digest === false ? Buffer.alloc(0) : createHash("sha256").update(image).digest();
  return Buffer.concat([image, digest, options.extra ?? Buffer.alloc(0)]);
}
