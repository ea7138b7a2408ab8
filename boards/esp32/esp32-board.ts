/** An ESP32 board as the command line sees it: built by the Moddable SDK, flashed and followed over its serial port. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Board, BoardBuild, FlashOptions, MemoryUse, Part } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { parsePartitionCsv } from "../esp-flash/partition-csv.ts";
import { checkModels } from "../model-memory.ts";
import { notice } from "../notice.ts";
import { require } from "../requirements.ts";
import { buildWithModdable, idfFolder, moddableFolder, type Esp32Board, type ModdableBuild } from "./build.ts";
import { readDeviceConfig } from "./device-config.ts";
import { esp32Components } from "./esp32-notice.ts";
import { copyFirmware, flashFirmware, refuseOptions } from "./flash-firmware.ts";
import { monitorConsole } from "./monitor-console.ts";
import { firmwareRequirements, moddableSdk } from "./requirements.ts";

/** What one ESP32 board has that another has not. */
export interface Esp32BoardOptions {
  readonly name: Esp32Board;
  readonly title: string;
  readonly chip: string;
  /**
   * bytes for XS, models, stacks and buffers, an estimate that no board has confirmed: the chip's SRAM (data sheets), less what its cache and code that runs from RAM take, less about 110 KB for
   * ESP-IDF's own data, Wi-Fi and lwIP as the SDK configures them
   */
  readonly ramBytes: number;
}

const root = resolve(import.meta.dirname, "..", "..");

/** What to build again when a configuration is to be in the image: a build, as the command line knows it, does not tell. */
const apps = new WeakMap<BoardBuild, { readonly app: string; readonly output: string }>();

/** Bytes of the slot that the app has in flash. */
function slotBytes(board: Esp32Board): number {
  const partitions = parsePartitionCsv(readFileSync(join(root, "boards", board, "partitions.csv"), "utf8"));
  return partitions.find(({ name }) => name === "ota_0")!.size;
}

function flashUse(board: Esp32Board, { codeBytes, preloadedCodeBytes, resourceBytes, firmware }: ModdableBuild): MemoryUse {
  const linked: Part[] = [
    { name: "bytecode", bytes: codeBytes - preloadedCodeBytes },
    { name: "bytecode, preloaded", bytes: preloadedCodeBytes },
    { name: "model and other resources", bytes: resourceBytes },
  ];
  if (firmware === undefined) return { parts: linked, limit: undefined };
  const rest = statSync(firmware.app).size - codeBytes - resourceBytes;
  return { parts: [...linked, { name: "preloaded objects, XS, C, ESP-IDF", bytes: rest }], limit: slotBytes(board) };
}

function ramUse(board: Esp32BoardOptions, { machine }: ModdableBuild, models: number): MemoryUse {
  const heap: Part[] = machine.fixedBytes > 0 ? [{ name: "XS: slots and chunks", bytes: machine.fixedBytes }] : [{ name: "XS: slots at the start", bytes: machine.slotBytes }, { name: "XS: chunks at the start", bytes: machine.chunkBytes }];
  return { parts: [...heap, { name: "XS: stack", bytes: machine.stackBytes }, { name: "C stack", bytes: machine.nativeStackBytes }, { name: "models", bytes: models }], limit: board.ramBytes };
}

interface Step {
  readonly output: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly progress: (line: string) => void;
}

async function build(board: Esp32BoardOptions, app: string, { output, config, progress }: Step): Promise<BoardBuild> {
  require(board.name, [moddableSdk]);
  const missing = firmwareRequirements(board.name).filter((requirement) => requirement.find() === undefined);
  const whole = missing.length === 0;
  for (const { name, purpose, install } of missing) progress(`no firmware without ${name} (${purpose}): ${install}`);
  // An ESP-IDF without its compiler would only fail later.
  const environment = whole ? process.env : { ...process.env, IDF_PATH: undefined };
  const built = await buildWithModdable({ app, board: board.name, environment, progress, ...(config === undefined ? {} : { config }) });
  for (const warning of built.warnings) progress(warning);
  const models = await checkModels(board.name, built.resources.filter((path) => path.endsWith(".tflite")).map((file) => ({ name: basename(file), file })));
  const flash = flashUse(board.name, built);
  const total = flash.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  if (flash.limit !== undefined && total > flash.limit) throw new BoardError("IMAGE_TOO_LARGE", `expected an image of at most ${flash.limit.toLocaleString("en-US")} bytes on board ${board.name}, got ${total.toLocaleString("en-US")}`);
  mkdirSync(output, { recursive: true });
  const linked = join(output, "linked.c");
  copyFileSync(built.image, linked);
  // It may hold passwords.
  chmodSync(linked, 0o600);
  const files = built.firmware === undefined ? {} : copyFirmware(built.firmware, join(output, "firmware"));
  if (built.firmware === undefined) {
    // Of an earlier build, when there was an ESP-IDF: it is not of this app any more.
    rmSync(join(output, "firmware"), { recursive: true, force: true });
    progress(`linked for ${board.title}, but not compiled for the chip: there is no firmware to flash`);
  }
  const path = join(output, "NOTICE");
  writeFileSync(path, notice(`${basename(output)} on ${board.name}`, esp32Components({ folder: moddableFolder()!, version: built.sdk }, whole ? idfFolder() : undefined)));
  const result: BoardBuild = { board: board.name, folder: output, files: { ...files, linked }, flash, ram: ramUse(board, built, models.reduce((sum, bytes) => sum + bytes, 0)), notice: path };
  apps.set(result, { app, output });
  return result;
}

/** The build to flash: with the configuration in its image, if one is given. */
async function configured(board: Esp32BoardOptions, built: BoardBuild, options: FlashOptions): Promise<BoardBuild> {
  const source = apps.get(built);
  const hasManifest = source !== undefined && basename(source.app).endsWith(".json");
  if (options.config === undefined) {
    if (source !== undefined && !hasManifest) throw new BoardError("BAD_OPTION", "expected --config FILE: an ESP32 knows its networks and broker from the configuration in its image");
    return built;
  }
  if (hasManifest) throw new BoardError("BAD_OPTION", `expected the configuration in ${source.app}, which is the app's own manifest, got --config as well`);
  if (source === undefined) throw new BoardError("BAD_OPTION", "expected --config with an app that is built now, got an image that was built before");
  const config = readDeviceConfig(options.config);
  require(board.name, firmwareRequirements(board.name));
  return build(board, source.app, { output: source.output, config, progress: options.progress });
}

/** Makes a board. */
export function esp32Board(board: Esp32BoardOptions): Board {
  return {
    name: board.name,
    title: board.title,
    chip: board.chip,
    ramBytes: board.ramBytes,
    flashBytes: slotBytes(board.name),
    status: "not yet run on hardware",
    requirements: [moddableSdk, ...firmwareRequirements(board.name)],
    build: (app, { output, progress }) => build(board, resolve(app), { output: resolve(output ?? join(root, "build", board.name, basename(dirname(resolve(app))))), progress }),
    flash: async (built, options) => {
      refuseOptions(board.name, options);
      const ready = await configured(board, built, options);
      const { flasher } = ready.files;
      if (flasher === undefined) {
        require(board.name, firmwareRequirements(board.name));
        throw new BoardError("BAD_OPTION", `expected a build with firmware, got one with ${Object.keys(ready.files).join(", ")}; build it again`);
      }
      await flashFirmware(board.name, flasher, options);
    },
    monitor: async (options) => {
      refuseOptions(board.name, options);
      await monitorConsole(board.name, options);
    },
  };
}
