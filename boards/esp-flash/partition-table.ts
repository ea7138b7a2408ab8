/**
 * A partition table: entries, their checks, and the binary form that the bootloader reads: 32 bytes an entry, then an entry with the MD5 of those before it.
 *
 * Source: ESP-IDF, "Partition Tables" and gen_esp32part (what it checks).
 */
import { createHash } from "node:crypto";
import { PARTITION_TABLE_OFFSET, SECTOR_BYTES } from "./chips.ts";
import { FlashError, hex } from "./flash-error.ts";

/** One partition. Offset and size in bytes. */
export interface Partition {
  /** 1 to 15 printable ASCII characters */
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
  readonly encrypted: boolean;
  readonly readonly: boolean;
}

/** Types of partitions. 0x40 to 0xFE are an app's own. */
export const PARTITION_TYPES = { app: 0x00, data: 0x01, bootloader: 0x02, partition_table: 0x03 } as const;

/** Subtypes that have a name, by type. */
export const PARTITION_SUBTYPES: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [PARTITION_TYPES.app]: { factory: 0x00, test: 0x20, ...Object.fromEntries(Array.from({ length: 16 }, (_, slot) => [`ota_${slot}`, 0x10 + slot])) },
  [PARTITION_TYPES.data]: { ota: 0x00, phy: 0x01, nvs: 0x02, coredump: 0x03, nvs_keys: 0x04, efuse: 0x05, undefined: 0x06, esphttpd: 0x80, fat: 0x81, spiffs: 0x82, littlefs: 0x83 },
  [PARTITION_TYPES.bootloader]: { primary: 0x00, ota: 0x01, recovery: 0x02 },
  [PARTITION_TYPES.partition_table]: { primary: 0x00, ota: 0x01 },
};

/** Bytes of the table without the rest of its sector, which a signature may use. */
export const TABLE_BYTES = 0xc00;

const ENTRY_BYTES = 32;
const OTADATA_BYTES = 0x2000;
/** A smaller NVS partition has no page left to move entries to, so it can only be read. */
const SMALLEST_WRITABLE_NVS = 0x3000;
const [ENCRYPTED, READONLY] = [1, 2];
const MOST_PARTITIONS = TABLE_BYTES / ENTRY_BYTES - 1;

const bad = (message: string): FlashError => new FlashError("BAD_PARTITION_TABLE", message);

/** Offsets of an app are mapped into memory in pages of 64 KiB. */
export function partitionAlignment(type: number): number {
  return type === PARTITION_TYPES.app ? 0x10000 : SECTOR_BYTES;
}

/** Whether a partition is the bootloader or the table itself, which alone may lie before the table's end. */
export function isBootPart({ type, subtype }: Pick<Partition, "type" | "subtype">): boolean {
  return (type === PARTITION_TYPES.bootloader || type === PARTITION_TYPES.partition_table) && subtype === 0;
}

/**
 * Checks a table: names, alignment, sizes, overlaps, otadata, and that it ends within the flash.
 * @throws FlashError `BAD_PARTITION_TABLE`, `MISALIGNED`, `OVERLAP`, `DOES_NOT_FIT`
 */
export function checkPartitions(partitions: readonly Partition[], options: { readonly flashBytes?: number; readonly tableOffset?: number } = {}): void {
  const tableEnd = (options.tableOffset ?? PARTITION_TABLE_OFFSET) + SECTOR_BYTES;
  if (partitions.length === 0) throw bad("expected at least one partition, got none");
  if (partitions.length > MOST_PARTITIONS) throw bad(`expected at most ${MOST_PARTITIONS} partitions, got ${partitions.length}`);
  const names = new Set<string>();
  for (const partition of partitions) {
    checkPartition(partition);
    if (names.has(partition.name)) throw bad(`expected names that differ, got ${partition.name} twice`);
    names.add(partition.name);
  }
  const otadata = partitions.filter(({ type, subtype }) => type === PARTITION_TYPES.data && subtype === 0);
  if (otadata.length > 1) throw bad(`expected one otadata partition, got ${otadata.map(({ name }) => name).join(", ")}`);
  for (const { name, size } of otadata) if (size !== OTADATA_BYTES) throw bad(`${name}: expected an otadata partition of ${hex(OTADATA_BYTES)} bytes, got ${hex(size)}`);
  let before: Partition | undefined;
  for (const partition of partitions.toSorted((a, b) => a.offset - b.offset)) {
    const { name, offset, size } = partition;
    if (offset < tableEnd && !isBootPart(partition)) throw new FlashError("OVERLAP", `${name}: expected an offset from ${hex(tableEnd)} on, behind the partition table, got ${hex(offset)}`);
    if (before !== undefined && offset < before.offset + before.size) throw new FlashError("OVERLAP", `${name}: expected an offset from ${hex(before.offset + before.size)} on, behind ${before.name}, got ${hex(offset)}`);
    if (options.flashBytes !== undefined && offset + size > options.flashBytes) throw new FlashError("DOES_NOT_FIT", `${name}: expected an end within the flash's ${hex(options.flashBytes)} bytes, got ${hex(offset + size)}`);
    before = partition;
  }
}

function checkPartition({ name, type, subtype, offset, size, readonly }: Partition): void {
  if (!/^[\x21-\x7e][\x20-\x7e]{0,14}$/.test(name)) throw bad(`expected a name of 1 to 15 printable ASCII characters, got ${JSON.stringify(name.slice(0, 40))}`);
  for (const [what, value, most] of [["type", type, 0xfe], ["subtype", subtype, 0xfe], ["offset", offset, 0xffffffff], ["size", size, 0xffffffff]] as const) {
    if (!Number.isInteger(value) || value < 0 || value > most) throw bad(`${name}: expected a ${what} from 0 to ${hex(most)}, got ${value}`);
  }
  if (type > 0x03 && type < 0x40) throw bad(`${name}: expected a type from 0 to 3, or from 0x40 to 0xfe for an app's own, got ${hex(type)}`);
  const alignment = partitionAlignment(type);
  if (offset % alignment !== 0) throw new FlashError("MISALIGNED", `${name}: expected an offset that is a multiple of ${hex(alignment)}, got ${hex(offset)}`);
  if (size === 0) throw bad(`${name}: expected a size above 0`);
  if (type === PARTITION_TYPES.app && size % SECTOR_BYTES !== 0) throw new FlashError("MISALIGNED", `${name}: expected a size that is a multiple of ${hex(SECTOR_BYTES)}, got ${hex(size)}`);
  if (type !== PARTITION_TYPES.data) return;
  if (subtype === 0x02 && size < SMALLEST_WRITABLE_NVS && !readonly) throw bad(`${name}: expected an NVS partition of ${hex(SMALLEST_WRITABLE_NVS)} bytes or more, or one with the flag readonly, got ${hex(size)}`);
  if ((subtype === 0x00 || subtype === 0x03) && readonly) throw bad(`${name}: expected no flag readonly on otadata or coredump, which the chip writes`);
}

/**
 * The binary form, {@link TABLE_BYTES} long; checks it first.
 * @throws FlashError as {@link checkPartitions}
 */
export function encodePartitionTable(partitions: readonly Partition[], options: { readonly flashBytes?: number; readonly tableOffset?: number } = {}): Uint8Array {
  checkPartitions(partitions, options);
  const table = new Uint8Array(TABLE_BYTES).fill(0xff);
  const view = new DataView(table.buffer);
  partitions.forEach((partition, index) => {
    const at = index * ENTRY_BYTES;
    table.fill(0, at, at + ENTRY_BYTES);
    table.set([0xaa, 0x50, partition.type, partition.subtype], at);
    view.setUint32(at + 4, partition.offset, true);
    view.setUint32(at + 8, partition.size, true);
    table.set(Buffer.from(partition.name, "latin1"), at + 12);
    view.setUint32(at + 28, (partition.encrypted ? ENCRYPTED : 0) | (partition.readonly ? READONLY : 0), true);
  });
  const end = partitions.length * ENTRY_BYTES;
  table.set([0xeb, 0xeb], end);
  table.set(createHash("md5").update(table.subarray(0, end)).digest(), end + 16);
  return table;
}

/**
 * Partitions of a binary table, whose MD5 is checked if it has one. Its rules are {@link checkPartitions}'s to check.
 * @throws FlashError `BAD_PARTITION_TABLE`
 */
export function decodePartitionTable(bytes: Uint8Array): Partition[] {
  const partitions: Partition[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + ENTRY_BYTES <= Math.min(bytes.length, TABLE_BYTES); at += ENTRY_BYTES) {
    const entry = bytes.subarray(at, at + ENTRY_BYTES);
    if (entry.every((byte) => byte === 0xff)) return partitions;
    if (entry[0] === 0xeb && entry[1] === 0xeb) {
      const md5 = createHash("md5").update(bytes.subarray(0, at)).digest();
      if (!md5.equals(entry.subarray(16))) throw bad(`expected the MD5 ${md5.toString("hex")} at ${hex(at)}, got ${Buffer.from(entry.subarray(16)).toString("hex")}; the table is damaged`);
      continue;
    }
    if (entry[0] !== 0xaa || entry[1] !== 0x50) throw bad(`expected an entry that begins with aa 50 at ${hex(at)}, got ${Buffer.from(entry.subarray(0, 2)).toString("hex")}`);
    const name = Buffer.from(entry.subarray(12, 28)).toString("latin1").replace(/\0.*$/s, "");
    const flags = view.getUint32(at + 28, true);
    partitions.push({ name, type: entry[2]!, subtype: entry[3]!, offset: view.getUint32(at + 4, true), size: view.getUint32(at + 8, true), encrypted: (flags & ENCRYPTED) !== 0, readonly: (flags & READONLY) !== 0 });
  }
  throw bad(`expected an end mark of 32 bytes 0xff within ${Math.min(bytes.length, TABLE_BYTES)} bytes, got none`);
}
