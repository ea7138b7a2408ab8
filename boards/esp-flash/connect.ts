/** Reaches the ROM loader of a board and finds out which chip it is. */
import { setTimeout as delayOf } from "node:timers/promises";
import { CHIPS, MAGIC_REGISTER, chipOfId, type Chip, type ChipName } from "./chips.ts";
import { FlashError, hex } from "./flash-error.ts";
import { flashBytesOfId, readFlashId } from "./flash-id.ts";
import { openSerial } from "./open-serial.ts";
import { resetToLoader, resetToProgram } from "./reset.ts";
import { RomLoader, type RomLoaderOptions, type SecurityInfo } from "./rom-loader.ts";
import type { SerialLink } from "./serial-link.ts";

/** Which board it is. */
export interface EspIdentity {
  readonly chip: ChipName;
  /** the factory's, such as 24:6f:28:00:00:01; undefined in secure download mode */
  readonly mac: string | undefined;
  readonly flashEncryption: boolean;
  readonly secureBoot: boolean;
  /** the loader only writes flash and tells this */
  readonly secureDownload: boolean;
}

/** A loader that answers. */
export interface Connected {
  readonly loader: RomLoader;
  readonly chip: Chip;
  readonly identity: EspIdentity;
  /** of the flash, in bytes; undefined if it does not say */
  flashBytes(): Promise<number | undefined>;
}

/** How a loader is reached. */
export interface ConnectOptions extends RomLoaderOptions {
  /** resets into the loader before giving up (default 7) */
  readonly attempts?: number;
  /** whether to reset the board into its loader (default), or to expect that somebody did by hand */
  readonly reset?: boolean;
  readonly note?: (text: string) => void;
}

const [FLAG_SECURE_BOOT, FLAG_SECURE_DOWNLOAD] = [1 << 0, 1 << 2];
const SYNCS_PER_ATTEMPT = 5;

/**
 * Resets a board into its loader, gets an answer and identifies the chip. A port without DTR and RTS is noted and spoken to as it is.
 * @throws FlashError `NO_SYNC`, `WRONG_BOOT_MODE`, `STUB_RUNNING`, `UNKNOWN_CHIP`, `NO_REPLY`, `BAD_REPLY`; errors of the port
 */
export async function connect(link: SerialLink, options: ConnectOptions): Promise<Connected> {
  const loader = new RomLoader(link, options);
  await reach(loader, options);
  const connected = await identify(loader);
  if (link.usbJtag && !connected.identity.secureDownload) await stopWatchdogs(loader, connected.chip);
  return connected;
}

/**
 * Opens a port, identifies the board, starts its program again and closes the port.
 * @throws FlashError as {@link connect}
 */
export async function identifyEsp(port: string, options: { readonly usbJtag?: boolean; readonly note?: (text: string) => void } = {}): Promise<EspIdentity & { readonly flashBytes: number | undefined }> {
  const link = await openSerial(port, options);
  try {
    const connected = await connect(link, { delay: delayOf, ...(options.note === undefined ? {} : { note: options.note }) });
    const flashBytes = await connected.flashBytes();
    try {
      await resetToProgram(link, delayOf);
    } catch (error) {
      if (!(error instanceof FlashError) || error.code !== "LINES_UNSUPPORTED") throw error;
      options.note?.("the board is still in its loader: press RESET (EN) to start its program");
    }
    return { ...connected.identity, flashBytes };
  } finally {
    await link.close();
  }
}

async function reach(loader: RomLoader, options: ConnectOptions): Promise<void> {
  let [reset, last]: [boolean, unknown] = [options.reset ?? true, undefined];
  for (let attempt = 0; attempt < (options.attempts ?? 7); attempt++) {
    if (reset) {
      try {
        await loader.discardInput();
        loader.heard = "";
        await resetToLoader(loader.link, attempt, options.delay);
      } catch (error) {
        if (!(error instanceof FlashError) || error.code !== "LINES_UNSUPPORTED") throw error;
        options.note?.(`cannot reset the board from here: ${error.message}`);
        reset = false;
      }
    }
    try {
      await loader.sync(SYNCS_PER_ATTEMPT);
      return;
    } catch (error) {
      if (!(error instanceof FlashError) || error.code !== "NO_SYNC") throw error;
      last = error;
    }
  }
  // Every chip says after a reset how it starts: "boot:0x8 (SPI_FAST_FLASH_BOOT)", or "waiting for download".
  const mode = /boot:(0x[0-9a-f]{1,8})/i.exec(loader.heard)?.[1];
  if (mode !== undefined && !/waiting for download/i.test(loader.heard)) throw new FlashError("WRONG_BOOT_MODE", `expected ${loader.link.path} to reset the board into its loader, but it started its program (boot mode ${mode}); hold BOOT, press RESET (EN), let BOOT go and try again`, { cause: last });
  throw last ?? new FlashError("NO_SYNC", `expected to try to reach the board on ${loader.link.path} at least once, got 0 attempts`);
}

async function identify(loader: RomLoader): Promise<Connected> {
  const magic = await readMagic(loader);
  const oldest = magic === undefined ? undefined : Object.values(CHIPS).find((candidate) => candidate.magic === magic);
  if (oldest !== undefined) {
    // ESP32, technical reference manual, "eFuse Controller": FLASH_CRYPT_CNT is bits 20 to 26 of block 0's word 0, ABS_DONE_0 and 1 are bits 4 and 5 of its word 6.
    const [word0, word6] = [await loader.readRegister(0x3ff5a000), await loader.readRegister(0x3ff5a018)];
    return connectedTo(loader, oldest, { flashEncryption: oddBits((word0 >>> 20) & 0x7f), secureBoot: ((word6 >>> 4) & 3) !== 0, secureDownload: false });
  }
  const { imageChipId, flags, flashCryptCount } = await securityInfo(loader, magic);
  const chip = chipOfId(imageChipId);
  if (chip === undefined || chip.magic !== undefined) throw unknownChip(`id ${imageChipId}`);
  const secureDownload = (flags & FLAG_SECURE_DOWNLOAD) !== 0;
  return connectedTo(loader, chip, { flashEncryption: oddBits(flashCryptCount), secureBoot: (flags & FLAG_SECURE_BOOT) !== 0, secureDownload });
}

/**
 * The word that tells the oldest chips apart; undefined in secure download mode. It is asked for first: the ESP32 does not know GET_SECURITY_INFO and is reset by a command that it does not know
 * (esptool 4, detect_chip), while later chips only refuse READ_REG.
 */
async function readMagic(loader: RomLoader): Promise<number | undefined> {
  try {
    return await loader.readRegister(MAGIC_REGISTER);
  } catch (error) {
    if (!(error instanceof FlashError) || error.code !== "UNSUPPORTED_COMMAND") throw error;
    return undefined;
  }
}

async function securityInfo(loader: RomLoader, magic: number | undefined): Promise<SecurityInfo> {
  try {
    return await loader.securityInfo();
  } catch (error) {
    if (!(error instanceof FlashError) || error.code !== "UNSUPPORTED_COMMAND") throw error;
    throw unknownChip(magic === undefined ? "an unknown word" : `the word ${hex(magic)} at ${hex(MAGIC_REGISTER)}`, error);
  }
}

function unknownChip(got: string, cause?: unknown): FlashError {
  return new FlashError("UNKNOWN_CHIP", `expected ${Object.values(CHIPS).map(({ title }) => title).join(", ")}, got a chip of ${got}`, { cause });
}

async function connectedTo(loader: RomLoader, chip: Chip, locks: Pick<EspIdentity, "flashEncryption" | "secureBoot" | "secureDownload">): Promise<Connected> {
  const mac = locks.secureDownload ? undefined : await readMac(loader, chip);
  return {
    loader,
    chip,
    identity: { chip: chip.name, mac, ...locks },
    flashBytes: async () => {
      if (locks.secureDownload) return undefined;
      await loader.attachSpi();
      return flashBytesOfId(await readFlashId(loader, chip));
    },
  };
}

async function readMac(loader: RomLoader, chip: Chip): Promise<string> {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(await loader.readRegister(chip.mac.high), 0);
  bytes.writeUInt32BE(await loader.readRegister(chip.mac.low), 4);
  return [...bytes.subarray(2)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Over the chip's own USB a reset leaves the watchdogs on, and they would end a long erase. */
async function stopWatchdogs(loader: RomLoader, { watchdogs }: Chip): Promise<void> {
  if (watchdogs === undefined) return;
  const { rtc, superWatchdog } = watchdogs;
  await loader.writeRegister(rtc.protect, rtc.key);
  await loader.writeRegister(rtc.config, 0);
  await loader.writeRegister(rtc.protect, 0);
  await loader.writeRegister(superWatchdog.protect, superWatchdog.key);
  await loader.writeRegister(superWatchdog.config, ((await loader.readRegister(superWatchdog.config)) | superWatchdog.autoFeed) >>> 0);
  await loader.writeRegister(superWatchdog.protect, 0);
}

function oddBits(value: number): boolean {
  let count = 0;
  for (let rest = value; rest !== 0; rest >>>= 1) count += rest & 1;
  return count % 2 === 1;
}
