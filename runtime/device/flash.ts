/** `embedded:storage/flash`: partitions of a NOR flash; on Linux each is a file of the data folder with the same rules. */
import type { Flash, FlashStatus } from "embedded:storage/flash";

type Partition = object;
const openPartition = native<(path: string) => Partition>("xs_flash_open");
const closePartition = native<(partition: Partition) => void>("xs_flash_close");
const blockLength = native<() => number>("xs_flash_blockLength");
const blocks = native<(partition: Partition) => number>("xs_flash_blocks");
const readPartition = native<(partition: Partition, into: Uint8Array, offset: number) => void>("xs_flash_read");
const writePartition = native<(partition: Partition, bytes: ArrayBuffer | Uint8Array, offset: number) => void>("xs_flash_write");
const erasePartition = native<(partition: Partition, start: number, end: number) => void>("xs_flash_erase");

class NorFlash implements Flash {
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
    if (!Number.isInteger(byteLength) || byteLength < 0 || byteLength > this.size) throw new RangeError(`expected a length within the flash, got ${byteLength}`);
    const bytes = new Uint8Array(byteLength);
    readPartition(this.partition, bytes, byteOffset);
    return bytes.buffer;
  }

  write(buffer: ArrayBuffer | Uint8Array, byteOffset: number): void {
    writePartition(this.partition, buffer, byteOffset);
  }

  status(): FlashStatus {
    return { size: this.size, blockLength: blockLength(), blocks: blocks(this.partition), writeAlign: 1, eraseValue: 0xff };
  }

  private get size(): number {
    return blockLength() * blocks(this.partition);
  }
}

export default { open: (options: { path: string; mode?: "r" | "r+" }): Flash => new NorFlash(options.path) };
