/** Writes firmware to an ESP32 board over its serial port, by the ROM loader, and has the chip confirm every part by its MD5. */
import { createHash } from "node:crypto";
import { setTimeout as delayOf } from "node:timers/promises";
import { CHIPS, SECTOR_BYTES, type Chip, type ChipName } from "./chips.ts";
import { connect, type Connected, type ConnectOptions, type EspIdentity } from "./connect.ts";
import { FlashError, hex } from "./flash-error.ts";
import { flashSizeText } from "./flash-id.ts";
import { checkParts, type FlashPart } from "./merged-image.ts";
import { ROM_BAUD, openSerial } from "./open-serial.ts";
import { resetToProgram } from "./reset.ts";
import { BLOCK_BYTES } from "./rom-loader.ts";
import type { Delay, SerialLink } from "./serial-link.ts";

/** What happens meanwhile. `done` and `total` are bytes of all parts, or of what is erased. */
export type FlashEvent =
  /** the board was found */
  | { readonly type: "board"; readonly identity: EspIdentity }
  | { readonly type: "erase"; readonly name: string; readonly done: number; readonly total: number }
  | { readonly type: "write"; readonly name: string; readonly done: number; readonly total: number }
  | { readonly type: "verify"; readonly name: string; readonly md5: string }
  /** something that the person should know */
  | { readonly type: "note"; readonly text: string };

/** A part of the flash, in bytes; whole sectors of 4096. */
export interface FlashRegion {
  readonly offset: number;
  readonly size: number;
}

/** What to do to a board. */
export interface FlashJob {
  /** the chip that it must be */
  readonly chip?: ChipName;
  /** what to write; may be empty when something is erased */
  readonly parts: readonly FlashPart[];
  /** what to erase before: all of the flash, or regions; parts are always erased as far as they reach */
  readonly erase?: "all" | readonly FlashRegion[];
  /** speed while writing, in bits per second (default 460800); the loader begins at 115200 */
  readonly baud?: number;
  /** of the flash, in bytes; by default what the flash says, else what the bootloader was built for */
  readonly flashBytes?: number;
  /** where the partition table lies (default 0x8000) */
  readonly tableOffset?: number;
  /** what happens at the end (default run): start the program, or stay in the loader */
  readonly after?: "run" | "stay";
  /** write although flash encryption or secure boot is on: only for images that are encrypted or signed for this chip (default false) */
  readonly force?: boolean;
  readonly progress?: (event: FlashEvent) => void;
}

/** What was done. */
export interface FlashReport {
  readonly identity: EspIdentity;
  readonly flashBytes: number;
  /** parts as written; `verified` is false only in secure download mode, where the chip computes no MD5 */
  readonly parts: readonly { readonly name: string; readonly offset: number; readonly bytes: number; readonly md5: string; readonly verified: boolean }[];
  /** blocks and commands that had to be sent again */
  readonly retries: number;
  /** how the program was started; "by hand" if nothing here can */
  readonly startedBy: "lines" | "loader" | "by hand" | "not at all";
}

const DEFAULT_BAUD = 460800;
/** Erased at once, so that progress is seen and no reply takes minutes. */
const ERASE_STEP = 0x100000;
/** Progress is told for every so many blocks. */
const BLOCKS_PER_EVENT = 16;

/**
 * Opens a port, flashes and closes it.
 *
 * @example
 *     await flashEsp("/dev/ttyUSB0", { chip: "esp32s3", parts: [{ name: "app.bin", kind: "app", offset: 0x10000, bytes }] });
 * @throws FlashError all codes but those of NVS images, provisioning and programs
 */
export async function flashEsp(port: string, job: FlashJob, options: { readonly usbJtag?: boolean } = {}): Promise<FlashReport> {
  checkJob(job);
  const link = await openSerial(port, { baud: ROM_BAUD, ...options });
  try {
    return await flashOver(link, job);
  } finally {
    await link.close();
  }
}

/** As {@link flashEsp}, over a line that is open. */
export async function flashOver(link: SerialLink, job: FlashJob, options: Partial<ConnectOptions> = {}): Promise<FlashReport> {
  checkJob(job);
  const delay: Delay = options.delay ?? delayOf;
  const progress = job.progress ?? (() => {});
  const note = (text: string): void => progress({ type: "note", text });
  const connected = await connect(link, { ...options, delay, note });
  const { loader, chip, identity } = connected;
  progress({ type: "board", identity });
  if (job.chip !== undefined && job.chip !== chip.name) throw new FlashError("WRONG_CHIP", `expected the ${CHIPS[job.chip].title}, but the board on ${link.path} has an ${chip.title}; name the right board or port`);
  checkSecured(identity, chip, job);
  const found = await connected.flashBytes();
  // What the bootloader was built for is all there is to go by where the flash says nothing.
  const built = job.parts.length === 0 ? undefined : checkParts(job.parts, chip, placement(job, found)).builtForFlashBytes;
  const flashBytes = job.flashBytes ?? found ?? built;
  if (flashBytes === undefined) throw new FlashError("BAD_OPTION", "expected the size of the flash as an option, since neither the flash nor a bootloader says it");
  if (job.parts.length > 0) checkParts(job.parts, chip, placement(job, flashBytes));
  if (built !== undefined && built > flashBytes) throw new FlashError("DOES_NOT_FIT", `expected a bootloader for the flash's ${flashSizeText(flashBytes)}, got one for ${flashSizeText(built)}; it would not start`);
  await loader.attachFlash(flashBytes);
  await speedUp(connected, job.baud ?? DEFAULT_BAUD, note);
  for (const region of eraseRegions(job, flashBytes)) await erase(connected, region, progress);
  const parts = await write(connected, job.parts, progress);
  const startedBy = job.after === "stay" ? "not at all" : await start(connected, delay, note);
  return { identity, flashBytes, parts, retries: loader.retries, startedBy };
}

function placement(job: FlashJob, flashBytes: number | undefined): { flashBytes?: number; tableOffset?: number } {
  const limit = job.flashBytes ?? flashBytes;
  return { ...(limit === undefined ? {} : { flashBytes: limit }), ...(job.tableOffset === undefined ? {} : { tableOffset: job.tableOffset }) };
}

/** What can be refused before a board is reset. */
function checkJob(job: FlashJob): void {
  const { parts, erase, baud, chip } = job;
  if (parts.length === 0 && (erase === undefined || erase.length === 0)) throw new FlashError("BAD_OPTION", "expected something to write or to erase, got neither");
  if (baud !== undefined && !(Number.isInteger(baud) && baud >= 9600 && baud <= 5000000)) throw new FlashError("BAD_OPTION", `expected a speed from 9600 to 5000000 baud, got ${baud}`);
  if (chip !== undefined && parts.length > 0) checkParts(parts, CHIPS[chip], placement(job, undefined));
  for (const { offset, size } of typeof erase === "object" ? erase : []) {
    if (![offset, size].every((value) => Number.isInteger(value) && value >= 0 && value % SECTOR_BYTES === 0) || size === 0) throw new FlashError("MISALIGNED", `expected regions of whole sectors of ${hex(SECTOR_BYTES)} bytes, got ${size} bytes at ${offset}`);
  }
}

/** A chip that only starts what is encrypted or signed must not get something else by accident. */
function checkSecured({ flashEncryption, secureBoot }: EspIdentity, chip: Chip, job: FlashJob): void {
  if (job.force === true || (job.parts.length === 0 && job.erase !== "all")) return;
  const locks = [...(flashEncryption ? ["flash encryption"] : []), ...(secureBoot ? ["secure boot"] : [])];
  if (locks.length > 0) throw new FlashError("SECURED", `expected a board without locks, but this ${chip.title} has ${locks.join(" and ")} on: images that are not ${flashEncryption ? "encrypted with its key" : "signed with its key"} would keep it from starting; use force only with images made for it`);
}

function eraseRegions({ erase }: FlashJob, flashBytes: number): readonly FlashRegion[] {
  if (erase === undefined) return [];
  if (erase === "all") return [{ offset: 0, size: flashBytes }];
  for (const { offset, size } of erase) if (offset + size > flashBytes) throw new FlashError("DOES_NOT_FIT", `expected a region within the flash's ${hex(flashBytes)} bytes, got an end at ${hex(offset + size)}`);
  return erase;
}

/** The loader has no command to erase; beginning to write erases, and is not followed by blocks. */
async function erase({ loader, chip }: Connected, { offset, size }: FlashRegion, progress: (event: FlashEvent) => void): Promise<void> {
  const name = `${hex(offset)} to ${hex(offset + size)}`;
  for (let done = 0; done < size; done += ERASE_STEP) {
    progress({ type: "erase", name, done, total: size });
    await loader.flashBegin(Math.min(ERASE_STEP, size - done), 0, offset + done, chip.flashBeginWords);
  }
  progress({ type: "erase", name, done: size, total: size });
}

async function write({ loader, chip, identity }: Connected, parts: readonly FlashPart[], progress: (event: FlashEvent) => void): Promise<FlashReport["parts"]> {
  const total = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const written: FlashReport["parts"][number][] = [];
  let before = 0;
  for (const { name, offset, bytes } of parts) {
    const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
    progress({ type: "erase", name, done: 0, total: bytes.length });
    await loader.flashBegin(Math.ceil(bytes.length / SECTOR_BYTES) * SECTOR_BYTES, blocks, offset, chip.flashBeginWords);
    for (let sequence = 0; sequence < blocks; sequence++) {
      const block = new Uint8Array(BLOCK_BYTES).fill(0xff);
      block.set(bytes.subarray(sequence * BLOCK_BYTES, (sequence + 1) * BLOCK_BYTES));
      await loader.flashBlock(block, sequence);
      if (sequence % BLOCKS_PER_EVENT === BLOCKS_PER_EVENT - 1 || sequence === blocks - 1) progress({ type: "write", name, done: before + Math.min(bytes.length, (sequence + 1) * BLOCK_BYTES), total });
    }
    before += bytes.length;
    const md5 = createHash("md5").update(bytes).digest("hex");
    if (!identity.secureDownload) {
      const got = await loader.flashMd5(offset, bytes.length);
      if (got !== md5) throw new FlashError("MD5_MISMATCH", `${name}: expected the flash at ${hex(offset)} to have the MD5 ${md5}, got ${got}; flash again at a lower baud rate, and if it happens again the flash is worn out`);
      progress({ type: "verify", name, md5 });
    } else progress({ type: "note", text: `${name}: not verified, since the chip computes no MD5 in secure download mode` });
    written.push({ name, offset, bytes: bytes.length, md5, verified: !identity.secureDownload });
  }
  return written;
}

async function speedUp({ loader, chip, identity }: Connected, baud: number, note: (text: string) => void): Promise<void> {
  // The chip's own USB has no baud rate.
  if (baud === ROM_BAUD || loader.link.usbJtag) return;
  try {
    await loader.changeBaudRate(baud, chip.name === "esp32" ? await esp32Baud(loader, baud) : baud);
  } catch (error) {
    if (!(error instanceof FlashError) || !["UNSUPPORTED_COMMAND", "ROM_ERROR"].includes(error.code)) throw error;
    note(`stays at ${ROM_BAUD} baud: ${error.message}${identity.secureDownload ? " (secure download mode)" : ""}`);
  }
}

/** The ESP32's loader measures its crystal by an oscillator that drifts: tell it the speed in its own measure (esptool, ESP32 target, "CK_8M frequency drift"). */
async function esp32Baud(loader: Connected["loader"], baud: number): Promise<number> {
  const calibration = ((await loader.readRegister(0x3ff5f06c)) >>> 7) & 0x1ffffff;
  const oscillator = (await loader.readRegister(0x3ff5a010)) & 0xff;
  const measured = (calibration * 15625 * oscillator) / 40;
  return measured === 0 ? baud : Math.floor((baud * measured) / (measured > 33000000 ? 40000000 : 26000000));
}

async function start({ loader, chip }: Connected, delay: Delay, note: (text: string) => void): Promise<FlashReport["startedBy"]> {
  try {
    await resetToProgram(loader.link, delay);
    return "lines";
  } catch (error) {
    // The chip's own USB may go away in its reset: then it has been reset.
    if (error instanceof FlashError && error.code === "PORT_GONE" && loader.link.usbJtag) return "lines";
    if (!(error instanceof FlashError) || error.code !== "LINES_UNSUPPORTED") throw error;
  }
  try {
    await loader.leave(chip.flashBeginWords);
    return "loader";
  } catch (error) {
    if (!(error instanceof FlashError) || error.code.startsWith("PORT_")) throw error;
    note(`press RESET (EN) to start the program: ${error.message}`);
    return "by hand";
  }
}
