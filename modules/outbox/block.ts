/**
 * One erase block of the outbox: finding its records whatever has happened to the bytes between them.
 */
import type { Flash } from "embedded:storage/flash";
import { HEADER_LENGTH, parseHeader, recordCrc, recordLength, type Header } from "assay/outbox/record";
import { OutboxError } from "assay/outbox/outbox-error";

/**
 * The last bytes of every block, erased until the block is full and the next in the ring is given up; then zero. So a next block that is
 * unreadable after a power cut during its erasure is known to have held nothing pending, and one that is unreadable without the
 * mark is known to be damaged. (A newest block in which not one record is valid cannot be told from one that was just being erased.) Unlike a record it may be written again after a torn write: bits only go to 0.
 */
export const MARK_LENGTH = 4;

/** Bytes read at once where erased flash is looked for. */
const WINDOW = 256;

/** Where a record stands: bytes from the start of the flash. */
export interface Place {
  readonly offset: number;
  readonly header: Header;
  readonly payload: Uint8Array;
}

/** Reads flash in the terms of blocks and records. */
export class BlockReader {
  readonly flash: Flash;
  readonly blocks: number;
  readonly blockLength: number;

  /** @throws OutboxError `BAD_FLASH` */
  constructor(flash: Flash) {
    // The Moddable SDK's driver says nothing of the latter two, and they are these on the NOR flash of an ESP32.
    const { blocks, blockLength, size, writeAlign = 1, eraseValue = 0xff } = flash.status();
    const right =
      Number.isInteger(blocks) && blocks >= 2 && Number.isInteger(blockLength) && blockLength >= 256 && blockLength % 4 === 0 && blockLength <= 0x10000 &&
      blocks * blockLength <= 0xffffffff && size >= blocks * blockLength && (writeAlign === 1 || writeAlign === 2 || writeAlign === 4) && eraseValue === 0xff;
    if (!right) {
      throw new OutboxError(
        "BAD_FLASH",
        `expected at least 2 blocks of 256 to 65536 bytes (a multiple of 4), write alignment 1, 2 or 4 and erase value 255, got ${blocks} × ${blockLength}, ${writeAlign}, ${eraseValue}`,
      );
    }
    this.flash = flash;
    this.blocks = blocks;
    this.blockLength = blockLength;
  }

  /** @throws OutboxError `FLASH` */
  read(length: number, offset: number): Uint8Array {
    try {
      return new Uint8Array(this.flash.read(length, offset));
    } catch (cause) {
      throw new OutboxError("FLASH", `expected to read ${length} bytes at ${offset} from flash, got ${String(cause)}`, { cause });
    }
  }

  /** Bytes of a block that records may fill. */
  get recordSpace(): number {
    return this.blockLength - MARK_LENGTH;
  }

  /**
   * Behind the last byte of a block that is not erased, as an offset within the block and a multiple of 4. It can lie within the last record,
   * whose last bytes may be 0xFF of their own.
   */
  end(block: number): number {
    const start = block * this.blockLength;
    for (let to = this.recordSpace; to > 0; ) {
      const from = Math.max(0, to - WINDOW);
      const bytes = this.read(to - from, start + from);
      for (let i = bytes.length - 1; i >= 0; i--) {
        if (bytes[i] !== 0xff) return (from + i + 4) & ~3;
      }
      to = from;
    }
    return 0;
  }

  /** Whether the block after this one in the ring has been given up. */
  marked(block: number): boolean {
    return this.read(MARK_LENGTH, (block + 1) * this.blockLength - MARK_LENGTH).every((byte) => byte === 0);
  }

  /** Whether not a single bit of a block is written. */
  blank(block: number): boolean {
    return this.end(block) === 0 && this.read(MARK_LENGTH, (block + 1) * this.blockLength - MARK_LENGTH).every((byte) => byte === 0xff);
  }

  /**
   * The first valid record of a block at or behind a place. Records start at multiples of 4; bytes that are none (a torn write, decay) are
   * stepped over 4 at a time, so that no damage hides a valid record behind it.
   *
   * @param from offset within the block, a multiple of 4
   * @param end offset within the block from which on no record begins
   */
  find(block: number, from: number, end: number): Place | undefined {
    const start = block * this.blockLength;
    let window: Uint8Array = new Uint8Array(0);
    let windowAt = from;
    for (let at = from; at < end && at + HEADER_LENGTH <= this.recordSpace; at += 4) {
      if (at + HEADER_LENGTH > windowAt + window.length) {
        // Right after a record one header is enough; only where there is none, more is read at once.
        window = this.read(at === from ? HEADER_LENGTH : Math.min(WINDOW, this.recordSpace - at), start + at);
        windowAt = at;
      }
      const bytes = window.subarray(at - windowAt, at - windowAt + HEADER_LENGTH);
      const header = parseHeader(bytes);
      if (header === undefined || at + recordLength(header.length) > this.recordSpace) continue;
      const payload = this.read(header.length, start + at + HEADER_LENGTH);
      if (recordCrc(bytes, payload, start + at) === header.crc) return { offset: start + at, header, payload };
    }
    return undefined;
  }
}
