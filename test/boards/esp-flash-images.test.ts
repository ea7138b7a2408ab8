import { createHash } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import { CHIPS } from "../../boards/esp-flash/chips.ts";
import { checkEspImage, readEspImage } from "../../boards/esp-flash/esp-image.ts";
import { FlashError, type FlashErrorCode } from "../../boards/esp-flash/flash-error.ts";
import { checkParts, mergeParts, type FlashPart } from "../../boards/esp-flash/merged-image.ts";
import { otadata } from "../../boards/esp-flash/otadata.ts";
import { parsePartitionCsv } from "../../boards/esp-flash/partition-csv.ts";
import { decodePartitionTable, encodePartitionTable, type Partition } from "../../boards/esp-flash/partition-table.ts";
import { espImageOf } from "./esp-image-of.ts";

const TWO_SLOTS = `# Name,   Type, SubType, Offset,  Size, Flags
nvs,      data, nvs,     ,        0x4000,
otadata,  data, ota,     ,        0x2000,
phy_init, data, phy,     ,        0x1000,
ota_0,    app,  ota_0,   ,        1M,
ota_1,    app,  ota_1,   ,        1M,
keys,     data, nvs_keys,,        4K, encrypted
mine,     0x40, 0x01,    0x300000, -3584K, readonly
`;

function code(what: () => unknown): FlashErrorCode {
  try {
    what();
  } catch (error) {
    if (error instanceof FlashError) return error.code;
    throw error;
  }
  throw new Error("expected an error, got none");
}

test("ESP-IDF's CSV: missing offsets follow, apps at 64 KiB, sizes in K and M, a negative size is an end", (t) => {
  const partitions = parsePartitionCsv(TWO_SLOTS, { flashBytes: 0x400000 });
  t.deepEqual(partitions.map(({ name, type, subtype, offset, size }) => [name, type, subtype, offset, size]), [
    ["nvs", 1, 2, 0x9000, 0x4000],
    ["otadata", 1, 0, 0xd000, 0x2000],
    ["phy_init", 1, 1, 0xf000, 0x1000],
    ["ota_0", 0, 0x10, 0x10000, 0x100000],
    ["ota_1", 0, 0x11, 0x110000, 0x100000],
    ["keys", 1, 4, 0x210000, 0x1000],
    ["mine", 0x40, 1, 0x300000, 0x80000],
  ]);
  t.deepEqual(partitions.filter(({ encrypted }) => encrypted).map(({ name }) => name), ["keys"]);
  t.deepEqual(partitions.filter(({ readonly }) => readonly).map(({ name }) => name), ["mine"]);
});

test("The binary table: 32 bytes an entry, then the MD5 of the entries, then 0xFF to 3 KiB", (t) => {
  const table = encodePartitionTable(parsePartitionCsv("nvs, data, nvs, 0x9000, 0x6000,\nfactory, app, factory, 0x10000, 1M, encrypted\n"));
  t.is(table.length, 0xc00);
  t.is(Buffer.from(table.subarray(0, 32)).toString("hex"), "aa50010200900000006000006e76730000000000000000000000000000000000");
  t.is(Buffer.from(table.subarray(32, 64)).toString("hex"), "aa500000000001000000100066616374" + "6f727900000000000000000001000000");
  t.is(Buffer.from(table.subarray(64, 80)).toString("hex"), `ebeb${"ff".repeat(14)}`);
  t.is(Buffer.from(table.subarray(80, 96)).toString("hex"), createHash("md5").update(table.subarray(0, 64)).digest("hex"));
  t.true(table.subarray(96).every((byte) => byte === 0xff));
});

test("A table goes through its binary form unchanged", (t) => {
  const partitions = parsePartitionCsv(TWO_SLOTS);
  t.deepEqual(decodePartitionTable(encodePartitionTable(partitions)), partitions);
});

test("What breaks a rule of the table is refused with its code", (t) => {
  const cases: readonly (readonly [FlashErrorCode, string])[] = [
    ["OVERLAP", "a, data, nvs, 0x9000, 0x4000,\nb, data, phy, 0xc000, 0x1000,"],
    ["OVERLAP", "a, data, nvs, 0x8000, 0x4000,"],
    ["MISALIGNED", "a, app, factory, 0x11000, 1M,"],
    ["MISALIGNED", "a, data, phy, 0x9100, 0x1000,"],
    ["MISALIGNED", "a, app, factory, 0x10000, 0x1100,"],
    ["DOES_NOT_FIT", "a, app, factory, 0x10000, 4M,"],
    ["BAD_PARTITION_TABLE", "a, data, phy, 0x9000, 0x1000,\na, data, phy, 0xa000, 0x1000,"],
    ["BAD_PARTITION_TABLE", "a_name_of_16_chr, data, phy, 0x9000, 0x1000,"],
    ["BAD_PARTITION_TABLE", ", data, phy, 0x9000, 0x1000,"],
    ["BAD_PARTITION_TABLE", "a, data, ota, 0x9000, 0x1000,"],
    ["BAD_PARTITION_TABLE", "a, data, ota, 0x9000, 0x2000,\nb, data, ota, 0xb000, 0x2000,"],
    ["BAD_PARTITION_TABLE", "a, data, nvs, 0x9000, 0x2000,"],
    ["BAD_PARTITION_TABLE", "a, data, nvs, 0x9000, 0,"],
    ["BAD_PARTITION_TABLE", "a, data, nvs, 0x9000, ,"],
    ["BAD_PARTITION_TABLE", "a, data, nvs, 0x9000, 0x6000, secret"],
    ["BAD_PARTITION_TABLE", "a, data, nonsense, 0x9000, 0x6000,"],
    ["BAD_PARTITION_TABLE", "a, app, , 0x10000, 1M,"],
    ["BAD_PARTITION_TABLE", "a, 0x10, 0, 0x9000, 0x1000,"],
    ["BAD_PARTITION_TABLE", "a, data, nvs, 0x9000, 24KB,"],
    ["BAD_PARTITION_TABLE", "a, data, nvs, 0x9000, 24K,, more"],
    ["BAD_PARTITION_TABLE", "# nothing"],
  ];
  for (const [expected, text] of cases) t.is(code(() => parsePartitionCsv(text, { flashBytes: 0x400000 })), expected, text);
  t.throws(() => parsePartitionCsv("# first\n\na, data, nonsense, 0x9000, 0x6000,"), { message: /^line 3: expected a subtype: ota, phy, nvs, / });
});

test("A damaged table, one without an end, and one with a strange entry are refused", (t) => {
  const table = encodePartitionTable(parsePartitionCsv(TWO_SLOTS));
  const damaged = Buffer.from(table);
  damaged[40]! ^= 1;
  t.is(code(() => decodePartitionTable(damaged)), "BAD_PARTITION_TABLE");
  t.is(code(() => decodePartitionTable(table.subarray(0, 7 * 32))), "BAD_PARTITION_TABLE");
  t.is(code(() => decodePartitionTable(new Uint8Array(0xc00))), "BAD_PARTITION_TABLE");
  t.is(code(() => decodePartitionTable(new Uint8Array())), "BAD_PARTITION_TABLE");
});

test("Any bytes, and any table with bytes changed, decode or are refused", (t) => {
  const table = encodePartitionTable(parsePartitionCsv(TWO_SLOTS));
  const refused = (bytes: Uint8Array): boolean => {
    try {
      return decodePartitionTable(bytes).length < 96;
    } catch (error) {
      return error instanceof FlashError && error.code === "BAD_PARTITION_TABLE";
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => t.true(refused(bytes))), { seed: 5 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xbff }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(table);
      changed[at]! ^= flip;
      t.true(refused(changed));
    }),
    { seed: 6 },
  );
});

test("Any text is a table or refused with a code", (t) => {
  const field = fc.oneof(fc.constantFrom("nvs", "data", "app", "0x9000", "1M", "-4K", "factory", "encrypted", "", "0x1000", "ota_0"), fc.string({ maxLength: 8 }));
  fc.assert(
    fc.property(fc.array(fc.array(field, { maxLength: 8 }).map((fields) => fields.join(",")), { maxLength: 6 }), (lines) => {
      try {
        t.true(encodePartitionTable(parsePartitionCsv(lines.join("\n"))).length === 0xc00);
      } catch (error) {
        t.true(error instanceof FlashError, String(error));
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

test("otadata: blank, or ESP-IDF's counter 1 with its CRC for slot 0", (t) => {
  t.true(otadata().every((byte) => byte === 0xff));
  const slot0 = Buffer.from(otadata(0));
  t.is(slot0.length, 0x2000);
  t.is(slot0.subarray(0, 32).toString("hex"), `01000000${"ff".repeat(24)}9a984347`);
  t.is(code(() => otadata(16)), "BAD_OPTION");
});

test("An ESP image is read: chip, flash size, segments, length without what stands behind", (t) => {
  const image = espImageOf({ chipId: 9, flashSize: 3, extra: Buffer.alloc(100, 1) });
  t.deepEqual(readEspImage(image, "app.bin"), { imageChipId: 9, minimumRevision: 0, flashBytes: 0x800000, segments: 2, length: image.length - 100, digest: true });
  t.is(readEspImage(espImageOf({ chipId: 0, digest: false }), "app.bin").digest, false);
});

test("One changed byte anywhere in an image with SHA-256 is found, except in what nothing covers", (t) => {
  const image = espImageOf({ chipId: 9 });
  for (let at = 0; at < image.length; at++) {
    const changed = Buffer.from(image);
    changed[at]! ^= 1;
    // Byte 23 says whether there is a digest: without it only the segments' checksum is left.
    if (at === 23) continue;
    t.is(code(() => readEspImage(changed, "app.bin")), "BAD_IMAGE", `byte ${at}`);
  }
  for (let length = 0; length < image.length; length++) t.is(code(() => readEspImage(image.subarray(0, length), "app.bin")), "BAD_IMAGE", `length ${length}`);
});

test("Any bytes are an image or BAD_IMAGE", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const image = Uint8Array.from([0xe9, bytes[0] ?? 0, ...bytes]);
      try {
        t.true(readEspImage(image, "x").length <= image.length);
      } catch (error) {
        t.true(error instanceof FlashError && error.code === "BAD_IMAGE");
      }
    }),
    { seed: 8, numRuns: 500 },
  );
});

test("An image for another chip is refused by name", (t) => {
  t.throws(() => checkEspImage(espImageOf({ chipId: 5 }), CHIPS.esp32s3, "app.bin"), { instanceOf: FlashError, code: "WRONG_IMAGE_CHIP", message: "app.bin: expected an image for the ESP32-S3, got one for ESP32-C3; build it for this board" });
  t.throws(() => checkEspImage(espImageOf({ chipId: 99 }), CHIPS.esp32, "app.bin"), { code: "WRONG_IMAGE_CHIP", message: /a chip of id 99/ });
});

const partitions: readonly Partition[] = parsePartitionCsv("nvs, data, nvs, 0x9000, 0x4000,\nota, data, ota, 0xd000, 0x2000,\nfactory, app, factory, 0x10000, 0x10000,\nota_0, app, ota_0, 0x20000, 0x10000,");
const boot: FlashPart = { name: "bootloader.bin", kind: "bootloader", offset: 0, bytes: espImageOf({ chipId: 9 }) };
const tablePart: FlashPart = { name: "table.bin", kind: "partition-table", offset: 0x8000, bytes: encodePartitionTable(partitions) };
const app: FlashPart = { name: "app.bin", kind: "app", offset: 0x10000, bytes: espImageOf({ chipId: 9 }) };
const chip = CHIPS.esp32s3;

test("Parts merge into one file with 0xFF between, which is checked like its parts", (t) => {
  const parts = [app, tablePart, boot, { name: "otadata", kind: "data" as const, offset: 0xd000, bytes: otadata() }];
  const merged = mergeParts(parts, 0x400000);
  t.is(merged.length, 0x10000 + app.bytes.length);
  for (const { offset, bytes } of parts) t.deepEqual(Buffer.from(merged.subarray(offset, offset + bytes.length)), Buffer.from(bytes));
  t.is(merged[0x9000], 0xff);
  t.deepEqual(checkParts([{ name: "merged.bin", kind: "merged", offset: 0, bytes: merged }], chip, { flashBytes: 0x400000 }), { builtForFlashBytes: 0x400000, partitions });
  const damaged = Buffer.from(merged);
  damaged[0x10000 + 60]! ^= 1;
  t.is(code(() => checkParts([{ name: "merged.bin", kind: "merged", offset: 0, bytes: damaged }], chip)), "BAD_IMAGE");
  t.is(code(() => checkParts([{ name: "merged.bin", kind: "merged", offset: 0, bytes: merged }], CHIPS.esp32c3)), "WRONG_IMAGE_CHIP");
  t.is(code(() => checkParts([{ name: "merged.bin", kind: "merged", offset: 0x1000, bytes: merged }], chip)), "MISALIGNED");
});

test("Parts at wrong places are refused before anything is sent", (t) => {
  const cases: readonly (readonly [FlashErrorCode, readonly FlashPart[]])[] = [
    ["BAD_OPTION", []],
    ["BAD_OPTION", [{ ...app, bytes: new Uint8Array() }]],
    ["BAD_OPTION", [{ ...app, offset: -0x1000 }]],
    ["MISALIGNED", [{ ...app, kind: "data", offset: 0x10010 }]],
    ["MISALIGNED", [{ ...boot, offset: 0x1000 }]],
    ["MISALIGNED", [{ ...tablePart, offset: 0x9000 }]],
    ["MISALIGNED", [tablePart, { ...app, offset: 0x18000 }]],
    ["OVERLAP", [app, { ...app, name: "other.bin" }]],
    ["OVERLAP", [{ ...boot, bytes: espImageOf({ chipId: 9, segments: [new Uint8Array(0x9000)] }) }]],
    ["DOES_NOT_FIT", [tablePart, { ...app, bytes: espImageOf({ chipId: 9, segments: [new Uint8Array(0x10000)] }) }]],
    ["DOES_NOT_FIT", [{ ...app, kind: "data", offset: 0x3ff000, bytes: new Uint8Array(0x1001) }]],
    ["BAD_IMAGE", [{ ...app, bytes: new Uint8Array(100) }]],
    ["BAD_PARTITION_TABLE", [{ ...tablePart, bytes: new Uint8Array(0xc00) }]],
  ];
  for (const [expected, parts] of cases) t.is(code(() => checkParts(parts, chip, { flashBytes: 0x400000 })), expected, JSON.stringify(parts.map(({ name, offset }) => [name, offset])));
  // Two parts in one sector: erasing for the second would take the first away.
  t.is(code(() => checkParts([{ name: "a", kind: "data", offset: 0x20000, bytes: new Uint8Array(0x1001) }, { name: "b", kind: "data", offset: 0x21000, bytes: new Uint8Array(1) }], chip)), "OVERLAP");
  t.is(code(() => mergeParts([{ ...app, offset: 0xfffff000 }])), "DOES_NOT_FIT");
});
