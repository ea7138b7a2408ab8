/** `embedded:storage/flash` in memory, which says as little of itself as the SDK's driver. */
class Flash {
  constructor() {
    this.bytes = new Uint8Array(16 * 4096).fill(0xff);
  }
  close() {}
  eraseBlock(start, end = start + 1) {
    this.bytes.fill(0xff, start * 4096, end * 4096);
  }
  read(byteLength, byteOffset) {
    return this.bytes.slice(byteOffset, byteOffset + byteLength).buffer;
  }
  write(buffer, byteOffset) {
    new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength).forEach((byte, index) => (this.bytes[byteOffset + index] &= byte));
  }
  status() {
    return { size: 16 * 4096, blockLength: 4096, blocks: 16 };
  }
}

export default Object.freeze({ open: () => new Flash() });
