/** ESP32 boards as the command line sees them: built as far as the tools go, flashed and followed on a pseudo terminal with a fake loader at its other end. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import type { BoardBuild } from "../../boards/board.ts";
import { BoardError } from "../../boards/board-error.ts";
import { loadBoard } from "../../boards/boards.ts";
import { otadata } from "../../boards/esp-flash/otadata.ts";
import { parsePartitionCsv } from "../../boards/esp-flash/partition-csv.ts";
import { encodePartitionTable } from "../../boards/esp-flash/partition-table.ts";
import { readDeviceConfig } from "../../boards/esp32/device-config.ts";
import { copyFirmware } from "../../boards/esp32/flash-firmware.ts";
import { checkModels } from "../../boards/model-memory.ts";
import { jsonLines, startAssayWith } from "../cli/assay.ts";
import { testWithProgram } from "../requirements.ts";
import { espImageOf } from "./esp-image-of.ts";
import { FAKE_CHIPS, FakeRomLoader } from "./fake-rom-loader.ts";
import { openFakePty } from "./fake-pty.ts";
import { testWithModdable } from "./moddable.ts";

const root = join(import.meta.dirname, "..", "..");
const app = join(root, "examples", "vibration", "app.ts");
const folder = mkdtempSync(join(tmpdir(), "assay-esp32-board-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Without ESP-IDF, also where it is there. */
const withoutIdf = { environment: { IDF_PATH: undefined } };

const config = { wifi: { networks: [{ ssid: "workshop", password: "a secret of ours" }] }, broker: { host: "broker.example", port: 8883 } };

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What ESP-IDF leaves behind when it has built for the ESP32-S3, with small images. */
function idfBuild(): BoardBuild {
  const from = mkdtempSync(join(folder, "idf-"));
  const files: Readonly<Record<string, Uint8Array>> = {
    "bootloader/bootloader.bin": espImageOf({ chipId: 9 }),
    "partition_table/partition-table.bin": encodePartitionTable(parsePartitionCsv("nvs, data, nvs, 0x9000, 0x4000,\notadata, data, ota, 0xd000, 0x2000,\nota_0, app, ota_0, 0x10000, 1M,")),
    "ota_data_initial.bin": otadata(0),
    "xs_esp32.bin": espImageOf({ chipId: 9, segments: [new Uint8Array(20_000).fill(7)] }),
    "xs_esp32.elf": Buffer.from("an ELF file"),
  };
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(from, name, ".."), { recursive: true });
    writeFileSync(join(from, name), bytes);
  }
  const part = (offset: string, file: string): object => ({ offset, file, encrypted: "false" });
  const flasher = {
    flash_files: { "0x0": "bootloader/bootloader.bin", "0x8000": "partition_table/partition-table.bin", "0xd000": "ota_data_initial.bin", "0x10000": "xs_esp32.bin" },
    bootloader: part("0x0", "bootloader/bootloader.bin"),
    "partition-table": part("0x8000", "partition_table/partition-table.bin"),
    app: part("0x10000", "xs_esp32.bin"),
    extra_esptool_args: { chip: "esp32s3" },
  };
  writeFileSync(join(from, "flasher_args.json"), JSON.stringify(flasher));
  const made = mkdtempSync(join(folder, "build-"));
  const path = (name: string): string => join(from, name);
  const firmware = { app: path("xs_esp32.bin"), bootloader: path("bootloader/bootloader.bin"), partitions: path("partition_table/partition-table.bin"), otaData: path("ota_data_initial.bin"), elf: path("xs_esp32.elf"), flasherArgs: path("flasher_args.json") };
  return { board: "esp32s3", folder: made, files: copyFirmware(firmware, join(made, "firmware")), flash: { parts: [], limit: undefined }, ram: { parts: [], limit: undefined }, notice: join(made, "NOTICE") };
}

type Told = Readonly<Record<string, unknown>>;

/** Starts board-program.ts; `told` grows while it runs. */
function run(verb: string, board: string, parameters: object): { told: Told[]; ended: Promise<void>; interrupt: () => void; until: (what: (told: Told) => boolean) => Promise<void> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, "board-program.ts"), verb, board, JSON.stringify(parameters)], { stdio: ["pipe", "pipe", "inherit"] });
  const told: Told[] = [];
  let over = false;
  createInterface(child.stdout).on("line", (line) => told.push(JSON.parse(line) as Told));
  const ended = new Promise<void>((resolve) => child.on("close", () => ((over = true), resolve())));
  const until = async (what: (one: Told) => boolean): Promise<void> => {
    while (!told.some(what)) {
      if (over) throw new Error(`expected more of the program, got ${JSON.stringify(told)}`);
      await delay(20);
    }
  };
  return { told, ended, interrupt: () => void child.stdin.end(), until };
}

testWithModdable("assay build without ESP-IDF: an app is checked and linked, the report says so, and the NOTICE names what is in it", async (t) => {
  const output = mkdtempSync(join(folder, "linked-"));
  const { exitCode, stdout, stderr } = await startAssayWith(withoutIdf, "build", app, "--board", "esp32c6", "--output", output, "--json").finished;
  t.is(exitCode, 0, stderr);
  const [built] = jsonLines(stdout) as unknown as [BoardBuild];
  t.deepEqual(Object.keys(built.files), ["linked"]);
  t.is(statSync(built.files["linked"]!).mode & 0o777, 0o600);
  t.deepEqual(built.flash.parts.map(({ name }) => name), ["bytecode", "bytecode, preloaded", "model and other resources"]);
  const total = built.flash.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  t.true(total > 100_000 && total < 250_000, `${total}`);
  t.is((built.flash as { limit?: number }).limit, undefined);
  const ram = Object.fromEntries(built.ram.parts.map(({ name, bytes }) => [name, bytes]));
  t.like(ram, { "XS: stack": 16384, "C stack": 16384 });
  t.deepEqual(ram["models"], (await checkModels("esp32c6", [{ name: "model", file: join(root, "examples", "vibration", "model.tflite") }]))[0]);
  t.regex(stderr, /^no firmware without ESP-IDF v6\.0 .*git clone -b v6\.0/m);
  t.regex(stderr, /^linked for ESP32-C6 with 4 MB of flash, but not compiled for the chip: there is no firmware to flash$/m);
  const text = readFileSync(built.notice, "utf8");
  t.regex(text, /Moddable SDK: the JavaScript engine XS.* \(8\.\d+\.\d+\): LGPL-3\.0-or-later AND Apache-2\.0/);
  t.regex(text, /GNU LESSER GENERAL PUBLIC LICENSE/);
  t.false(text.includes("FreeRTOS"));
});

testWithModdable("assay build takes an app's own manifest as well", async (t) => {
  const { exitCode, stdout, stderr } = await startAssayWith(withoutIdf, "build", join(root, "examples", "vibration", "manifest.json"), "--board", "esp32", "--output", mkdtempSync(join(folder, "own-"))).finished;
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /bytecode, preloaded +1\d\d,\d\d\d B/);
});

testWithModdable("assay flash wants a configuration that the device takes, and ESP-IDF; the password is in no message", async (t) => {
  const cases: readonly (readonly [words: string[], message: RegExp])[] = [
    [[], /^assay: expected --config FILE: an ESP32 knows its networks/m],
    [["--config", write("bad.json", '{ "wifi": "a secret of ours" ')], /^assay: \S+bad\.json: expected JSON, got something else/m],
    [["--config", write("no-wifi.json", JSON.stringify({ broker: config.broker }))], /^assay: \S+no-wifi\.json: config\.wifi\.networks: expected one or more/m],
    [["--config", write("short.json", JSON.stringify({ wifi: { networks: [{ ssid: "workshop", password: "short" }] } }))], /config\.wifi\.networks\[0\]\.password: expected 8 to 64 characters/],
    [["--config", write("trace.json", JSON.stringify({ ...config, trace: { file: "x" } }))], /config\.trace: expected none on a board without files/],
    [["--config", write("good.json", JSON.stringify(config))], /^assay: expected what board esp32s3 needs on this machine, got none of:\n {2}ESP-IDF v6\.0/m],
    [["--host", "pi@pi"], /^assay: expected options of board esp32s3, which is on a serial port \(--port, --baud\), got --host/m],
    [["--data", folder], /got --data/],
    [["--trace", "x.csv"], /which has no files to play a recording from, got --trace/],
  ];
  for (const [words, message] of cases) {
    const { exitCode, stderr } = await startAssayWith(withoutIdf, "flash", app, "--board", "esp32s3", "--port", "/dev/ttyNONE0", ...words).finished;
    t.is(exitCode, 1);
    t.regex(stderr, message, words.join(" "));
    t.false(stderr.includes("secret of ours"));
  }
});

test("A configuration is checked as the device checks it", (t) => {
  t.deepEqual(readDeviceConfig(write("fine.json", JSON.stringify(config))), config);
  for (const [name, changes] of Object.entries({ broker: { broker: { host: "x", port: 0 } }, servers: { timeServers: [] }, provision: { provision: true } })) {
    t.throws(() => readDeviceConfig(write(`${name}.json`, JSON.stringify({ ...config, ...changes }))), { instanceOf: BoardError, code: "BAD_OPTION" }, name);
  }
});

test("Models that take more than the board has for them are refused", async (t) => {
  const model = { name: "model.tflite", file: join(root, "examples", "vibration", "model.tflite") };
  const [each = 0] = await checkModels("esp32", [model]);
  const most = Math.floor((48 * 1024) / each);
  await t.notThrowsAsync(checkModels("esp32", new Array<typeof model>(most).fill(model)));
  await t.throwsAsync(checkModels("esp32", new Array<typeof model>(most + 1).fill(model)), { instanceOf: BoardError, code: "MODELS_TOO_LARGE", message: /at most 49,152 bytes of memory on board esp32/ });
});

test("A build for another chip, and one without firmware, is not flashed", async (t) => {
  const board = await loadBoard("esp32c3");
  const options = { signal: new AbortController().signal, progress: () => {}, port: "/dev/ttyNONE0" };
  await t.throwsAsync(board.flash(idfBuild(), options), { instanceOf: BoardError, code: "BAD_OPTION", message: "expected a build for esp32c3, got one for esp32s3" });
  await t.throwsAsync(board.flash(idfBuild(), { ...options, config: "x.json" }), { instanceOf: BoardError, code: "BAD_OPTION", message: /built before/ });
  if (board.requirements.slice(1).some((requirement) => requirement.find() === undefined)) await t.throwsAsync(board.flash({ ...idfBuild(), files: {} }, options), { instanceOf: BoardError, code: "MISSING_REQUIREMENT" });
  await t.throwsAsync(board.monitor({ ...options, onLine: () => {}, data: folder }), { instanceOf: BoardError, code: "BAD_OPTION" });
  await t.throwsAsync(board.monitor({ ...options, onLine: () => {}, app: "x" }), { instanceOf: BoardError, code: "BAD_OPTION" });
});

test("Firmware is kept for this user alone: its image holds the configuration", (t) => {
  const { files } = idfBuild();
  t.deepEqual(Object.keys(files).sort(), ["app", "bootloader", "elf", "flasher", "partitions"]);
  for (const path of Object.values(files)) t.is(statSync(path).mode & 0o777, 0o600);
});

const device = "A".repeat(43);
const firstLines = [
  { event: "identity", device, publicKey: `a401022008215820${"ab".repeat(32)}225820${"cd".repeat(32)}`, simulator: false },
  { event: "boot", device, app: "vibration", board: "esp32s3", bootCount: 1, sequence: 0, kernels: "portable", selfCheck: true },
  { event: "statement", sequence: 1, label: "balanced", score: 0.9 },
  { event: "ack", sequence: 1 },
].map((event) => `${JSON.stringify(event)}\r\n`);

for (const verifies of [false, true]) {
  testWithProgram("socat", `Flashing writes and checks all parts, and ends when the first statement ${verifies ? "has been verified" : "is with the gateway"}`, async (t) => {
    const loader = new FakeRomLoader(FAKE_CHIPS.esp32s3);
    const pty = await openFakePty((bytes) => loader.receive(bytes));
    try {
      const build = idfBuild();
      const { told, ended, until } = run("flash", "esp32s3", { build, port: pty.path, verifies, erase: true, patienceMs: 100_000 });
      await until(({ line }) => String(line).startsWith("following "));
      t.deepEqual(Buffer.from(loader.flash.subarray(0x10000, 0x10000 + statSync(build.files["app"]!).size)), readFileSync(build.files["app"]!));
      t.deepEqual(loader.erased[0], [0, 0x100000]);
      for (const line of firstLines) pty.send(Buffer.from(line));
      await ended;
      const lines = told.map(({ line }) => line);
      t.deepEqual(told.at(-1), { type: "end" });
      for (const line of ["ESP32-S3, MAC f4:12:85:a1:b2:c3", "erasing 0x0 to 0x400000, KB 0/4096", "boot 1 of vibration on esp32s3, kernels portable, self-check passed"]) t.true(lines.includes(line), line);
      t.true(lines.some((line) => /^xs_esp32\.bin is in the flash as it was built \(MD5 [0-9a-f]{32}\)$/.test(String(line))));
      t.is(lines.includes(`verified ${device}`), verifies);
    } finally {
      await pty.close();
    }
  });
}

testWithProgram("socat", "A board that makes no statement, and an interruption in the middle, end the flashing with what happened", async (t) => {
  const flash = async (patienceMs: number, parameters: object = {}, interruptAt = Infinity): Promise<ReturnType<typeof run>> => {
    const loader = new FakeRomLoader(FAKE_CHIPS.esp32s3);
    const pty = await openFakePty((bytes) => {
      const answer = loader.receive(bytes);
      if (loader.commands.length !== interruptAt || answer.length === 0) return answer;
      running?.interrupt();
      // The answer waits until the program has noticed; its own patience is longer.
      setTimeout(() => pty.send(answer), 1000);
      return new Uint8Array();
    });
    try {
      running = run("flash", "esp32s3", { build: idfBuild(), port: pty.path, patienceMs, ...parameters });
      await running.ended;
      return running;
    } finally {
      await pty.close();
    }
  };
  let running: ReturnType<typeof run> | undefined;
  const silent = await flash(1500);
  t.like(silent.told.at(-1), { type: "error", code: "FLASH_FAILED" });
  t.regex(String(silent.told.at(-1)!["message"]), /^flashed, but expected the first statement to arrive within 1\.5 s: it never said who it is/);
  t.deepEqual((await flash(0)).told.at(-1), { type: "end" });
  const interrupted = await flash(0, { erase: true }, 12);
  t.like(interrupted.told.at(-1), { type: "error", code: "FLASH_FAILED" });
  t.regex(String(interrupted.told.at(-1)!["message"]), /interrupted: the board on \S+ has part of its firmware; flash it again/);
});

testWithProgram("socat", "assay monitor shows what the device prints, events included, and ends by a signal", async (t) => {
  const pty = await openFakePty(() => new Uint8Array());
  try {
    const json = run("monitor", "esp32s3", { port: pty.path });
    await json.until(({ line }) => line === `following ${pty.path}`);
    for (const line of [...firstLines, "E (1234) wifi: \u001b[31mno\u001b[0m\r\n"]) pty.send(Buffer.from(line));
    await json.until(({ line }) => line === "E (1234) wifi: no");
    t.deepEqual(json.told.filter(({ type }) => type === "line").map(({ line }) => line), [...firstLines.map((line) => line.trimEnd()), "E (1234) wifi: no"]);
    json.interrupt();
    await json.ended;
    t.deepEqual(json.told.at(-1), { type: "end" });
    const monitor = startAssayWith({}, "monitor", "--board", "esp32s3", "--port", pty.path);
    await monitor.saw(/following/);
    for (const line of firstLines.slice(2)) pty.send(Buffer.from(line));
    await monitor.saw(/the gateway has everything up to #1/);
    monitor.child.kill("SIGINT");
    t.is((await monitor.finished).exitCode, 0);
  } finally {
    await pty.close();
  }
});

test("assay monitor refuses the address of another kind of board", async (t) => {
  const { exitCode, stderr } = await startAssayWith({}, "monitor", "--board", "esp32c3", "--host", "pi@pi").finished;
  t.is(exitCode, 1);
  t.regex(stderr, /^assay: expected options of board esp32c3, which is on a serial port \(--port, --baud\), got --host/);
});
