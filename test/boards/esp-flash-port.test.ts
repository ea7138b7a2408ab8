import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "ava";
import { CHIPS } from "../../boards/esp-flash/chips.ts";
import { ConsoleLines } from "../../boards/esp-flash/console-lines.ts";
import { FlashError } from "../../boards/esp-flash/flash-error.ts";
import { mergeParts, type FlashPart } from "../../boards/esp-flash/merged-image.ts";
import { monitorPort, type MonitorEvent } from "../../boards/esp-flash/monitor.ts";
import { openSerial } from "../../boards/esp-flash/open-serial.ts";
import { otadata } from "../../boards/esp-flash/otadata.ts";
import { panicAddresses } from "../../boards/esp-flash/panic-addresses.ts";
import { parsePartitionCsv } from "../../boards/esp-flash/partition-csv.ts";
import { encodePartitionTable } from "../../boards/esp-flash/partition-table.ts";
import { portError } from "../../boards/esp-flash/port-error.ts";
import { choosePort, describePort, isUsbJtag, listPorts } from "../../boards/esp-flash/ports.ts";
import { testWithProgram } from "../requirements.ts";
import { espImageOf } from "./esp-image-of.ts";
import { FAKE_CHIPS, FakeRomLoader, type Faults } from "./fake-rom-loader.ts";
import { openFakePty, type FakePty } from "./fake-pty.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-ports-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function merged(): FlashPart {
  const parts: FlashPart[] = [
    { name: "bootloader.bin", kind: "bootloader", offset: CHIPS.esp32s3.bootloaderOffset, bytes: espImageOf({ chipId: 9 }) },
    { name: "table.bin", kind: "partition-table", offset: 0x8000, bytes: encodePartitionTable(parsePartitionCsv("nvs, data, nvs, 0x9000, 0x4000,\notadata, data, ota, 0xd000, 0x2000,\nota_0, app, ota_0, 0x10000, 1M,")) },
    { name: "otadata", kind: "data", offset: 0xd000, bytes: otadata(0) },
    { name: "app.bin", kind: "app", offset: 0x10000, bytes: espImageOf({ chipId: 9, segments: [Uint8Array.from({ length: 30000 }, (_, index) => [0xc0, 0xdb, index & 255][index % 3]!)] }) },
  ];
  return { name: "merged.bin", kind: "merged", offset: 0, bytes: mergeParts(parts) };
}

const program = join(import.meta.dirname, "serial-program.ts");

/** A serial-program.ts that runs: what it has told, and its end. */
class Running {
  readonly told: Record<string, unknown>[] = [];
  readonly ended: Promise<void>;
  readonly #child;
  #waiting: (() => void)[] = [];
  #over = false;

  constructor(what: string, parameters: object) {
    this.#child = spawn(process.execPath, [program, what, JSON.stringify(parameters)], { stdio: ["pipe", "pipe", "inherit"] });
    createInterface(this.#child.stdout).on("line", (line) => {
      this.told.push(JSON.parse(line) as Record<string, unknown>);
      this.#wake();
    });
    this.ended = new Promise((resolve) =>
      this.#child.on("close", () => {
        this.#over = true;
        this.#wake();
        resolve();
      }),
    );
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits for something that it tells. */
  async until(found: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const line = this.told.find(found);
      if (line !== undefined) return line;
      if (this.#over) throw new Error(`expected another line, got ${JSON.stringify(this.told)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    await this.ended;
  }
}

let files = 0;

async function flashOnPty(faults: Faults, onBlock: (blocks: number, pty: FakePty) => void = () => {}): Promise<{ board: FakeRomLoader; image: Uint8Array; told: Record<string, unknown>[] }> {
  const board = new FakeRomLoader(FAKE_CHIPS.esp32s3, { faults });
  let blocks = 0;
  const pty = await openFakePty((bytes) => {
    const answer = board.receive(bytes);
    if (board.commands.at(-1)?.opcode === 0x03) onBlock(++blocks, pty);
    return answer;
  });
  const [image, file] = [merged().bytes, join(folder, `merged-${files++}.bin`)];
  writeFileSync(file, image);
  try {
    const running = new Running("flash", { port: pty.path, file });
    await running.ended;
    return { board, image, told: running.told };
  } finally {
    await pty.close();
  }
}

testWithProgram("socat", "A merged image goes through serialport and a pseudo terminal into the board's flash, byte for byte; that the lines are missing is noted", async (t) => {
  const { board, image, told } = await flashOnPty({ noise: Buffer.from("\r\nESP-ROM:esp32s3-20210327\r\n") });
  t.deepEqual(Buffer.from(board.flash.subarray(0, image.length)), Buffer.from(image));
  t.true(board.flash.subarray(Math.ceil(image.length / 0x1000) * 0x1000).every((byte) => byte === 0x5a));
  t.like(told.at(-1)!["report"], { startedBy: "loader", flashBytes: 0x400000, parts: [{ verified: true }] });
  t.is(board.baud, 460800);
  t.regex(String(told[0]!["text"]), /^cannot reset the board from here: expected .* to have the lines DTR and RTS/);
});

testWithProgram("socat", "Damaged blocks and lost SYNCs on a real port are made up for", async (t) => {
  const { board, image, told } = await flashOnPty({ damagedBlocks: 2, dropped: { 0x08: 1 } });
  t.deepEqual(Buffer.from(board.flash.subarray(0, image.length)), Buffer.from(image));
  t.true((told.at(-1)!["report"] as { retries: number }).retries >= 2);
});

testWithProgram("socat", "A board on a port is identified without writing to it", async (t) => {
  const board = new FakeRomLoader(FAKE_CHIPS.esp32c6);
  const pty = await openFakePty((bytes) => board.receive(bytes));
  try {
    const running = new Running("identify", { port: pty.path });
    await running.ended;
    t.deepEqual(running.told, [{ type: "identity", identity: { chip: "esp32c6", mac: "60:55:85:a1:b2:c3", flashEncryption: false, secureBoot: false, secureDownload: false, flashBytes: 0x400000 } }]);
    t.deepEqual(board.erased, []);
  } finally {
    await pty.close();
  }
});

testWithProgram("socat", "A port that another program holds is PORT_BUSY and names it; closing frees it", async (t) => {
  const pty = await openFakePty(() => new Uint8Array());
  try {
    const first = new Running("open", { port: pty.path });
    await first.until(({ type }) => type === "open");
    const second = new Running("open", { port: pty.path });
    await second.ended;
    t.is(second.told[0]!["code"], "PORT_BUSY");
    t.regex(String(second.told[0]!["message"]), /has it open, such as a serial monitor; close it$/);
    await first.stop();
    t.is(first.told.at(-1)!["type"], "closed");
    const third = new Running("open", { port: pty.path });
    await third.until(({ type }) => type === "open");
    await third.stop();
  } finally {
    await pty.close();
  }
});

testWithProgram("socat", "A board that is unplugged while it is written to is PORT_GONE", async (t) => {
  const { told } = await flashOnPty({}, (blocks, pty) => {
    if (blocks === 5) void pty.unplug();
  });
  t.is(told.at(-1)!["code"], "PORT_GONE");
  t.regex(String(told.at(-1)!["message"]), /unplugged/);
});

test("A port that is not there, and a file that is none, say so", async (t) => {
  const absent = new Running("open", { port: join(folder, "ttyUSB9") });
  await absent.ended;
  t.is(absent.told[0]!["code"], "PORT_ABSENT");
  t.regex(String(absent.told[0]!["message"]), /plug the board in/);
  writeFileSync(join(folder, "file"), "");
  const file = new Running("open", { port: join(folder, "file") });
  await file.ended;
  t.is(file.told[0]!["code"], "PORT_FAILED");
});

test("In a worker thread, where serialport would end the process, opening is refused", async (t) => {
  await t.throwsAsync(openSerial(join(folder, "ttyUSB9")), { instanceOf: FlashError, code: "PORT_FAILED", message: /main thread/ });
});

test("A port that this user may not open names the group and the command", (t) => {
  const error = portError(join(folder, "ttyUSB0"), new Error("Error: Permission denied, cannot open /dev/ttyUSB0"));
  t.is(error.code, "PORT_DENIED");
  t.regex(error.message, /run: sudo usermod -a -G dialout "\$USER", then log out and in again/);
  t.is(portError("/dev/ttyUSB0", new Error("Error Resource temporarily unavailable Cannot lock port")).code, "PORT_BUSY");
  t.is(portError("/dev/ttyUSB0", new Error("Error: Device or resource busy, cannot open /dev/ttyUSB0")).code, "PORT_BUSY");
  t.is(portError("COM3", new Error("Opening COM3: File not found")).code, "PORT_ABSENT");
});

/** A tree like Linux's /sys/class/tty with the devices that it leads to. */
function sysfs(devices: Readonly<Record<string, { vendor: string; product: string; serial?: string; acm?: boolean }>>): string {
  const root = mkdtempSync(join(folder, "sys-"));
  mkdirSync(join(root, "class", "tty", "tty0"), { recursive: true });
  mkdirSync(join(root, "devices", "platform", "serial8250"), { recursive: true });
  mkdirSync(join(root, "class", "tty", "ttyS0"));
  symlinkSync(join(root, "devices", "platform", "serial8250"), join(root, "class", "tty", "ttyS0", "device"));
  for (const [name, { vendor, product, serial, acm }] of Object.entries(devices)) {
    const usb = join(root, "devices", "pci0000:00", "usb1", `1-${name}`);
    const device = acm === true ? join(usb, "1-1:1.0") : join(usb, "1-1:1.0", name);
    mkdirSync(device, { recursive: true });
    writeFileSync(join(usb, "idVendor"), `${vendor}\n`);
    writeFileSync(join(usb, "idProduct"), `${product}\n`);
    if (serial !== undefined) writeFileSync(join(usb, "serial"), `${serial}\n`);
    mkdirSync(join(root, "class", "tty", name));
    symlinkSync(device, join(root, "class", "tty", name, "device"));
  }
  return root;
}

test("Ports are found in sysfs by their USB vendor, whatever the driver; others are listed without a bridge", async (t) => {
  const ports = await listPorts({ platform: "linux", sysfs: sysfs({ ttyUSB10: { vendor: "10c4", product: "ea60", serial: "0001\u001b[31m" }, ttyUSB2: { vendor: "1a86", product: "55d4" }, ttyACM0: { vendor: "303a", product: "1001", serial: "F4:12:FA", acm: true }, ttyACM1: { vendor: "2341", product: "0043", acm: true } }) });
  t.deepEqual(ports.map(({ path, bridge, usbJtag }) => [path, bridge, usbJtag]), [
    ["/dev/ttyACM0", "Espressif USB-Serial/JTAG", true],
    ["/dev/ttyACM1", undefined, false],
    ["/dev/ttyUSB2", "CH9102 (WCH)", false],
    ["/dev/ttyUSB10", "CP210x (Silicon Labs)", false],
  ]);
  t.is(ports[3]!.serialNumber, "0001?[31m");
  t.deepEqual(await listPorts({ platform: "linux", sysfs: folder }), []);
  const one = { platform: "linux" as const, sysfs: sysfs({ ttyACM7: { vendor: "303A", product: "1001", acm: true }, ttyUSB7: { vendor: "10c4", product: "ea60" } }) };
  t.deepEqual(await Promise.all(["/dev/ttyACM7", "/dev/ttyUSB7", join(folder, "none")].map((path) => isUsbJtag(path, one))), [true, false, false]);
});

test("The only board is chosen; none and several are errors that list what there is; a named port is taken as it is", (t) => {
  const board = describePort({ path: "/dev/ttyUSB0", vendorId: "0403", productId: "6010", serialNumber: "A1" });
  const other = describePort({ path: "/dev/ttyACM1", vendorId: "2341", productId: "0043", manufacturer: "Arduino" });
  t.is(choosePort([board, other]), "/dev/ttyUSB0");
  t.is(choosePort([], "/dev/ttyX"), "/dev/ttyX");
  t.throws(() => choosePort([other]), { code: "NO_PORT", message: /there are: \/dev\/ttyACM1 \(Arduino, 2341:0043\).*--port/ });
  t.throws(() => choosePort([board, { ...board, path: "/dev/ttyUSB1" }]), { code: "SEVERAL_PORTS", message: /found 2: \/dev\/ttyUSB0 \(FT2232 \(FTDI\), 0403:6010, A1\); \/dev\/ttyUSB1 .*--port/ });
});

test("Console lines: ends of any kind, terminal sequences taken out, what is no UTF-8 replaced, endless lines cut", (t) => {
  const lines = new ConsoleLines();
  t.deepEqual(lines.push(Buffer.from("I (12) boot\r\n\u001b[0;32mgreen\u001b[0m \u001b]0;title\u0007ok\nhal")), ["I (12) boot", "green ok"]);
  t.deepEqual(lines.push(Buffer.concat([Buffer.from("f \u0000\u0008"), Buffer.of(0xff), Buffer.from("ü\n").subarray(0, 1)])), []);
  t.deepEqual(lines.push(Buffer.from("ü\n").subarray(1)), ["half \ufffdü"]);
  t.deepEqual(lines.push(Buffer.alloc(10000, 0x61)).map(({ length }) => length), [4096, 4096]);
  t.is(lines.flush()?.length, 1808);
  t.is(lines.flush(), undefined);
});

test("Addresses of code are taken from a crash of either architecture, and from no other line", (t) => {
  t.deepEqual(panicAddresses("Backtrace: 0x400D1234:0x3ffb1f80 0x400d5678:0x3ffb1fa0 0x400d1234:0x3ffb1fc0"), ["0x400d1234", "0x400d5678"]);
  t.deepEqual(panicAddresses("MEPC    : 0x42007a66  RA      : 0x42007a66  SP      : 0x3fc8f990  GP      : 0x3fc8b400"), ["0x42007a66"]);
  t.deepEqual(panicAddresses("abort() was called at PC 0x42005a0b on core 0"), ["0x42005a0b"]);
  t.deepEqual(panicAddresses("I (300) app: buffer at 0x42005a0b"), []);
});

testWithProgram("socat", "The monitor gives lines with their time, goes on when the board is plugged in again, and notes that it cannot reset", async (t) => {
  const pty = await openFakePty(() => new Uint8Array());
  try {
    const monitor = new Running("monitor", { port: pty.path });
    await monitor.until(({ type }) => type === "note");
    pty.send(Buffer.from("first\r\npart"));
    await monitor.until(({ text }) => text === "first");
    await pty.unplug();
    await pty.plug();
    await monitor.until(({ again }) => again === true);
    pty.send(Buffer.from("second\n"));
    await monitor.until(({ text }) => text === "second");
    await monitor.stop();
    t.deepEqual(monitor.told.filter(({ type }) => type !== "note"), [
      { type: "open", again: false },
      { type: "line", at: 1234, text: "first" },
      { type: "line", at: 1234, text: "part" },
      { type: "gone" },
      { type: "open", again: true },
      { type: "line", at: 1234, text: "second" },
    ]);
    t.is(monitor.told.filter(({ type }) => type === "note").length, 1);
  } finally {
    await pty.close();
  }
});

test("Without reconnecting, a port that is not there ends the monitor; an ELF file that is not there too", async (t) => {
  const absent = async (): Promise<never> => {
    throw new FlashError("PORT_ABSENT", "absent");
  };
  await t.throwsAsync(monitorPort({ port: "x", reconnect: false, open: absent, onEvent: () => {} }), { code: "PORT_ABSENT" });
  await t.throwsAsync(monitorPort({ port: join(folder, "none"), elf: { path: join(folder, "none.elf"), chip: "esp32" }, onEvent: () => {} }), { code: "BAD_OPTION" });
});

/** A link that says some lines, then is gone. */
const says = (text: string) => async () => {
  let said = false;
  return {
    path: "memory",
    usbJtag: false,
    write: async () => {},
    read: async () => {
      if (said) throw new FlashError("PORT_GONE", "gone");
      said = true;
      return Buffer.from(text);
    },
    setSignals: async () => {},
    setBaudRate: async () => {},
    close: async () => {},
  };
};

test.serial("Addresses of a crash become source lines by the chip's addr2line; without it that is said once", async (t) => {
  const programs = mkdtempSync(join(folder, "bin-"));
  writeFileSync(join(folder, "app.elf"), "");
  const addr2line = join(programs, "riscv32-esp-elf-addr2line");
  writeFileSync(addr2line, '#!/bin/sh\necho "$*" > "$0.arguments"\necho "0x42007a66: app_main at /app/main.c:12"\necho "0x42000000: ?? ??:0"\n');
  chmodSync(addr2line, 0o755);
  const crash = "Guru Meditation Error: Core 0 panic\nMEPC    : 0x42007a66  RA      : 0x42000000\nMEPC    : 0x42007a66\n";
  const run = async (path: string): Promise<MonitorEvent[]> => {
    const [events, before] = [[] as MonitorEvent[], process.env["PATH"]];
    process.env["PATH"] = path;
    try {
      await monitorPort({ port: "x", reconnect: false, open: says(crash), elf: { path: join(folder, "app.elf"), chip: "esp32c3" }, onEvent: (event) => events.push(event) });
    } finally {
      process.env["PATH"] = before;
    }
    return events;
  };
  t.deepEqual((await run(`${programs}:${process.env["PATH"]}`)).filter(({ type }) => type === "location"), [
    { type: "location", text: "0x42007a66: app_main at /app/main.c:12" },
    { type: "location", text: "0x42007a66: app_main at /app/main.c:12" },
  ]);
  t.is(readFileSync(`${addr2line}.arguments`, "utf8").trim(), `-pfiaC -e ${join(folder, "app.elf")} 0x42007a66`);
  const without = (await run("/nowhere")).filter(({ type }) => type === "note");
  t.is(without.length, 1);
  t.regex((without[0] as { text: string }).text, /riscv32-esp-elf-addr2line is not on PATH/);
});
