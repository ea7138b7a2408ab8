/**
 * The chips that can be flashed, and where things lie in them.
 *
 * Facts from Espressif's esptool (targets of each chip) and ESP-IDF (bootloader offset, `esp_chip_id_t`); registers are those of the technical reference manuals.
 */

/** A chip, by the name that ESP-IDF and esptool give it. */
export type ChipName = "esp32" | "esp32s3" | "esp32c3" | "esp32c6";

/** What the flashing side must know about a chip. Addresses are those of the chip's memory, offsets those of its flash. */
export interface Chip {
  readonly name: ChipName;
  readonly title: string;
  /** in an image's extended header and in the reply to GET_SECURITY_INFO */
  readonly imageChipId: number;
  /** what READ_REG of {@link MAGIC_REGISTER} gives, for chips whose loader does not know GET_SECURITY_INFO */
  readonly magic?: number;
  readonly bootloaderOffset: number;
  /** FLASH_BEGIN has a fifth word (encrypted or not) on all chips after the ESP32 */
  readonly flashBeginWords: 4 | 5;
  /** registers with bytes 5 to 2 and, in the low half, 1 to 0 of the factory MAC */
  readonly mac: { readonly low: number; readonly high: number };
  /** the SPI peripheral of the flash: base, and offsets of its registers */
  readonly spi: { readonly base: number; readonly usr: number; readonly usr2: number; readonly misoLength: number; readonly w0: number };
  /** watchdogs that run on while the chip is in the loader over its own USB, and would reset it */
  readonly watchdogs?: {
    readonly rtc: { readonly protect: number; readonly key: number; readonly config: number };
    readonly superWatchdog: { readonly protect: number; readonly key: number; readonly config: number; readonly autoFeed: number };
  };
  /** of the toolchain: programs that turn addresses into lines, newest name first */
  readonly addr2line: readonly string[];
}

/** A ROM address whose value tells the chips before the ESP32-C3 apart. */
export const MAGIC_REGISTER = 0x40001000;

/** Where ESP-IDF expects the partition table unless a project says otherwise (CONFIG_PARTITION_TABLE_OFFSET). */
export const PARTITION_TABLE_OFFSET = 0x8000;

/** The smallest piece of flash that can be erased, in bytes. */
export const SECTOR_BYTES = 0x1000;

const RISCV = ["riscv32-esp-elf-addr2line"];
const NEWER_SPI = { usr: 0x18, usr2: 0x20, misoLength: 0x28, w0: 0x58 } as const;

export const CHIPS: Readonly<Record<ChipName, Chip>> = {
  esp32: {
    name: "esp32",
    title: "ESP32",
    imageChipId: 0,
    magic: 0x00f01d83,
    bootloaderOffset: 0x1000,
    flashBeginWords: 4,
    mac: { low: 0x3ff5a004, high: 0x3ff5a008 },
    spi: { base: 0x3ff42000, usr: 0x1c, usr2: 0x24, misoLength: 0x2c, w0: 0x80 },
    addr2line: ["xtensa-esp32-elf-addr2line", "xtensa-esp-elf-addr2line"],
  },
  esp32s3: {
    name: "esp32s3",
    title: "ESP32-S3",
    imageChipId: 9,
    bootloaderOffset: 0,
    flashBeginWords: 5,
    mac: { low: 0x60007044, high: 0x60007048 },
    spi: { base: 0x60002000, ...NEWER_SPI },
    watchdogs: { rtc: { protect: 0x600080b0, key: 0x50d83aa1, config: 0x60008098 }, superWatchdog: { protect: 0x600080b8, key: 0x8f1d312a, config: 0x600080b4, autoFeed: 0x80000000 } },
    addr2line: ["xtensa-esp32s3-elf-addr2line", "xtensa-esp-elf-addr2line"],
  },
  esp32c3: {
    name: "esp32c3",
    title: "ESP32-C3",
    imageChipId: 5,
    bootloaderOffset: 0,
    flashBeginWords: 5,
    mac: { low: 0x60008844, high: 0x60008848 },
    spi: { base: 0x60002000, ...NEWER_SPI },
    watchdogs: { rtc: { protect: 0x600080a8, key: 0x50d83aa1, config: 0x60008090 }, superWatchdog: { protect: 0x600080b0, key: 0x8f1d312a, config: 0x600080ac, autoFeed: 0x80000000 } },
    addr2line: RISCV,
  },
  esp32c6: {
    name: "esp32c6",
    title: "ESP32-C6",
    imageChipId: 13,
    bootloaderOffset: 0,
    flashBeginWords: 5,
    mac: { low: 0x600b0844, high: 0x600b0848 },
    spi: { base: 0x60003000, ...NEWER_SPI },
    watchdogs: { rtc: { protect: 0x600b1c18, key: 0x50d83aa1, config: 0x600b1c00 }, superWatchdog: { protect: 0x600b1c20, key: 0x50d83aa1, config: 0x600b1c1c, autoFeed: 0x00040000 } },
    addr2line: RISCV,
  },
};

/** The chip with an id, or undefined. */
export function chipOfId(imageChipId: number): Chip | undefined {
  return Object.values(CHIPS).find((chip) => chip.imageChipId === imageChipId);
}
