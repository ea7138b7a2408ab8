/**
 * A conversation with the ROM loader of an ESP32 chip. Only the loader that is in the chip's ROM is used: no flasher stub is uploaded, since nothing fetched is shipped. What that costs: blocks of 1 KiB instead of 16,
 * no compression, all erasing before the first byte, no reading back (so verification is by the MD5 that the chip computes), and nothing but writing in secure download mode.
 *
 * Source: Espressif, esptool documentation, "Serial Protocol"; time-outs are esptool's.
 */
import { FlashError, hex } from "./flash-error.ts";
import { COMMANDS, checksum, decodeReply, encodeCommand, replyData, saysUnsupported, words, type CommandName, type Reply } from "./rom-command.ts";
import type { Delay, SerialLink } from "./serial-link.ts";
import { SlipDecoder, slipEncode } from "./slip.ts";

/** Bytes of one FLASH_DATA block to the ROM loader. */
export const BLOCK_BYTES = 0x400;

const MEBIBYTE = 0x100000;

/** How long to wait for what, in milliseconds. */
export interface Timeouts {
  /** for the reply to SYNC: 100 */
  readonly sync: number;
  /** for the reply to any other command: 3000 */
  readonly command: number;
  /** for erasing, added for every mebibyte: 40000 */
  readonly erasePerMebibyte: number;
  /** for an MD5, added for every mebibyte: 8000 */
  readonly md5PerMebibyte: number;
}

export const TIMEOUTS: Timeouts = { sync: 100, command: 3000, erasePerMebibyte: 40000, md5PerMebibyte: 8000 };

/** How often a block, or a command whose reply is lost, is sent before its error is final. */
export const ATTEMPTS = 3;

/** Commands that are not sent again as others are: blocks have their own rule, and after the others the chip speaks at another speed or runs its program. */
const ONCE: ReadonlySet<CommandName> = new Set<CommandName>(["SYNC", "FLASH_DATA", "FLASH_END", "CHANGE_BAUDRATE"]);

/** What GET_SECURITY_INFO tells. */
export interface SecurityInfo {
  readonly flags: number;
  /** flash encryption is on when an odd number of its bits is set */
  readonly flashCryptCount: number;
  readonly keyPurposes: readonly number[];
  readonly imageChipId: number;
}

/** How a loader is spoken to. */
export interface RomLoaderOptions {
  readonly timeouts?: Partial<Timeouts>;
  readonly delay: Delay;
  /** a clock in milliseconds that never goes back (default `performance.now`) */
  readonly now?: () => number;
}

/** One ROM loader at the other end of a line. */
export class RomLoader {
  readonly link: SerialLink;
  readonly #timeouts: Timeouts;
  readonly #delay: Delay;
  readonly #now: () => number;
  readonly #decoder = new SlipDecoder();
  #frames: Uint8Array[] = [];
  #synced = false;
  /** what came before the loader answered, at most its last 4 KiB: a boot log says how the chip started */
  heard = "";
  /** blocks and commands that were sent again */
  retries = 0;

  constructor(link: SerialLink, options: RomLoaderOptions) {
    this.link = link;
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts };
    this.#delay = options.delay;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Sends SYNC up to `attempts` times until the loader answers; it measures our baud rate by it. Its further replies (it sends eight) are read away.
   * @throws FlashError `NO_SYNC`, `STUB_RUNNING`
   */
  async sync(attempts: number): Promise<void> {
    const pattern = Uint8Array.of(0x07, 0x07, 0x12, 0x20, ...new Array<number>(32).fill(0x55));
    await this.discardInput();
    for (let attempt = 0; attempt < attempts; attempt++) {
      // What arrives meanwhile is not discarded: a reply to an earlier SYNC that comes late is as good.
      await this.link.write(slipEncode(encodeCommand("SYNC", pattern)));
      const first = await this.#replyTo(COMMANDS.SYNC, this.#timeouts.sync);
      if (first !== undefined && first.data[0] === 0) {
        let value = first.value;
        for (let further: Reply | undefined = first, count = 1; further !== undefined && count < 8; count++) {
          further = await this.#replyTo(COMMANDS.SYNC, this.#timeouts.sync);
          value |= further?.value ?? 0;
        }
        // The ROM sends something in this field, a stub zeros; a stub's replies have another form, and it would not start again by itself.
        this.#synced = true;
        if (value === 0) throw new FlashError("STUB_RUNNING", `expected the ROM loader on ${this.link.path}, got another tool's flasher stub that still runs; press RESET (EN) while holding BOOT, or power the board off and on`);
        return;
      }
      await this.#delay(50);
    }
    throw new FlashError("NO_SYNC", `expected the ROM loader on ${this.link.path} to answer, got nothing in ${attempts} attempts; hold BOOT, press RESET (EN), let BOOT go and try again, or try another cable: some only charge`);
  }

  /** Reads away what has arrived. */
  async discardInput(): Promise<void> {
    this.#decoder.reset();
    this.#frames = [];
    // Bounded, since a board that talks all the time would keep us here.
    for (let count = 0; count < 64; count++) if ((await this.#read(0)).length === 0) break;
  }

  /** The value of a 32-bit register or memory word. */
  async readRegister(address: number): Promise<number> {
    const what = `read ${hex(address)}`;
    const reply = await this.command(what, "READ_REG", words(address));
    replyData(what, reply, 0);
    return reply.value;
  }

  /** Writes the bits of a 32-bit register that `mask` has. */
  async writeRegister(address: number, value: number, mask = 0xffffffff): Promise<void> {
    const what = `write ${hex(address)}`;
    replyData(what, await this.command(what, "WRITE_REG", words(address, value, mask, 0)), 0);
  }

  /**
   * Which chip it is and what is locked; not on the ESP32.
   * @throws FlashError `UNSUPPORTED_COMMAND` on the ESP32
   */
  async securityInfo(): Promise<SecurityInfo> {
    const what = "say what is locked";
    const data = replyData(what, await this.command(what, "GET_SECURITY_INFO", new Uint8Array()), 20);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    return { flags: view.getUint32(0, true), flashCryptCount: data[4]!, keyPurposes: [...data.subarray(5, 12)], imageChipId: view.getUint32(12, true) };
  }

  /** Connects the SPI flash at its usual pins, and says how large it is (bytes); both before any flash command. */
  async attachFlash(flashBytes: number): Promise<void> {
    await this.attachSpi();
    const what = `take a flash of ${flashBytes} bytes`;
    // Id, total size, block, sector and page size, status mask: only the size counts, the rest is what esptool sends for every flash.
    replyData(what, await this.command(what, "SPI_SET_PARAMS", words(0, flashBytes, 0x10000, 0x1000, 0x100, 0xffff)), 0);
  }

  /** Connects the SPI flash at its usual pins. */
  async attachSpi(): Promise<void> {
    const what = "attach its flash";
    replyData(what, await this.command(what, "SPI_ATTACH", words(0, 0)), 0);
  }

  /**
   * Erases whole sectors and begins writing `blocks` blocks at `offset`. With no blocks it only erases.
   * `beginWords` is the chip's: five words on all but the ESP32.
   */
  async flashBegin(eraseBytes: number, blocks: number, offset: number, beginWords: 4 | 5): Promise<void> {
    const what = `erase ${eraseBytes} bytes at ${hex(offset)}`;
    const begin = words(eraseBytes, blocks, BLOCK_BYTES, offset);
    const data = beginWords === 5 ? Buffer.concat([begin, words(0)]) : begin;
    replyData(what, await this.command(what, "FLASH_BEGIN", data, 0, this.#timeouts.command + (eraseBytes / MEBIBYTE) * this.#timeouts.erasePerMebibyte), 0);
  }

  /**
   * Writes block number `sequence`; a block whose reply is lost or says that it arrived damaged is sent again, three times in all.
   * @throws FlashError `ROM_CHECKSUM`, `ROM_FLASH`, `ROM_ERROR`, `NO_REPLY`, `BAD_REPLY`
   */
  async flashBlock(block: Uint8Array, sequence: number): Promise<void> {
    const what = `write block ${sequence}`;
    const data = Buffer.concat([words(block.length, sequence, 0, 0), block]);
    for (let attempt = 1; ; attempt++) {
      try {
        replyData(what, await this.command(what, "FLASH_DATA", data, checksum(block)), 0);
        return;
      } catch (error) {
        if (!(error instanceof FlashError) || error.code.startsWith("PORT_") || attempt === ATTEMPTS) throw error;
        this.retries++;
        // A reply that comes late must not be taken for the answer to the block that follows.
        await this.#delay(50);
      }
    }
  }

  /** Leaves the loader: the chip starts its program. For boards whose lines cannot reset them. */
  async leave(beginWords: 4 | 5): Promise<void> {
    await this.flashBegin(0, 0, 0, beginWords);
    const what = "start its program";
    replyData(what, await this.command(what, "FLASH_END", words(0)), 0);
  }

  /**
   * The MD5 of a part of the flash, in hexadecimal, as the chip computes it.
   * @throws FlashError `BAD_REPLY` if it is not 32 hexadecimal digits; `UNSUPPORTED_COMMAND` in secure download mode
   */
  async flashMd5(offset: number, bytes: number): Promise<string> {
    const what = `compute the MD5 of ${bytes} bytes at ${hex(offset)}`;
    const reply = await this.command(what, "SPI_FLASH_MD5", words(offset, bytes, 0, 0), 0, this.#timeouts.command + (bytes / MEBIBYTE) * this.#timeouts.md5PerMebibyte);
    // The ROM sends hexadecimal digits, a stub would send 16 raw bytes.
    const digits = Buffer.from(replyData(what, reply, 32)).toString("latin1").toLowerCase();
    if (!/^[0-9a-f]{32}$/.test(digits)) throw new FlashError("BAD_REPLY", `expected 32 hexadecimal digits when asking the chip to ${what}, got other bytes`);
    return digits;
  }

  /** Changes the speed at both ends. `told` is what the chip is told, where it measures its own clock wrongly. */
  async changeBaudRate(baud: number, told = baud): Promise<void> {
    const what = `speak at ${baud} baud`;
    replyData(what, await this.command(what, "CHANGE_BAUDRATE", words(told, 0)), 0);
    await this.link.setBaudRate(baud);
    // What arrives while the speed changes is noise.
    await this.#delay(50);
    await this.discardInput();
  }

  /**
   * Sends a command and waits for its reply. One whose reply is lost is sent again, three times in all, if doing it twice is as good as once.
   * @throws FlashError `NO_REPLY`, `UNSUPPORTED_COMMAND`; errors of the port
   */
  async command(what: string, name: CommandName, data: Uint8Array, sum = 0, timeoutMs = this.#timeouts.command): Promise<Reply> {
    let reply: Reply | undefined;
    for (let attempt = 1; reply === undefined; attempt++) {
      await this.discardInput();
      await this.link.write(slipEncode(encodeCommand(name, data, sum)));
      reply = await this.#replyTo(COMMANDS[name], timeoutMs);
      if (reply !== undefined) break;
      if (ONCE.has(name) || attempt === ATTEMPTS) throw new FlashError("NO_REPLY", `expected the chip to ${what}, got no reply in ${Math.round(timeoutMs)} ms; try a lower baud rate, another cable or another USB port`);
      this.retries++;
    }
    if (saysUnsupported(reply)) {
      // The loader says so several times.
      await this.#delay(200);
      await this.discardInput();
      throw new FlashError("UNSUPPORTED_COMMAND", `expected the chip to ${what}, but its loader does not take ${name}; it does not know it, or the chip is in secure download mode`);
    }
    return reply;
  }

  /** The next reply to a command, or one that says that a command is unknown; undefined when time is up. */
  async #replyTo(command: number, timeoutMs: number): Promise<Reply | undefined> {
    // One deadline for all of it: a board that talks without end would else keep us here.
    const deadline = this.#now() + timeoutMs;
    for (;;) {
      const frame = await this.#nextFrame(deadline);
      if (frame === undefined) return undefined;
      const reply = decodeReply(frame);
      if (reply !== undefined && (reply.command === command || (command !== COMMANDS.SYNC && saysUnsupported(reply)))) return reply;
      if (this.#frames.length === 0 && this.#now() >= deadline) return undefined;
    }
  }

  async #nextFrame(deadline: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      const bytes = await this.#read(Math.max(0, deadline - this.#now()));
      if (bytes.length === 0) return undefined;
      this.#frames.push(...this.#decoder.push(bytes));
      if (this.#frames.length === 0 && this.#now() >= deadline) return undefined;
    }
  }

  async #read(timeoutMs: number): Promise<Uint8Array> {
    const bytes = await this.link.read(timeoutMs);
    if (!this.#synced) this.heard = `${this.heard}${Buffer.from(bytes).toString("latin1")}`.slice(-4096);
    return bytes;
  }
}
