/**
 * The size of the flash, from the flash itself: its JEDEC identifier (command 0x9F), asked for through the chip's SPI registers, since the ROM loader has no command for it.
 * Registers: technical reference manual of each chip, chapter "SPI Controller", user-defined commands.
 */
import type { Chip } from "./chips.ts";
import { FlashError, hex } from "./flash-error.ts";
import type { RomLoader } from "./rom-loader.ts";

const [USE_COMMAND, USE_INPUT, START, READ_ID, ID_BITS] = [0x80000000, 0x10000000, 0x00040000, 0x9f, 24];
const COMMAND_OF_8_BITS = 0x70000000;

/** The flash's identifier: manufacturer in bits 0 to 7, device in bits 8 to 23, whose upper half is the capacity's power of two. The SPI must be attached. */
export async function readFlashId(loader: RomLoader, chip: Chip): Promise<number> {
  const { base, usr, usr2, misoLength, w0 } = chip.spi;
  const [oldUse, oldCommand] = [await loader.readRegister(base + usr), await loader.readRegister(base + usr2)];
  await loader.writeRegister(base + misoLength, ID_BITS - 1);
  await loader.writeRegister(base + usr, (USE_COMMAND | USE_INPUT) >>> 0);
  await loader.writeRegister(base + usr2, COMMAND_OF_8_BITS | READ_ID);
  await loader.writeRegister(base + w0, 0);
  await loader.writeRegister(base, START);
  for (let poll = 0; poll < 10; poll++) {
    if (((await loader.readRegister(base)) & START) === 0) {
      const id = (await loader.readRegister(base + w0)) & 0xffffff;
      await loader.writeRegister(base + usr, oldUse);
      await loader.writeRegister(base + usr2, oldCommand);
      return id;
    }
  }
  throw new FlashError("NO_REPLY", `expected the ${chip.title}'s SPI to finish reading the flash's identifier, got no end after 10 polls; check the flash's supply and, on own boards, its pins`);
}

/**
 * Bytes of the flash with an identifier; undefined where it does not say (no flash answers, or an identifier that is none).
 * Capacities are powers of two from 256 KiB (0x12) to 128 MiB (0x1B); some makers count from 0x32 on, or 64 MiB as 0x20 (esptool, table of detected flash sizes).
 */
export function flashBytesOfId(id: number): number | undefined {
  const capacity = (id >> 16) & 0xff;
  const power = capacity >= 0x32 && capacity <= 0x3a ? capacity - 0x20 : capacity === 0x20 || capacity === 0x21 ? capacity - 6 : capacity;
  return power >= 0x12 && power <= 0x1b ? 2 ** power : undefined;
}

/** Bytes as people read them: 4 MB, or a hexadecimal number where it is none. */
export function flashSizeText(bytes: number): string {
  return bytes % 0x100000 === 0 ? `${bytes / 0x100000} MB` : hex(bytes);
}
