/**
 * Firmware for ESP32 boards by the Moddable SDK's `mcconfig`, as its users build by hand. With ESP-IDF the whole firmware; without it as far as that goes: TypeScript is checked with
 * the SDK's typings, modules are preloaded, stripped and linked, resources packed, and nothing is compiled for the chip.
 */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { withLock } from "../../runtime/build-lock.ts";
import { BoardError } from "../board-error.ts";
import { writeManifest } from "./app-manifest.ts";
import { checkImports, linkedImage, type MachineMemory } from "./linked-image.ts";

const root = resolve(import.meta.dirname, "..", "..");

/** The boards, by the name of their chip. */
export const esp32Boards = ["esp32", "esp32s3", "esp32c3", "esp32c6"] as const;
export type Esp32Board = (typeof esp32Boards)[number];

/** What is built for which board. */
export interface ModdableOptions {
  /** path of an app's `app.ts`, or of its own `manifest.json` for the SDK */
  readonly app: string;
  readonly board: Esp32Board;
  /** with `MODDABLE`, and `IDF_PATH` for a whole firmware; default `process.env` */
  readonly environment?: Environment;
  /** the device's configuration, for an app without a manifest of its own; default none */
  readonly config?: Readonly<Record<string, unknown>>;
  /** called with each step */
  readonly progress?: (line: string) => void;
}

/** A built app. */
export interface ModdableBuild {
  readonly board: Esp32Board;
  /** version of the SDK, such as "8.2.3" */
  readonly sdk: string;
  /** bytes of linked bytecode of the app and all modules, those of the SDK included; the part in preloaded modules */
  readonly codeBytes: number;
  readonly preloadedCodeBytes: number;
  /** bytes of models and other resources */
  readonly resourceBytes: number;
  /** absolute paths of the files that the image carries as they are, models among them */
  readonly resources: readonly string[];
  /** what the SDK's tools warned of, a line each */
  readonly warnings: readonly string[];
  /** the linked modules, as C source */
  readonly image: string;
  /** memory that XS begins with */
  readonly machine: MachineMemory;
  /** absolute paths of the binaries; undefined without ESP-IDF */
  readonly firmware: Firmware | undefined;
}

/** Absolute paths of what ESP-IDF has built. */
export interface Firmware {
  readonly app: string;
  readonly bootloader: string;
  readonly partitions: string;
  readonly otaData: string;
  /** with functions' names, for addresses in a backtrace */
  readonly elf: string;
  /** which file goes where (`flasher_args.json`) */
  readonly flasherArgs: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the SDK's tools are, built; undefined if they are not. */
function toolsOf(folder: string): string | undefined {
  const tools = join(folder, "build", "bin", process.platform === "darwin" ? "mac" : "lin", "release");
  return existsSync(join(tools, "mcconfig")) ? tools : undefined;
}

/** The Moddable SDK that the environment names, if its tools are built. */
export function moddableFolder(environment: Environment = process.env): string | undefined {
  const folder = environment["MODDABLE"];
  return folder === undefined || folder === "" || toolsOf(folder) === undefined ? undefined : folder;
}

/** The ESP-IDF that the environment names, if it is one. */
export function idfFolder(environment: Environment = process.env): string | undefined {
  const folder = environment["IDF_PATH"];
  return folder !== undefined && existsSync(join(folder, "tools", "idf.py")) ? folder : undefined;
}

interface Sdk {
  readonly folder: string;
  readonly version: string;
  /** what its tools run with */
  readonly environment: NodeJS.ProcessEnv;
  /** whether ESP-IDF is there */
  readonly idf: boolean;
}

function findSdk(environment: Environment): Sdk {
  const folder = environment["MODDABLE"];
  if (folder === undefined || folder === "") throw new BoardError("NO_SDK", "expected the environment variable MODDABLE to name the Moddable SDK, got nothing; `npx xs-dev setup --device esp32` installs it");
  const tools = toolsOf(folder);
  if (tools === undefined) throw new BoardError("NO_SDK", `expected the Moddable SDK with its tools built, got no mcconfig in ${folder}`);
  const version = existsSync(join(folder, "tools", "VERSION")) ? readFileSync(join(folder, "tools", "VERSION"), "utf8").trim() : "unknown";
  const idfPath = idfFolder(environment);
  const packages = dirname(dirname(createRequire(import.meta.url).resolve("secp256k1/package.json")));
  const tables = join(root, "build", "secp256k1", "src");
  if (!existsSync(tables)) throw new BoardError("NO_SDK", `expected libsecp256k1's tables in ${tables}, got none; \`npm run build\` makes them`);
  const typescript = join(root, "node_modules", ".bin");
  return {
    folder,
    version,
    idf: idfPath !== undefined,
    environment: {
      ...environment,
      PATH: [tools, typescript, environment["PATH"] ?? ""].join(delimiter),
      // The makefile insists on a path; without ESP-IDF nothing in it is read.
      IDF_PATH: idfPath ?? folder,
      ASSAY_PACKAGES: packages,
      ASSAY_TABLES: tables,
    },
  };
}

/** Runs one of the SDK's tools. @returns what it printed @throws BoardError `SDK_FAILED` */
async function run(program: string, parameters: readonly string[], sdk: Sdk, progress: (line: string) => void): Promise<string> {
  const lines: string[] = [];
  let rest = "";
  const take = (chunk: string): void => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      if (line.startsWith("# ")) progress(line.slice(2));
    }
  };
  const status = await new Promise<number | null>((done, failed) => {
    const child = spawn(program, parameters, { cwd: root, env: sdk.environment, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", failed);
    child.on("close", done);
  }).catch((cause: unknown) => {
    throw new BoardError("SDK_FAILED", `expected to run ${program}, got ${String(cause)}`, { cause });
  });
  if (rest !== "") lines.push(rest);
  if (status !== 0) throw new BoardError("SDK_FAILED", `expected ${basename(program)} to succeed, got exit code ${status}:\n${lines.filter((line) => !line.startsWith("# ")).slice(-40).join("\n")}`);
  return lines.join("\n");
}

/** Links without ESP-IDF: its configuration header is an empty stand-in, newer than what the makefile would make it from. */
async function link(makefile: string, board: Esp32Board, sdk: Sdk, progress: (line: string) => void): Promise<string> {
  const folder = dirname(makefile);
  const header = join(folder, `xsProj-${board}`, "build", "config", "sdkconfig.h");
  mkdirSync(dirname(header), { recursive: true });
  if (!existsSync(header)) writeFileSync(header, "");
  const now = new Date();
  utimesSync(header, now, now);
  const targets = [join(folder, "mc.xs.c"), join(folder, "mc.resources.c")];
  // What is linked already would not tell its warnings again.
  for (const target of targets) rmSync(target, { force: true });
  return run("make", ["-f", makefile, "IDF_VERSION=none", ...targets], sdk, progress);
}

/** Files that the app's manifest names as data, from the rules of the SDK's makefile. */
function resourcesOf(folder: string): string[] {
  return [...readFileSync(join(folder, "makefile"), "utf8").matchAll(/^\$\(DATA_DIR\)\/\S+: (\S+)$/gm)].map(([, path = ""]) => path);
}

/** @param folder what the SDK has copied @param project ESP-IDF's build */
function binaries(folder: string, project: string): Firmware {
  const firmware: Firmware = {
    app: join(folder, "xs_esp32.bin"),
    bootloader: join(folder, "bootloader.bin"),
    partitions: join(folder, "partition-table.bin"),
    otaData: join(folder, "ota_data_initial.bin"),
    elf: join(project, "xs_esp32.elf"),
    flasherArgs: join(project, "flasher_args.json"),
  };
  for (const path of Object.values(firmware)) if (!existsSync(path)) throw new BoardError("SDK_FAILED", `expected the SDK and ESP-IDF to write ${path}, got none`);
  return firmware;
}

/**
 * Builds an app for an ESP32 board below `build/`. One build of a board at a time; others wait.
 *
 * @throws BoardError `NO_SDK`, `BAD_APP`, `SDK_FAILED`, `UNRESOLVED_IMPORT`
 */
export async function buildWithModdable(options: ModdableOptions): Promise<ModdableBuild> {
  const { board, config = {}, progress = () => {} } = options;
  const app = resolve(options.app);
  const sdk = findSdk(options.environment ?? process.env);
  if (!existsSync(app) || !statSync(app).isFile()) throw new BoardError("BAD_APP", `expected an app at ${options.app}, got no file there`);
  // A stand-in for ESP-IDF's configuration must never meet a real build.
  const output = join(root, "build", "moddable", sdk.idf ? "firmware" : "linked", board);
  const name = basename(dirname(app));
  mkdirSync(output, { recursive: true });
  // What the SDK writes there holds the configuration, passwords included.
  chmodSync(output, 0o700);
  return withLock(join(output, "lock"), async () => {
    const manifest = basename(app).endsWith(".json") ? app : await writeManifest(root, app, join(output, "manifests", name), config);
    const platform = board === "esp32" ? board : `esp32/${board}`;
    progress(`${name} for ${board}, Moddable SDK ${sdk.version}${sdk.idf ? "" : ", without ESP-IDF"}`);
    const told = await run("mcconfig", [...(sdk.idf ? ["-m", "-t", "build"] : []), "-o", output, "-p", platform, manifest], sdk, progress);
    const folder = join(output, "tmp", platform, "release", name);
    const printed = sdk.idf ? told : `${told}\n${await link(join(folder, "makefile"), board, sdk, progress)}`;
    const source = join(folder, "mc.xs.c");
    if (!existsSync(source)) throw new BoardError("SDK_FAILED", `expected the SDK's linker to write ${source}, got none`);
    const image = linkedImage(readFileSync(source, "utf8"));
    checkImports(folder, image);
    return {
      board,
      sdk: sdk.version,
      codeBytes: image.codeBytes,
      preloadedCodeBytes: image.preloadedCodeBytes,
      resourceBytes: Number(/Total resource size: (\d+) bytes/.exec(printed)?.[1] ?? 0),
      resources: resourcesOf(folder),
      warnings: printed.split("\n").filter((line) => /\bwarning: /.test(line)),
      image: source,
      machine: image.machine,
      firmware: sdk.idf ? binaries(join(output, "bin", platform, "release", name), join(folder, `xsProj-${board}`, "build")) : undefined,
    };
  });
}
