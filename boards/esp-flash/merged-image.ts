/** What is flashed together: parts at their offsets, checked against each other, the flash and the chip; and all of them as one file. */
import { PARTITION_TABLE_OFFSET, SECTOR_BYTES, type Chip } from "./chips.ts";
import { checkEspImage, type EspImage } from "./esp-image.ts";
import { FlashError, hex } from "./flash-error.ts";
import { PARTITION_TYPES, checkPartitions, decodePartitionTable, type Partition } from "./partition-table.ts";

/** 128 MiB: what SPI_SET_PARAMS of any of the chips can be told. */
const LARGEST_FLASH = 0x8000000;

/** What a part is, which says how it is checked. `merged` is a file that holds the others from offset 0 on; `data` is anything. */
export type PartKind = "bootloader" | "partition-table" | "app" | "merged" | "data";

/** Bytes for one place in flash. */
export interface FlashPart {
  /** what is told to people, such as a file name */
  readonly name: string;
  readonly kind: PartKind;
  /** a multiple of 4096 */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What the checks found. */
export interface CheckedParts {
  /** of the flash that the bootloader was built for; undefined without a bootloader */
  readonly builtForFlashBytes: number | undefined;
  /** of the table among the parts, or none */
  readonly partitions: readonly Partition[];
}

/**
 * Checks parts before anything is sent: offsets are sectors, nothing overlaps or ends beyond the flash, images are whole and for this chip, the bootloader lies where the chip looks for it,
 * the table is sound, and each app lies at the begin of an app partition and fits it.
 *
 * @throws FlashError `BAD_OPTION`, `MISALIGNED`, `OVERLAP`, `DOES_NOT_FIT`, `BAD_IMAGE`, `WRONG_IMAGE_CHIP`, `BAD_PARTITION_TABLE`
 */
export function checkParts(parts: readonly FlashPart[], chip: Chip, options: { readonly flashBytes?: number; readonly tableOffset?: number } = {}): CheckedParts {
  checkPlaces(parts, options.flashBytes);
  const tableOffset = options.tableOffset ?? PARTITION_TABLE_OFFSET;
  const pieces = parts.flatMap((part) => (part.kind === "merged" ? piecesOfMerged(part, chip, tableOffset) : [part]));
  const limits = { tableOffset, ...(options.flashBytes === undefined ? {} : { flashBytes: options.flashBytes }) };
  let [partitions, bootloader]: [readonly Partition[], EspImage | undefined] = [[], undefined];
  for (const { name, kind, offset, bytes } of pieces) {
    if (kind === "bootloader") {
      if (offset !== chip.bootloaderOffset) throw new FlashError("MISALIGNED", `${name}: expected the ${chip.title}'s bootloader at ${hex(chip.bootloaderOffset)}, got ${hex(offset)}`);
      bootloader = checkEspImage(bytes, chip, name);
      if (offset + bootloader.length > tableOffset) throw new FlashError("OVERLAP", `${name}: expected a bootloader that ends before the partition table at ${hex(tableOffset)}, got an end at ${hex(offset + bootloader.length)}`);
    } else if (kind === "partition-table") {
      if (offset !== tableOffset) throw new FlashError("MISALIGNED", `${name}: expected the partition table at ${hex(tableOffset)}, got ${hex(offset)}`);
      partitions = decodePartitionTable(bytes);
      checkPartitions(partitions, limits);
    }
  }
  for (const { name, kind, offset, bytes } of pieces) {
    if (kind !== "app") continue;
    const { length } = checkEspImage(bytes, chip, name);
    if (partitions.length === 0) continue;
    const partition = partitions.find((candidate) => candidate.type === PARTITION_TYPES.app && candidate.offset === offset);
    if (partition === undefined) throw new FlashError("MISALIGNED", `${name}: expected the offset of an app partition (${partitions.filter(({ type }) => type === PARTITION_TYPES.app).map((one) => `${one.name} ${hex(one.offset)}`).join(", ") || "the table has none"}), got ${hex(offset)}`);
    if (Math.max(length, bytes.length) > partition.size) throw new FlashError("DOES_NOT_FIT", `${name}: expected at most the ${hex(partition.size)} bytes of partition ${partition.name}, got ${hex(bytes.length)}`);
  }
  return { builtForFlashBytes: bootloader?.flashBytes, partitions };
}

function checkPlaces(parts: readonly FlashPart[], flashBytes: number | undefined): void {
  if (parts.length === 0) throw new FlashError("BAD_OPTION", "expected at least one part to flash, got none");
  let before: FlashPart | undefined;
  for (const part of parts.toSorted((a, b) => a.offset - b.offset)) {
    const { name, offset, bytes } = part;
    if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) throw new FlashError("BAD_OPTION", `${name}: expected an offset from 0 to 0xffffffff, got ${offset}`);
    if (bytes.length === 0) throw new FlashError("BAD_OPTION", `${name}: expected at least one byte, got an empty file`);
    if (offset % SECTOR_BYTES !== 0) throw new FlashError("MISALIGNED", `${name}: expected an offset that is a multiple of ${hex(SECTOR_BYTES)}, which is what flash erases at once, got ${hex(offset)}`);
    if (flashBytes !== undefined && offset + bytes.length > flashBytes) throw new FlashError("DOES_NOT_FIT", `${name}: expected an end within the flash's ${hex(flashBytes)} bytes, got ${hex(offset + bytes.length)}`);
    // Whole sectors are erased, so two parts must not share one.
    const beforeEnd = before === undefined ? 0 : Math.ceil((before.offset + before.bytes.length) / SECTOR_BYTES) * SECTOR_BYTES;
    if (before !== undefined && offset < beforeEnd) throw new FlashError("OVERLAP", `${name}: expected an offset from ${hex(beforeEnd)} on, behind ${before.name}, got ${hex(offset)}`);
    before = part;
  }
}

/** The parts of a merged file that can be checked: bootloader, table and apps. What is blank there is none. */
function piecesOfMerged(part: FlashPart, chip: Chip, tableOffset: number): FlashPart[] {
  const { name, bytes } = part;
  if (part.offset !== 0) throw new FlashError("MISALIGNED", `${name}: expected a merged image at 0, got ${hex(part.offset)}`);
  const piece = (kind: PartKind, what: string, offset: number, end: number): FlashPart => ({ name: `${name}, ${what}`, kind, offset, bytes: bytes.subarray(offset, end) });
  const pieces = [piece("bootloader", "its bootloader", chip.bootloaderOffset, tableOffset)];
  if (bytes.length <= tableOffset) return pieces;
  const table = piece("partition-table", "its partition table", tableOffset, tableOffset + SECTOR_BYTES);
  pieces.push(table);
  for (const { name: partition, type, offset, size } of decodePartitionTable(table.bytes)) {
    if (type !== PARTITION_TYPES.app || offset >= bytes.length) continue;
    const app = piece("app", `its partition ${partition}`, offset, offset + size);
    if (app.bytes.some((byte) => byte !== 0xff)) pieces.push(app);
  }
  return pieces;
}

/**
 * All parts in one file from offset 0 on, with 0xFF between them, as blank flash reads. `checkParts` first.
 * @throws FlashError `OVERLAP`, `DOES_NOT_FIT`, `MISALIGNED`, `BAD_OPTION`
 */
export function mergeParts(parts: readonly FlashPart[], flashBytes = LARGEST_FLASH): Uint8Array {
  checkPlaces(parts, flashBytes);
  const merged = new Uint8Array(Math.max(...parts.map(({ offset, bytes }) => offset + bytes.length))).fill(0xff);
  for (const { offset, bytes } of parts) merged.set(bytes, offset);
  return merged;
}
