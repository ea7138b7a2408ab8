/** `embedded:storage/flash` on Linux: each partition is a file of the data folder, with the rules of a NOR flash. */
import type { Flash, FlashStatus } from "embedded:storage/flash";

type Partition = object;
const openPartition = native<(path: string) => Partition>("xs_flash_open");
const closePartition = native<(partition: Partition) => void>("xs_flash_close");
const blockLength = native<() => number>("xs_flash_blockLength");
const blocks = native<() => number>("xs_flash_blocks");
const readPartition = native<(partition: Partition, into: Uint8Array, offset: number) => void>("xs_flash_read");
const writePartition = native<(partition: Partition, bytes: ArrayBuffer | Uint8Array, offset: number) => void>("xs_flash_write");
const erasePartition = native<(partition: Partition, start: number, end: number) => void>("xs_flash_erase");

class LinuxFlash implements Flash {
  private readonly partition: Partition;

  constructor(path: string) {
    this.partition = openPartition(path);
  }

  close(): void {
    closePartition(this.partition);
  }

  eraseBlock(start: number, end = start + 1): void {
    erasePartition(this.partition, start, end);
  }

  read(byteLength: number, byteOffset: number): ArrayBuffer {
    if (!Number.isInteger(byteLength) || byteLength < 0 || byteLength > blockLength() * blocks()) throw new RangeError(`expected a length within the flash, got ${byteLength}`);
    const bytes = new Uint8Array(byteLength);
    readPartition(this.partition, bytes, byteOffset);
    return bytes.buffer;
  }

  write(buffer: ArrayBuffer | Uint8Array, byteOffset: number): void {
    writePartition(this.partition, buffer, byteOffset);
  }

  status(): FlashStatus {
    return { size: blockLength() * blocks(), blockLength: blockLength(), blocks: blocks(), writeAlign: 1, eraseValue: 0xff };
  }
}

export default { open: (options: { path: string; mode?: "r" | "r+" }): Flash => new LinuxFlash(options.path) };
