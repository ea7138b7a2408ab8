/**
 * The ROM loader of an ESP32 chip, as Espressif's "Serial Protocol" describes it, with a flash behind it, and with faults on demand. It shares no code with boards/esp-flash: framing, checksums and
 * replies are written once more from the documentation, so that a mistake there is not repeated here. It has never been compared with a chip.
 */
import { createHash } from "node:crypto";

/** What a board does wrong. Counts are of replies or blocks, from the first on. */
export interface Faults {
  /** answers nothing at all */
  readonly silent?: boolean;
  /** bytes that come before the first reply, such as a boot log or noise */
  readonly noise?: Uint8Array;
  /** replies that get lost, by opcode */
  readonly dropped?: Readonly<Record<number, number>>;
  /** blocks that arrive damaged: the loader answers with error 0x07 */
  readonly damagedBlocks?: number;
  /** blocks whose flash reads back otherwise: error 0x08 */
  readonly badFlashBlocks?: number;
  /** blocks that reach the flash changed, which only the MD5 shows */
  readonly flippedBlocks?: number;
  /** replies that come only with the next one, by opcode */
  readonly late?: Readonly<Record<number, number>>;
  /** replies whose bytes are cut short */
  readonly truncated?: Readonly<Record<number, number>>;
  /** a flasher stub answers, not the ROM: zeros as value */
  readonly stub?: boolean;
  /** never enters the loader, whatever the lines do */
  readonly startsProgram?: boolean;
  /** talks without end after every command */
  readonly chatter?: boolean;
}

/** What a chip is. */
export interface FakeChip {
  readonly chipId?: number;
  readonly magic?: number;
  readonly registers: Readonly<Record<number, number>>;
  /** of flash encryption, secure boot and so on */
  readonly securityFlags?: number;
  readonly flashCryptCount?: number;
  /** base, USR2 and W0 of the flash's SPI */
  readonly spi: readonly [base: number, usr2: number, w0: number];
}

export const FAKE_CHIPS: Readonly<Record<"esp32" | "esp32s3" | "esp32c3" | "esp32c6", FakeChip>> = {
  esp32: { magic: 0x00f01d83, registers: { 0x3ff5a004: 0x28aabbcc, 0x3ff5a008: 0x99_00_24_6f }, spi: [0x3ff42000, 0x24, 0x80] },
  esp32s3: { chipId: 9, registers: { 0x60007044: 0x85a1b2c3, 0x60007048: 0x0000_f412 }, spi: [0x60002000, 0x20, 0x58] },
  esp32c3: { chipId: 5, registers: { 0x60008844: 0x85a1b2c3, 0x60008848: 0x0000_7cdf }, spi: [0x60002000, 0x20, 0x58] },
  esp32c6: { chipId: 13, registers: { 0x600b0844: 0x85a1b2c3, 0x600b0848: 0x0000_6055 }, spi: [0x60003000, 0x20, 0x58] },
};

/** One board. Bytes go in, bytes come out. */
export class FakeRomLoader {
  readonly flash: Uint8Array;
  readonly chip: FakeChip;
  /** opcodes as they came, and the data of each */
  readonly commands: { readonly opcode: number; readonly data: Buffer }[] = [];
  readonly erased: [offset: number, size: number][] = [];
  baud = 115200;
  /** whether the loader runs; a program ignores commands */
  inLoader = true;
  started = 0;
  readonly #faults: { -readonly [Name in keyof Faults]: Faults[Name] };
  readonly #registers: Map<number, number>;
  #frame: number[] | undefined;
  #synced = false;
  #attached = false;
  #writing: { offset: number; blocks: number; blockBytes: number; next: number } | undefined;
  #lines = { dtr: false, rts: false };
  #spoke = false;
  #late: Buffer[] = [];

  constructor(chip: FakeChip, options: { flashBytes?: number; faults?: Faults; dirty?: boolean } = {}) {
    this.chip = chip;
    const bytes = options.flashBytes ?? 0x400000;
    // Flash that was used before: writing without erasing gives something else than was sent.
    this.flash = new Uint8Array(bytes).fill(options.dirty === false ? 0xff : 0x5a);
    this.#faults = { ...options.faults, dropped: { ...options.faults?.dropped }, truncated: { ...options.faults?.truncated }, late: { ...options.faults?.late } };
    this.#registers = new Map(Object.entries(chip.registers).map(([address, value]) => [Number(address), value]));
    if (chip.magic !== undefined) this.#registers.set(0x40001000, chip.magic);
    if (this.#faults.startsProgram) this.inLoader = false;
  }

  /** What the board says when its lines change: through the two transistors, one line at a time. */
  signals(lines: { dtr: boolean; rts: boolean }): Uint8Array {
    const wasReset = this.#lines.rts && !this.#lines.dtr;
    const isReset = lines.rts && !lines.dtr;
    this.#lines = { ...lines };
    if (!wasReset || isReset) return new Uint8Array();
    this.#synced = false;
    this.#attached = false;
    this.#writing = undefined;
    this.inLoader = lines.dtr && !lines.rts && this.#faults.startsProgram !== true;
    if (!this.inLoader) this.started++;
    const mode = this.inLoader ? "boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n" : "boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n";
    return Buffer.from(`ets Jun  8 2016 00:22:57\r\nrst:0x1 (POWERON_RESET),${mode}`);
  }

  /** Takes bytes, gives what the board sends. */
  receive(bytes: Uint8Array): Uint8Array {
    const sent: Buffer[] = [];
    for (const byte of bytes) {
      if (byte !== 0xc0) {
        this.#frame?.push(byte);
        continue;
      }
      if (this.#frame !== undefined && this.#frame.length > 0) sent.push(...this.#command(unescape(this.#frame)));
      this.#frame = [];
    }
    return Buffer.concat(sent);
  }

  #command(packet: Buffer): Buffer[] {
    if (this.#faults.silent || !this.inLoader || packet.length < 8 || packet[0] !== 0) return [];
    const opcode = packet[1]!;
    const data = packet.subarray(8);
    // The loader learns the baud rate from SYNC, and hears nothing before.
    if (opcode === 0x08) this.#synced = true;
    if (!this.#synced) return [];
    if (packet.readUInt16LE(2) !== data.length) return [reply(opcode, 0, error(0x05))];
    this.commands.push({ opcode, data: Buffer.from(data) });
    const replies = this.#answer(opcode, data, packet.readUInt32LE(4));
    const dropped = this.#faults.dropped![opcode] ?? 0;
    if (dropped > 0) {
      this.#faults.dropped = { ...this.#faults.dropped, [opcode]: dropped - 1 };
      return [];
    }
    const late = this.#faults.late![opcode] ?? 0;
    if (late > 0) {
      this.#faults.late = { ...this.#faults.late, [opcode]: late - 1 };
      this.#late.push(...replies);
      return [];
    }
    replies.unshift(...this.#late.splice(0));
    const truncated = this.#faults.truncated![opcode] ?? 0;
    if (truncated > 0) {
      this.#faults.truncated = { ...this.#faults.truncated, [opcode]: truncated - 1 };
      return replies.map((bytes) => Buffer.concat([bytes.subarray(0, bytes.length - 3), Buffer.of(0xc0)]));
    }
    const noise = this.#spoke || this.#faults.noise === undefined ? [] : [Buffer.from(this.#faults.noise)];
    this.#spoke = true;
    return [...noise, ...replies, ...(this.#faults.chatter ? [Buffer.from("I (512) app: still here\r\n")] : [])];
  }

  #answer(opcode: number, data: Buffer, sum: number): Buffer[] {
    const word = (index: number): number => (data.length >= 4 * index + 4 ? data.readUInt32LE(4 * index) : 0);
    const ok = (): Buffer[] => [reply(opcode, 0, Buffer.alloc(4))];
    const fail = (number: number): Buffer[] => [reply(opcode, 0, error(number))];
    const secure = ((this.chip.securityFlags ?? 0) & 4) !== 0;
    if (secure && [0x09, 0x0a, 0x13].includes(opcode)) return fail(0x05);
    switch (opcode) {
      case 0x08: {
        if (data.length !== 36 || !data.subarray(0, 4).equals(Buffer.of(0x07, 0x07, 0x12, 0x20))) return fail(0x05);
        return new Array<Buffer>(8).fill(reply(opcode, this.#faults.stub ? 0 : 0x20120707, Buffer.alloc(this.#faults.stub ? 2 : 4)));
      }
      case 0x0a:
        return [reply(opcode, this.#registers.get(word(0)) ?? 0, Buffer.alloc(4))];
      case 0x09:
        this.#writeRegister(word(0), word(1), word(2));
        return ok();
      case 0x14: {
        if (this.chip.chipId === undefined) break;
        const info = Buffer.alloc(20);
        info.writeUInt32LE(this.chip.securityFlags ?? 0, 0);
        info[4] = this.chip.flashCryptCount ?? 0;
        info.writeUInt32LE(this.chip.chipId, 12);
        return [reply(opcode, 0, Buffer.concat([info, Buffer.alloc(4)]))];
      }
      case 0x0d:
        if (data.length !== 8) return fail(0x01);
        this.#attached = true;
        return ok();
      case 0x0b:
        return data.length === 24 && word(1) === this.flash.length ? ok() : fail(0x01);
      case 0x0f:
        this.baud = word(0);
        return ok();
      case 0x02: {
        if (data.length !== (this.chip.chipId === undefined ? 16 : 20)) return fail(0x05);
        const [size, blocks, blockBytes, offset] = [word(0), word(1), word(2), word(3)];
        if (!this.#attached || offset + size > this.flash.length || offset % 0x1000 !== 0 || blockBytes > 0x4000) return fail(0x01);
        const end = Math.ceil((offset + size) / 0x1000) * 0x1000;
        this.flash.fill(0xff, offset, end);
        if (size > 0) this.erased.push([offset, size]);
        this.#writing = { offset, blocks, blockBytes, next: 0 };
        return ok();
      }
      case 0x03:
        return this.#block(data, sum, ok, fail);
      case 0x04:
        this.inLoader = false;
        this.started++;
        return ok();
      case 0x13: {
        const [offset, size] = [word(0), word(1)];
        if (offset + size > this.flash.length) return fail(0x01);
        const digits = createHash("md5").update(this.flash.subarray(offset, offset + size)).digest("hex");
        return [reply(opcode, 0, Buffer.concat([Buffer.from(digits, "latin1"), Buffer.alloc(4)]))];
      }
    }
    // The ESP32 is reset by a command that it does not know, as esptool 4 says in detect_chip.
    if (this.chip.chipId === undefined) [this.#synced, this.#attached] = [false, false];
    // An unknown command is answered several times, as esptool's loader.py says.
    return new Array<Buffer>(8).fill(reply(opcode, 0, error(0x05)));
  }

  #block(data: Buffer, sum: number, ok: () => Buffer[], fail: (number: number) => Buffer[]): Buffer[] {
    const writing = this.#writing;
    const block = Buffer.from(data.subarray(16));
    if (writing === undefined || data.length < 16 || data.readUInt32LE(0) !== block.length || block.length !== writing.blockBytes) return fail(0x01);
    if (this.#faults.damagedBlocks !== undefined && this.#faults.damagedBlocks > 0) {
      this.#faults.damagedBlocks--;
      block[7]! ^= 0x10;
    }
    if (block.reduce((value, byte) => value ^ byte, 0xef) !== sum) return fail(0x07);
    const sequence = data.readUInt32LE(4);
    if (sequence >= writing.blocks || (sequence !== writing.next && sequence !== writing.next - 1)) return fail(0x06);
    if (this.#faults.badFlashBlocks !== undefined && this.#faults.badFlashBlocks > 0) {
      this.#faults.badFlashBlocks--;
      return fail(0x08);
    }
    if (this.#faults.flippedBlocks !== undefined && this.#faults.flippedBlocks > 0) {
      this.#faults.flippedBlocks--;
      block[3]! ^= 1;
    }
    // Flash can only clear bits.
    const begin = writing.offset + sequence * writing.blockBytes;
    block.forEach((byte, index) => {
      if (begin + index < this.flash.length) this.flash[begin + index]! &= byte;
    });
    writing.next = sequence + 1;
    return ok();
  }

  #writeRegister(address: number, value: number, mask: number): void {
    const [base, usr2, w0] = this.chip.spi;
    this.#registers.set(address, (((this.#registers.get(address) ?? 0) & ~mask) | (value & mask)) >>> 0);
    if (address !== base || (value & 0x40000) === 0) return;
    // A user command has begun, and is over at once: 0x9F asks for the flash's identifier.
    const command = (this.#registers.get(base + usr2) ?? 0) & 0xff;
    if (command === 0x9f && this.#attached) this.#registers.set(base + w0, (Math.log2(this.flash.length) << 16) | 0x40_c8);
    this.#registers.set(base, 0);
  }
}

function unescape(frame: readonly number[]): Buffer {
  const bytes: number[] = [];
  for (let index = 0; index < frame.length; index++) {
    if (frame[index] !== 0xdb) bytes.push(frame[index]!);
    else bytes.push(frame[++index] === 0xdc ? 0xc0 : 0xdb);
  }
  return Buffer.from(bytes);
}

function error(number: number): Buffer {
  return Buffer.of(1, number, 0, 0);
}

function reply(opcode: number, value: number, data: Buffer): Buffer {
  const packet = Buffer.alloc(8 + data.length);
  packet[0] = 1;
  packet[1] = opcode;
  packet.writeUInt16LE(data.length, 2);
  packet.writeUInt32LE(value >>> 0, 4);
  data.copy(packet, 8);
  return Buffer.from([0xc0, ...[...packet].flatMap((byte) => (byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte])), 0xc0]);
}
