const openPartition = native("xs_flash_open");
const closePartition = native("xs_flash_close");
const blockLength = native("xs_flash_blockLength");
const blocks = native("xs_flash_blocks");
const readPartition = native("xs_flash_read");
const writePartition = native("xs_flash_write");
const erasePartition = native("xs_flash_erase");
class NorFlash {
    partition;
    constructor(path) {
        this.partition = openPartition(path);
    }
    close() {
        closePartition(this.partition);
    }
    eraseBlock(start, end = start + 1) {
        erasePartition(this.partition, start, end);
    }
    read(byteLength, byteOffset) {
        if (!Number.isInteger(byteLength) || byteLength < 0 || byteLength > this.size)
            throw new RangeError(`expected a length within the flash, got ${byteLength}`);
        const bytes = new Uint8Array(byteLength);
        readPartition(this.partition, bytes, byteOffset);
        return bytes.buffer;
    }
    write(buffer, byteOffset) {
        writePartition(this.partition, buffer, byteOffset);
    }
    status() {
        return { size: this.size, blockLength: blockLength(), blocks: blocks(this.partition), writeAlign: 1, eraseValue: 0xff };
    }
    get size() {
        return blockLength() * blocks(this.partition);
    }
}
export default { open: (options) => new NorFlash(options.path) };
