import type { Flash, FlashStatus } from "embedded:storage/flash";

/** What a simulated flash throws when its power goes; from then on it throws at every call until `powerOn`. */
export class PowerCut extends Error {}

/** A write that real flash would not take: the outbox has a flaw. */
export class FlashMisuse extends Error {}

/**
 * NOR flash in memory with its rules: erase sets a whole block to 0xFF, a write clears bits (AND) at aligned offsets and lengths. Power can be
 * cut after any number of bytes written or erased: a write is then done up to there, the byte at the cut has some of its bits; a block
 * whose erasure was cut holds random bytes in part.
 */
export class SimulatedFlash implements Flash {
  readonly bytes: Uint8Array;
  /** erasures per block */
  readonly erasures: Uint32Array;
  /** bytes written and erased so far */
  worked = 0;
  private readonly blocks: number;
  private readonly blockLength: number;
  private readonly writeAlign: number;
  private readonly random: () => number;
  private cutAt = Infinity;
  private off = false;

  constructor(options: { blocks: number; blockLength: number; writeAlign: number; random?: () => number }) {
    this.blocks = options.blocks;
    this.blockLength = options.blockLength;
    this.writeAlign = options.writeAlign;
    this.random = options.random ?? Math.random;
    this.bytes = new Uint8Array(this.blocks * this.blockLength).fill(0xff);
    this.erasures = new Uint32Array(this.blocks);
  }

  /** Cuts the power after so many more bytes of work. */
  cutAfter(bytes: number): void {
    this.cutAt = this.worked + bytes;
  }

  powerOn(): void {
    this.off = false;
    this.cutAt = Infinity;
  }

  close(): void {}

  status(): FlashStatus {
    return { size: this.bytes.length, blockLength: this.blockLength, blocks: this.blocks, writeAlign: this.writeAlign, eraseValue: 0xff };
  }

  read(byteLength: number, byteOffset: number): ArrayBuffer {
    this.checkPower();
    this.checkRange(byteLength, byteOffset);
    return this.bytes.slice(byteOffset, byteOffset + byteLength).buffer;
  }

  write(buffer: ArrayBuffer | Uint8Array, byteOffset: number): void {
    this.checkPower();
    const source = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
    this.checkRange(source.length, byteOffset);
    if (source.length % this.writeAlign !== 0 || byteOffset % this.writeAlign !== 0) throw new FlashMisuse(`unaligned write of ${source.length} at ${byteOffset}`);
    for (let i = 0; i < source.length; i++) {
      const lack = ~this.bytes[byteOffset + i]! & source[i]!;
      if (lack !== 0) throw new FlashMisuse(`write at ${byteOffset + i} would have to set bits`);
    }
    for (let i = 0; i < source.length; i++) {
      if (this.worked >= this.cutAt) {
        this.bytes[byteOffset + i]! &= source[i]! | Math.floor(this.random() * 256);
        this.cut();
      }
      this.bytes[byteOffset + i]! &= source[i]!;
      this.worked++;
    }
    if (this.worked >= this.cutAt) this.cut();
  }

  eraseBlock(start: number, end = start + 1): void {
    this.checkPower();
    if (start < 0 || end > this.blocks || end <= start) throw new FlashMisuse(`erase of blocks ${start} to ${end}`);
    for (let block = start; block < end; block++) {
      this.erasures[block]!++;
      const from = block * this.blockLength;
      for (let i = 0; i < this.blockLength; i++) {
        if (this.worked >= this.cutAt) {
          // Erasure is analogue: what is not yet erased may be as before, garbage, or both.
          const garbage = this.random();
          for (let j = i; j < this.blockLength; j++) if (this.random() < garbage) this.bytes[from + j] = Math.floor(this.random() * 256);
          this.cut();
        }
        this.bytes[from + i] = 0xff;
        this.worked++;
      }
    }
    if (this.worked >= this.cutAt) this.cut();
  }

  private cut(): never {
    this.off = true;
    throw new PowerCut("power cut");
  }

  private checkPower(): void {
    if (this.off) throw new PowerCut("no power");
  }

  private checkRange(byteLength: number, byteOffset: number): void {
    if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteLength < 0 || byteOffset + byteLength > this.bytes.length) {
      throw new FlashMisuse(`access to ${byteLength} bytes at ${byteOffset}`);
    }
  }
}

/** mulberry32: repeatable randomness from a seed, evenly distributed in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
