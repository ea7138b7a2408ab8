/** What stands where on the board's flash chip, which is its 16 MB of PSRAM. */

/** A partition: bytes from the start of the chip, and its length, both multiples of an erase block of 4,096 bytes. */
export interface Partition {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

export const FLASH_CHIP_BYTES = 16 * 1024 * 1024;

export const partitions: readonly Partition[] = [
  /** JSON, up to the first erased byte */
  { name: "config", offset: 0, bytes: 0x1000 },
  /** the device's key and its count of boots */
  { name: "identity", offset: 0x1000, bytes: 0x4000 },
  /** as large as a simulated device's */
  { name: "outbox", offset: 0x10000, bytes: 0x40000 },
  /** a recording in place of the sensor: CSV, up to the first erased byte */
  { name: "trace", offset: 0x100000, bytes: 0xf00000 },
];

/** @throws RangeError for a name that the chip has not */
export function partition(name: string): Partition {
  const found = partitions.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`expected a partition of ${partitions.map((each) => each.name).join(", ")}, got ${name}`);
  return found;
}

/** The same as a C header. */
export function partitionsHeader(): string {
  return `/* Generated from partitions.ts. */\n#define MPS2_PARTITIONS { ${partitions.map(({ name, offset, bytes }) => `{ "${name}", ${offset}u, ${bytes}u }`).join(", ")} }\n`;
}
