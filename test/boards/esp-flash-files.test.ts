import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { FlashError } from "../../boards/esp-flash/flash-error.ts";
import { readFlasherArgs } from "../../boards/esp-flash/flasher-args.ts";
import { decodeNvs } from "../../boards/esp-flash/nvs-decode.ts";
import { nvsFromFile } from "../../boards/esp-flash/nvs-from-file.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-build-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** As ESP-IDF 6 writes it. */
const ARGS = {
  write_flash_args: ["--flash-mode", "dio", "--flash-size", "4MB", "--flash-freq", "80m"],
  flash_settings: { flash_mode: "dio", flash_size: "4MB", flash_freq: "80m" },
  flash_files: { "0x0": "bootloader/bootloader.bin", "0x10000": "xs_esp32.bin", "0x8000": "partition_table/partition-table.bin", "0xd000": "ota_data_initial.bin" },
  bootloader: { offset: "0x0", file: "bootloader/bootloader.bin", encrypted: "false" },
  app: { offset: "0x10000", file: "xs_esp32.bin", encrypted: "false" },
  "partition-table": { offset: "0x8000", file: "partition_table/partition-table.bin", encrypted: "false" },
  otadata: { offset: "0xd000", file: "ota_data_initial.bin", encrypted: "false" },
  extra_esptool_args: { after: "hard-reset", before: "default-reset", stub: true, chip: "esp32s3" },
};

function build(args: unknown): string {
  const at = mkdtempSync(join(folder, "b-"));
  for (const name of ["bootloader", "partition_table"]) mkdirSync(join(at, name));
  for (const file of Object.values(ARGS.flash_files)) writeFileSync(join(at, file), file);
  const path = join(at, "flasher_args.json");
  writeFileSync(path, typeof args === "string" ? args : JSON.stringify(args));
  return path;
}

test("ESP-IDF's flasher_args.json gives the chip and its parts, with what each is", (t) => {
  const { chip, parts } = readFlasherArgs(build(ARGS));
  t.is(chip, "esp32s3");
  t.deepEqual(parts.map(({ kind, offset, name, bytes }) => [kind, offset, name, Buffer.from(bytes).toString() === name]), [
    ["bootloader", 0, "bootloader/bootloader.bin", true],
    ["partition-table", 0x8000, "partition_table/partition-table.bin", true],
    ["data", 0xd000, "ota_data_initial.bin", true],
    ["app", 0x10000, "xs_esp32.bin", true],
  ]);
});

test("Another chip, files outside of the build's folder and anything else are refused", (t) => {
  t.throws(() => readFlasherArgs(build({ ...ARGS, extra_esptool_args: { chip: "esp32p4" } })), { instanceOf: FlashError, code: "UNKNOWN_CHIP" });
  t.throws(() => readFlasherArgs(build({ ...ARGS, extra_esptool_args: { chip: "toString" } })), { instanceOf: FlashError, code: "UNKNOWN_CHIP" });
  for (const args of ["", "[]", "null", "{}", { ...ARGS, flash_files: {} }, { ...ARGS, flash_files: { "0x0": 1 } }, { ...ARGS, flash_files: { zero: "xs_esp32.bin" } }, { ...ARGS, flash_files: { "0x0": "missing.bin" } }, { ...ARGS, flash_files: { "0x0": "../flasher_args.json" } }, { ...ARGS, flash_files: { "0x0": "/etc/passwd" } }, { ...ARGS, extra_esptool_args: {} }]) {
    t.throws(() => readFlasherArgs(build(args)), { instanceOf: FlashError, code: "BAD_OPTION" }, JSON.stringify(args));
  }
  t.throws(() => readFlasherArgs(join(folder, "none.json")), { instanceOf: FlashError, code: "BAD_OPTION" });
});

test("A configuration comes from a CSV and files beside it", (t) => {
  writeFileSync(join(folder, "config.csv"), "key,type,encoding,value\nassay,namespace,,\nbroker,data,string,mqtt.example\nkey,file,binary,device.key\n");
  writeFileSync(join(folder, "device.key"), new Uint8Array(32).fill(9));
  t.deepEqual(decodeNvs(nvsFromFile(join(folder, "config.csv"), 0x6000)), [
    { namespace: "assay", key: "broker", type: "string", value: "mqtt.example" },
    { namespace: "assay", key: "key", type: "blob", value: new Uint8Array(32).fill(9) },
  ]);
  writeFileSync(join(folder, "broken.csv"), "assay,namespace,,\nkey,file,binary,nothing.key\n");
  t.throws(() => nvsFromFile(join(folder, "broken.csv"), 0x6000), { instanceOf: FlashError, code: "BAD_OPTION" });
});
