/** A partition table as ESP-IDF projects write it: a line `Name, Type, SubType, Offset, Size, Flags` for each partition. Source: ESP-IDF, "Partition Tables", section "Creating Custom Tables". */
import { PARTITION_TABLE_OFFSET, SECTOR_BYTES } from "./chips.ts";
import { FlashError, hex } from "./flash-error.ts";
import { PARTITION_SUBTYPES, PARTITION_TYPES, checkPartitions, isBootPart, partitionAlignment, type Partition } from "./partition-table.ts";

/**
 * Reads such a text and checks the table. Missing offsets follow the partition before, aligned; a negative size is an end: -1M ends at 1 MiB.
 * @throws FlashError `BAD_PARTITION_TABLE` with the line, `MISALIGNED`, `OVERLAP`, `DOES_NOT_FIT`
 */
export function parsePartitionCsv(text: string, options: { readonly flashBytes?: number; readonly tableOffset?: number } = {}): Partition[] {
  const partitions: Partition[] = [];
  let end = (options.tableOffset ?? PARTITION_TABLE_OFFSET) + SECTOR_BYTES;
  text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).forEach((line, index) => {
    if (line.trim() === "" || line.trim().startsWith("#")) return;
    const fail = (message: string): FlashError => new FlashError("BAD_PARTITION_TABLE", `line ${index + 1}: ${message}`);
    const fields = line.split(",").map((field) => field.trim());
    if (fields.length > 6 && fields.slice(6).some((field) => field !== "")) throw fail(`expected at most 6 fields, got ${fields.length}`);
    const [name = "", typeText = "", subtypeText = "", offsetText = "", sizeText = "", flagsText = ""] = fields;
    const type = named("type", typeText, PARTITION_TYPES, fail);
    const subtype = subtypeText === "" && type !== PARTITION_TYPES.app ? 0x06 : named("subtype", subtypeText, PARTITION_SUBTYPES[type] ?? {}, fail);
    const given = offsetText === "" ? undefined : quantity("offset", offsetText, fail);
    const boot = isBootPart({ type, subtype });
    if (boot && given === undefined) throw fail(`expected an offset for ${name}`);
    const alignment = partitionAlignment(type);
    const offset = given ?? Math.ceil(end / alignment) * alignment;
    if (!boot && offset < end) throw new FlashError("OVERLAP", `line ${index + 1}: ${name}: expected an offset from ${hex(end)} on, where what is before ends, got ${hex(offset)}`);
    if (sizeText === "") throw fail("expected a size");
    const size = quantity("size", sizeText.replace(/^-/, ""), fail);
    const bytes = sizeText.startsWith("-") ? size - offset : size;
    if (bytes <= 0) throw fail(`${name}: expected a size above 0, got ${sizeText} at offset ${hex(offset)}`);
    const flags = flagsText.split(":").map((flag) => flag.trim()).filter((flag) => flag !== "");
    const unknown = flags.find((flag) => flag !== "encrypted" && flag !== "readonly");
    if (unknown !== undefined) throw fail(`expected the flags encrypted and readonly, got ${unknown}`);
    partitions.push({ name, type, subtype, offset, size: bytes, encrypted: flags.includes("encrypted"), readonly: flags.includes("readonly") });
    if (!boot) end = offset + bytes;
  });
  checkPartitions(partitions, options);
  return partitions;
}

type Fail = (message: string) => FlashError;

function named(what: string, text: string, names: Readonly<Record<string, number>>, fail: Fail): number {
  if (Object.hasOwn(names, text.toLowerCase())) return names[text.toLowerCase()]!;
  if (/^(0x[0-9a-f]{1,2}|\d{1,3})$/i.test(text)) return Number(text);
  throw fail(`expected a ${what}: ${Object.keys(names).join(", ") || "a number"}, got ${JSON.stringify(text)}`);
}

/** A number, decimal or hexadecimal, perhaps in KiB or MiB. */
function quantity(what: string, text: string, fail: Fail): number {
  const [, digits, unit] = /^(0x[0-9a-f]{1,8}|\d{1,10})([km]?)$/i.exec(text) ?? [];
  if (digits === undefined) throw fail(`expected a number as ${what}, such as 0x9000, 24K or 1M, got ${JSON.stringify(text)}`);
  return Number(digits) * (unit === "" ? 1 : unit!.toLowerCase() === "k" ? 0x400 : 0x100000);
}
