/** The MPS2+ board as the command line sees it. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import type { Board, BoardBuild, BuildOptions, FlashOptions, MemoryUse, MonitorOptions } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { root } from "../emulated.ts";
import { readLinkMap, sumParts, type Placed } from "../link-map.ts";
import { checkModels } from "../model-memory.ts";
import { assay, debianPackage, libsecp256k1, notice, xs } from "../notice.ts";
import { file, findProgram, program, require } from "../requirements.ts";
import { startEmulator } from "./emulator.ts";
import { buildFirmware, type Firmware } from "./firmware.ts";
import { openChip, readConfig, readPartition, writePartition } from "./flash-chip.ts";

/** As memory.ld has them. */
const RAM_BYTES = 320 * 1024;
const FLASH_BYTES = 1536 * 1024;
const STACK_BYTES = 30 * 1024;
const SLOT_BYTES = 16;
/** XS's tables of names (buckets of 4 bytes for names and symbols), of objects that are copied from the built-ins when they are changed, and the machine itself. */
const TABLE_BYTES = (509 + 127) * 4 + 6 * 1024;

const requirements = [
  program("arm-none-eabi-gcc", "compiles the firmware", "gcc-arm-none-eabi"),
  file("/usr/lib/arm-none-eabi/newlib", "newlib", "the firmware's C library", "libnewlib-arm-none-eabi"),
  program("qemu-system-arm", "runs the board, also to make the built-ins of XS when it is built for", "qemu-system-arm"),
];

/** Whose code a piece of the firmware is, as people ask for it. */
function ownerOf({ object, section }: Placed): string {
  if (section === ".image") return "image";
  if (object.includes("/objects/xs/")) return "XS";
  if (object.includes("modules/tflite/")) return "natives: engine";
  if (object.includes("modules/identity/")) return "natives: signatures";
  if (object.includes("/modules/")) return "natives: others";
  if (/\.a\(/.test(object)) return "C library";
  return "runtime and board";
}

function flashUse({ map, codeBytes, builtInBytes }: Firmware, resources: readonly { name: string; bytes: number }[]): MemoryUse {
  const placed = readLinkMap(readFileSync(map, "utf8")).filter(({ address, section }) => section !== ".built_ins" && (address < FLASH_BYTES || section.startsWith(".data")));
  const image = placed.find(({ section }) => section === ".image")?.bytes ?? 0;
  const models = resources.filter(({ name }) => name.endsWith(".tflite")).reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = sumParts(placed, (piece) => (piece.section === ".image" ? undefined : ownerOf(piece)));
  return { parts: [...parts, { name: "XS: built-ins", bytes: builtInBytes }, { name: "bytecode", bytes: codeBytes }, { name: "model", bytes: models }, { name: "lines and others of the image", bytes: image - codeBytes - models }], limit: FLASH_BYTES };
}

/** What takes the board's RAM. @param arena bytes of the models */
export function ramUse({ map, memory, image }: Firmware, arena: number): MemoryUse {
  const placed = readLinkMap(readFileSync(map, "utf8")).filter(({ address }) => address >= 0x20000000 + STACK_BYTES);
  // SYMB, the first atom behind the header and VERS: runtime/image.h.
  const names = readFileSync(image).readUInt16BE(8 + 16 + 8 + 2);
  const parts = [
    { name: "heap: slots", bytes: memory.slots * SLOT_BYTES },
    { name: "heap: chunks", bytes: memory.chunks },
    { name: "value stack", bytes: memory.values * SLOT_BYTES },
    { name: "names and tables", bytes: TABLE_BYTES + (names + memory.keys) * 4 },
    { name: "arena", bytes: arena },
    { name: "C stacks", bytes: STACK_BYTES },
    { name: "static", bytes: placed.reduce((sum, { bytes }) => sum + bytes, 0) },
  ];
  return { parts, limit: RAM_BYTES };
}

/** @throws BoardError `IMAGE_TOO_LARGE` with the sum, the limit and the parts */
export function checkUse(what: string, { parts, limit }: MemoryUse): void {
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  if (limit === undefined || total <= limit) return;
  const each = parts.map(({ name, bytes }) => `${name} ${bytes.toLocaleString("en-US")}`).join(", ");
  throw new BoardError("IMAGE_TOO_LARGE", `expected an app that takes at most ${limit.toLocaleString("en-US")} bytes of ${what} on board mps2-an500, got ${total.toLocaleString("en-US")} (${each})`);
}

async function build(app: string, options: BuildOptions): Promise<BoardBuild> {
  require(board.name, requirements);
  let arena = 0;
  let resources: { name: string; bytes: number }[] = [];
  const firmware = await buildFirmware(app, {
    progress: options.progress,
    onResources: async (found) => {
      resources = found.map(({ name, file: path }) => ({ name, bytes: readFileSync(path).length }));
      arena = (await checkModels(board.name, found.filter(({ name }) => name.endsWith(".tflite")))).reduce((sum, bytes) => sum + bytes, 0);
    },
  });
  const [flash, ram] = [flashUse(firmware, resources), ramUse(firmware, arena)];
  checkUse("flash", flash);
  checkUse("RAM", ram);
  const folder = resolve(options.output ?? join(root, "build", board.name, basename(dirname(resolve(app)))));
  mkdirSync(folder, { recursive: true });
  const files = { elf: join(folder, "firmware.elf"), map: join(folder, "firmware.map"), image: join(folder, "app.xsa") };
  for (const key of ["elf", "map", "image"] as const) copyFileSync(firmware[key], files[key]);
  const path = join(folder, "NOTICE");
  const newlib = debianPackage("libnewlib-arm-none-eabi", "newlib", "BSD-3-Clause AND others", "Keep the notices.");
  const libgcc = debianPackage("gcc-arm-none-eabi", "libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1", "The exception lets programs that GCC has compiled be under any terms.");
  writeFileSync(path, notice(`${basename(folder)} on ${board.name}`, [assay(), xs(), libsecp256k1(), newlib, libgcc]));
  return { board: board.name, folder, files, flash, ram, notice: path };
}

function dataFolder(options: { readonly data?: string; readonly host?: string; readonly port?: string }): string {
  if (options.host !== undefined || options.port !== undefined) throw new BoardError("BAD_OPTION", "expected --data DIR, the folder that stands for the board's flash, got an address of another board");
  return resolve(options.data ?? join(root, "build", "mps2-an500", "data"));
}

const chipOf = (folder: string): string => join(folder, "flash.bin");
const elfOf = (folder: string): string => join(folder, "firmware.elf");

function flash(built: BoardBuild, options: FlashOptions): Promise<void> {
  const folder = dataFolder(options);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  openChip(chipOf(folder), { erase: options.erase ?? false });
  // The board has no clock of the day, and the recording, if there is one, stands in its flash.
  const given = options.config === undefined ? {} : readConfig(options.config);
  const config = { ...given, time: false, ...(options.trace === undefined ? {} : { trace: { repeat: true, ...(given["trace"] as object | undefined), file: "trace" } }) };
  writePartition(chipOf(folder), "config", Buffer.from(JSON.stringify(config)));
  if (options.trace !== undefined) writePartition(chipOf(folder), "trace", readFileSync(options.trace));
  copyFileSync(built.files["elf"]!, `${elfOf(folder)}.unfinished`);
  renameSync(`${elfOf(folder)}.unfinished`, elfOf(folder));
  options.progress(`flashed ${basename(built.folder)} to ${folder}; assay monitor --board ${board.name} --data ${folder} switches it on`);
  return Promise.resolve();
}

/** Functions and lines for the addresses of a backtrace, if there is something that knows them. */
function explained(line: string, elf: string): string[] {
  const addresses = /^assay: backtrace (.*)$/.exec(line)?.[1]?.split(" ");
  if (addresses === undefined || findProgram("arm-none-eabi-addr2line") === undefined) return [line];
  const { status, stdout } = spawnSync("arm-none-eabi-addr2line", ["-f", "-p", "-s", "-e", elf, ...addresses], { encoding: "utf8" });
  // The line may be cut short by the end of the power.
  if (status !== 0) return [line];
  return [line, ...stdout.trimEnd().split("\n").map((name) => `assay:   in ${name}`)];
}

async function monitor(options: MonitorOptions): Promise<void> {
  const folder = dataFolder(options);
  if (!existsSync(elfOf(folder)) || !existsSync(chipOf(folder))) throw new BoardError("BAD_OPTION", `expected a flashed board in ${folder}, found none; run assay flash --board ${board.name} APP --data ${folder}`);
  require(board.name, requirements.slice(2));
  const { broker } = JSON.parse(readPartition(chipOf(folder), "config")) as { broker?: { host: string; port: number } };
  const emulator = await startEmulator({
    elf: elfOf(folder),
    chip: chipOf(folder),
    ...(broker === undefined ? {} : { broker }),
    onLine: (line) => explained(line, elfOf(folder)).forEach(options.onLine),
  });
  const cut = (): void => void emulator.cutPower();
  if (options.signal.aborted) cut();
  options.signal.addEventListener("abort", cut, { once: true });
  const code = await emulator.ended;
  options.signal.removeEventListener("abort", cut);
  if (code !== 0 && !options.signal.aborted) throw new BoardError("MONITOR_FAILED", `expected QEMU to run the board, got its exit code ${code}`);
}

const board: Board = {
  name: "mps2-an500",
  title: "Arm MPS2+ with AN500, in QEMU",
  chip: "Cortex-M7 with DSP instructions",
  ramBytes: RAM_BYTES,
  flashBytes: FLASH_BYTES,
  status: "emulated in tests",
  requirements,
  build,
  flash,
  monitor,
};

export default board;
