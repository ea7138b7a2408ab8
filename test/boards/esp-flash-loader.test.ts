import { createHash } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import { CHIPS, type ChipName } from "../../boards/esp-flash/chips.ts";
import { connect } from "../../boards/esp-flash/connect.ts";
import { FlashError, type FlashErrorCode } from "../../boards/esp-flash/flash-error.ts";
import { flashBytesOfId } from "../../boards/esp-flash/flash-id.ts";
import { flashOver, type FlashEvent, type FlashJob, type FlashReport } from "../../boards/esp-flash/flash-esp.ts";
import type { FlashPart } from "../../boards/esp-flash/merged-image.ts";
import { encodePartitionTable } from "../../boards/esp-flash/partition-table.ts";
import type { SerialLink } from "../../boards/esp-flash/serial-link.ts";
import { espImageOf } from "./esp-image-of.ts";
import { FakeLink } from "./fake-link.ts";
import { FAKE_CHIPS, FakeRomLoader, type Faults } from "./fake-rom-loader.ts";

const table = encodePartitionTable([
  { name: "nvs", type: 1, subtype: 2, offset: 0x9000, size: 0x6000, encrypted: false, readonly: false },
  { name: "factory", type: 0, subtype: 0, offset: 0x10000, size: 0x100000, encrypted: false, readonly: false },
]);

/** Bytes that SLIP has to escape among them. */
function firmware(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => [0xc0, 0xdb, index & 0xff, (index >> 8) & 0xff][index % 4]!);
}

function partsFor(chip: ChipName): FlashPart[] {
  const chipId = CHIPS[chip].imageChipId;
  return [
    { name: "bootloader.bin", kind: "bootloader", offset: CHIPS[chip].bootloaderOffset, bytes: espImageOf({ chipId }) },
    { name: "partition-table.bin", kind: "partition-table", offset: 0x8000, bytes: table },
    { name: "app.bin", kind: "app", offset: 0x10000, bytes: espImageOf({ chipId, segments: [firmware(20000), firmware(333)] }) },
  ];
}

async function flash(faults: Faults, job: Partial<FlashJob> = {}, options: { chip?: ChipName; lines?: boolean; usbJtag?: boolean; locks?: { securityFlags?: number; flashCryptCount?: number } } = {}): Promise<{ board: FakeRomLoader; link: FakeLink; report: FlashReport; events: FlashEvent[] }> {
  const chip = options.chip ?? "esp32s3";
  const board = new FakeRomLoader({ ...FAKE_CHIPS[chip], ...options.locks }, { faults });
  const link = new FakeLink(board, options);
  const events: FlashEvent[] = [];
  const report = await flashOver(link, { parts: partsFor(chip), progress: (event) => events.push(event), ...job }, link.clock);
  return { board, link, report, events };
}

async function code(promise: Promise<unknown>): Promise<FlashErrorCode> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FlashError) return error.code;
    throw error;
  }
  throw new Error("expected an error, got none");
}

for (const chip of Object.keys(CHIPS) as ChipName[]) {
  test(`All parts are in the flash of the ${chip}, byte for byte, verified by the chip; what lies between is untouched`, async (t) => {
    const { board, link, report } = await flash({}, {}, { chip });
    for (const { offset, bytes } of partsFor(chip)) t.deepEqual(Buffer.from(board.flash.subarray(offset, offset + bytes.length)), Buffer.from(bytes));
    t.is(board.flash[0x9000], 0x5a);
    t.true(report.parts.every(({ verified }) => verified));
    t.is(report.parts[2]!.md5, createHash("md5").update(partsFor(chip)[2]!.bytes).digest("hex"));
    t.like(report, { retries: 0, startedBy: "lines", flashBytes: 0x400000, identity: { chip, flashEncryption: false, secureBoot: false, secureDownload: false } });
    t.is(board.started, 1);
    t.deepEqual([board.baud, link.bauds], [460800, [460800]]);
    // Held in reset, let go with the boot pin low, boot pin released; at the end held in reset and let go.
    t.deepEqual(link.signals, ["01", "10", "00", "01", "00"]);
  });
}

test("Progress tells the board, then each part's erasing, writing up to the last byte of all, and its MD5", async (t) => {
  const { events, report } = await flash({});
  const total = partsFor("esp32s3").reduce((sum, { bytes }) => sum + bytes.length, 0);
  t.deepEqual(events[0], { type: "board", identity: report.identity });
  const writes = events.filter((event) => event.type === "write");
  t.true(writes.every((event, index) => event.total === total && (index === 0 || event.done > writes[index - 1]!.done)));
  t.is(writes.at(-1)!.done, total);
  t.deepEqual(events.filter((event) => event.type === "verify").map(({ name }) => name), ["bootloader.bin", "partition-table.bin", "app.bin"]);
});

test("A flash's identifier gives its size, or nothing where it is none", (t) => {
  t.deepEqual([0x164020, 0x1840c8, 0x1520c2, 0x3725c2, 0x20ffc2, 0x1b4020].map(flashBytesOfId), [0x400000, 0x1000000, 0x200000, 0x800000, 0x4000000, 0x8000000]);
  t.deepEqual([0, 0xffffff, 0x110000, 0x1c0000].map(flashBytesOfId), [undefined, undefined, undefined, undefined]);
});

test("The MAC is the factory's: of the ESP32 without its checksum, of later chips from block 1", async (t) => {
  t.is((await flash({}, {}, { chip: "esp32" })).report.identity.mac, "24:6f:28:aa:bb:cc");
  t.is((await flash({}, {}, { chip: "esp32c6" })).report.identity.mac, "60:55:85:a1:b2:c3");
});

test("The ESP32, which a command that it does not know resets, is told by its magic word; other chips by their id; an unknown one is refused", async (t) => {
  t.false((await flash({}, {}, { chip: "esp32" })).board.commands.some(({ opcode }) => opcode === 0x14));
  t.true((await flash({}, {}, { chip: "esp32c6" })).board.commands.some(({ opcode }) => opcode === 0x14));
  for (const changes of [{ magic: 0x000007c6 }, { chipId: 12 }, { chipId: 0 }]) {
    const link = new FakeLink(new FakeRomLoader({ ...FAKE_CHIPS[changes.magic === undefined ? "esp32s3" : "esp32"], ...changes }));
    t.is(await code(flashOver(link, { parts: partsFor("esp32s3") }, link.clock)), "UNKNOWN_CHIP", JSON.stringify(changes));
  }
});

test("FLASH_BEGIN has four words on the ESP32 and five on later chips", async (t) => {
  t.is((await flash({}, {}, { chip: "esp32" })).board.commands.find(({ opcode }) => opcode === 2)!.data.length, 16);
  t.is((await flash({}, {}, { chip: "esp32c3" })).board.commands.find(({ opcode }) => opcode === 2)!.data.length, 20);
});

test("Over the chip's own USB the lines go through (1, 1), the speed stays, and watchdogs are stopped", async (t) => {
  const { board, link } = await flash({}, {}, { chip: "esp32c3", usbJtag: true });
  t.deepEqual(link.signals, ["00", "10", "11", "01", "00", "01", "00"]);
  t.deepEqual(link.bauds, []);
  const writes = board.commands.filter(({ opcode }) => opcode === 9).map(({ data }) => data.readUInt32LE(0));
  t.deepEqual(writes.slice(0, 6), [0x600080a8, 0x60008090, 0x600080a8, 0x600080b0, 0x600080ac, 0x600080b0]);
});

test("Without DTR and RTS this is noted, and the loader itself starts the program", async (t) => {
  const { board, report, events } = await flash({}, {}, { lines: false });
  t.is(report.startedBy, "loader");
  t.is(board.started, 1);
  t.true(events.some((event) => event.type === "note" && event.text.startsWith("cannot reset the board from here: ")));
});

test("Noise and a boot log before the first reply are passed over", async (t) => {
  const { report } = await flash({ noise: Buffer.concat([Buffer.from("ets Jul 29 2019\r\n"), Buffer.of(0xc0, 0xdb, 1, 0xc0, 0xff, 0)]) });
  t.is(report.parts.length, 3);
});

test("A board that talks between replies is understood", async (t) => {
  t.is((await flash({ chatter: true })).report.parts.length, 3);
});

test("Lost replies to SYNC and to a block are made up for; the flash is right", async (t) => {
  const { board, report } = await flash({ dropped: { 0x08: 3, 0x03: 2 } });
  t.is(report.retries, 2);
  const app = partsFor("esp32s3")[2]!;
  t.deepEqual(Buffer.from(board.flash.subarray(0x10000, 0x10000 + app.bytes.length)), Buffer.from(app.bytes));
});

test("A reply that comes only after its time is not taken for the next block's", async (t) => {
  const { board, report } = await flash({ late: { 0x03: 2 } });
  t.is(report.retries, 2);
  const app = partsFor("esp32s3")[2]!;
  t.deepEqual(Buffer.from(board.flash.subarray(0x10000, 0x10000 + app.bytes.length)), Buffer.from(app.bytes));
});

test("Whatever goes wrong on the line: what is reported as verified is in the flash, and everything else is an error with a code", async (t) => {
  const opcode = fc.constantFrom(0x02, 0x03, 0x08, 0x0b, 0x0d, 0x0f, 0x13, 0x14);
  const counts = fc.dictionary(opcode.map(String), fc.integer({ min: 1, max: 4 }), { maxKeys: 2 }) as fc.Arbitrary<Record<number, number>>;
  const some = fc.constantFrom(0, 0, 0, 1, 2, 3);
  const faults: fc.Arbitrary<Faults> = fc.record({ dropped: counts, truncated: counts, late: counts, damagedBlocks: some, badFlashBlocks: some, flippedBlocks: some, noise: fc.uint8Array({ maxLength: 30 }), chatter: fc.boolean() });
  const outcomes = { done: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(faults, async (chosen) => {
      try {
        const { board, report } = await flash(chosen, { parts: partsFor("esp32s3").slice(0, 2) });
        for (const { offset, bytes } of partsFor("esp32s3").slice(0, 2)) t.true(Buffer.from(board.flash.subarray(offset, offset + bytes.length)).equals(bytes));
        t.true(report.parts.every(({ verified }) => verified));
        outcomes.done++;
      } catch (error) {
        t.true(error instanceof FlashError, String(error));
        outcomes.refused++;
      }
    }),
    { seed: 13, numRuns: 150 },
  );
  t.true(outcomes.done > 10 && outcomes.refused > 10, JSON.stringify(outcomes));
});

test("A block that arrives damaged is sent again, three times in all; then the loader's error 0x07 is ROM_CHECKSUM", async (t) => {
  t.is((await flash({ damagedBlocks: 2 })).report.retries, 2);
  const error = await t.throwsAsync<FlashError>(flash({ damagedBlocks: 3 }), { instanceOf: FlashError, code: "ROM_CHECKSUM", message: /lower baud rate/ });
  t.is(error.romError, 0x07);
});

test("Flash that reads back otherwise is ROM_FLASH, with the loader's error 0x08", async (t) => {
  const error = await t.throwsAsync<FlashError>(flash({ badFlashBlocks: 3 }), { instanceOf: FlashError, code: "ROM_FLASH", message: /flash write error/ });
  t.is(error.romError, 0x08);
});

test("What the checksums do not see, the MD5 does: MD5_MISMATCH with both sums", async (t) => {
  await t.throwsAsync(flash({ flippedBlocks: 1 }), { instanceOf: FlashError, code: "MD5_MISMATCH", message: /^bootloader\.bin: expected the flash at 0x0 to have the MD5 [0-9a-f]{32}, got [0-9a-f]{32}/ });
});

test("A board that says nothing is NO_SYNC after 7 resets of 5 SYNCs, and says what to press", async (t) => {
  const board = new FakeRomLoader(FAKE_CHIPS.esp32s3, { faults: { silent: true } });
  const link = new FakeLink(board);
  await t.throwsAsync(flashOver(link, { parts: partsFor("esp32s3") }, link.clock), { instanceOf: FlashError, code: "NO_SYNC", message: /hold BOOT/ });
  t.is(link.signals.length, 7 * 3);
});

test("A board that starts its program instead of the loader is WRONG_BOOT_MODE with the mode that its boot log says", async (t) => {
  await t.throwsAsync(flash({ startsProgram: true }), { instanceOf: FlashError, code: "WRONG_BOOT_MODE", message: /boot mode 0x13/ });
});

test("Another tool's stub is told from the ROM", async (t) => {
  t.is(await code(flash({ stub: true })), "STUB_RUNNING");
});

test("A command whose replies never come is NO_REPLY; one whose replies are cut short too", async (t) => {
  t.is(await code(flash({ dropped: { 0x02: 99 } })), "NO_REPLY");
  t.is((await flash({ dropped: { 0x02: 2, 0x13: 1 } })).report.retries, 3);
  // After a lost reply to this one nobody knows at which speed the chip speaks.
  t.is(await code(flash({ dropped: { 0x0f: 1 } })), "NO_REPLY");
  t.is(await code(flash({ truncated: { 0x0d: 99 } })), "NO_REPLY");
});

test("Another chip than was asked for is WRONG_CHIP, and nothing was written", async (t) => {
  const board = new FakeRomLoader(FAKE_CHIPS.esp32c3);
  const link = new FakeLink(board);
  t.is(await code(flashOver(link, { chip: "esp32s3", parts: partsFor("esp32s3") }, link.clock)), "WRONG_CHIP");
  t.deepEqual(board.erased, []);
});

test("An image for another chip is refused before anything is erased, and before the board is reset where the chip was named", async (t) => {
  const board = new FakeRomLoader(FAKE_CHIPS.esp32c3);
  const link = new FakeLink(board);
  t.is(await code(flashOver(link, { parts: partsFor("esp32s3") }, link.clock)), "WRONG_IMAGE_CHIP");
  t.deepEqual(board.erased, []);
  const untouched = new FakeLink(board);
  t.is(await code(flashOver(untouched, { chip: "esp32c3", parts: partsFor("esp32s3") }, untouched.clock)), "WRONG_IMAGE_CHIP");
  t.deepEqual(untouched.signals, []);
});

test("A bootloader built for more flash than there is, is refused", async (t) => {
  const [, ...others] = partsFor("esp32s3");
  const parts: FlashPart[] = [{ name: "bootloader.bin", kind: "bootloader", offset: 0, bytes: espImageOf({ chipId: 9, flashSize: 4 }) }, ...others];
  t.is(await code(flash({}, { parts })), "DOES_NOT_FIT");
});

test("A part that ends beyond the flash that was found is refused", async (t) => {
  t.is(await code(flash({}, { parts: [{ name: "far.bin", kind: "data", offset: 0x3ff000, bytes: new Uint8Array(0x1001) }] })), "DOES_NOT_FIT");
});

test("A board with flash encryption or secure boot is not written to unless forced", async (t) => {
  t.is(await code(flash({}, {}, { locks: { flashCryptCount: 7 } })), "SECURED");
  t.is(await code(flash({}, {}, { locks: { securityFlags: 1 } })), "SECURED");
  t.is((await flash({}, { force: true }, { locks: { securityFlags: 1 } })).report.parts.length, 3);
  t.is((await flash({}, {}, { locks: { flashCryptCount: 3 } })).report.parts.length, 3);
});

test("In secure download mode nothing can be verified, which is said; the size must be told or be the bootloader's", async (t) => {
  const { report, events } = await flash({}, {}, { locks: { securityFlags: 4 } });
  t.true(report.parts.every(({ verified }) => !verified));
  t.is(report.identity.mac, undefined);
  t.true(events.some((event) => event.type === "note" && event.text.includes("not verified")));
  t.is(await code(flash({}, { parts: partsFor("esp32s3").slice(1) }, { locks: { securityFlags: 4 } })), "BAD_OPTION");
});

test("Erasing all of the flash goes in steps of 1 MiB and writes nothing", async (t) => {
  const { board, report } = await flash({}, { parts: [], erase: "all" });
  t.deepEqual(board.erased, [0, 1, 2, 3].map((step) => [step * 0x100000, 0x100000]));
  t.true(board.flash.every((byte) => byte === 0xff));
  t.deepEqual(report.parts, []);
});

test("Erasing a region leaves the rest; a region that is not of whole sectors, or beyond the flash, is refused", async (t) => {
  const { board } = await flash({}, { parts: [], erase: [{ offset: 0x9000, size: 0x6000 }] });
  t.is(board.flash[0x8fff], 0x5a);
  t.true(board.flash.subarray(0x9000, 0xf000).every((byte) => byte === 0xff));
  t.is(board.flash[0xf000], 0x5a);
  t.is(await code(flash({}, { parts: [], erase: [{ offset: 0x9001, size: 0x1000 }] })), "MISALIGNED");
  t.is(await code(flash({}, { parts: [], erase: [{ offset: 0x3ff000, size: 0x2000 }] })), "DOES_NOT_FIT");
});

test("Nothing to do, and a speed that is none, are refused", async (t) => {
  t.is(await code(flash({}, { parts: [] })), "BAD_OPTION");
  t.is(await code(flash({}, { baud: 300 })), "BAD_OPTION");
});

test("The ESP32 is told the speed in its own measure of its crystal", async (t) => {
  // A crystal of 40 MHz that the loader takes for 41 MHz.
  const clock = 51;
  const calibration = Math.round((41000000 * 40) / 15625 / clock);
  const board = new FakeRomLoader({ ...FAKE_CHIPS.esp32, registers: { ...FAKE_CHIPS.esp32.registers, 0x3ff5f06c: calibration << 7, 0x3ff5a010: clock } });
  const link = new FakeLink(board);
  await flashOver(link, { parts: partsFor("esp32"), baud: 460800 }, link.clock);
  t.deepEqual(link.bauds, [460800]);
  t.true(Math.abs(board.baud - 460800 * 1.025) < 20, `told ${board.baud}`);
});

test("Whatever a board answers, connecting ends: with a chip or with an error that has a code", async (t) => {
  const frames = fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.tuple(fc.constantFrom(0x08, 0x0a, 0x14, 0x09, 0x0d), fc.uint8Array({ maxLength: 40 })).map(([opcode, data]) => Uint8Array.from([0xc0, 1, opcode, data.length, 0, 1, 2, 3, 4, ...data, 0xc0]))), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(frames, async (answers) => {
      let [now, turn] = [0, 0];
      const link: SerialLink = {
        path: "hostile",
        usbJtag: false,
        write: async () => {
          turn++;
        },
        read: async (timeoutMs) => {
          now += timeoutMs + 1;
          return turn === 0 || answers.length === 0 ? new Uint8Array() : answers[turn++ % answers.length]!;
        },
        setSignals: async () => {},
        setBaudRate: async () => {},
        close: async () => {},
      };
      try {
        const { chip } = await connect(link, { delay: async () => {}, now: () => now, attempts: 2 });
        t.truthy(CHIPS[chip.name]);
      } catch (error) {
        t.true(error instanceof FlashError, String(error));
      }
    }),
    { seed: 4, numRuns: 200 },
  );
});
