/**
 * Firmware for ESP32 boards by the Moddable SDK's `mcconfig`, as its users build by hand. With ESP-IDF the whole firmware; without it as far as that goes: TypeScript is checked with
 * the SDK's typings, modules are preloaded, stripped and linked, resources packed, and nothing is compiled for the chip.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { withLock } from "../../runtime/build-lock.ts";
import { BoardError } from "../board-error.ts";
import { writeManifest } from "./app-manifest.ts";
import { checkImports, linkedImage } from "./linked-image.ts";

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
  readonly environment?: Readonly<Record<string, string | undefined>>;
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
  /** what the SDK's tools warned of, a line each */
  readonly warnings: readonly string[];
  /** the linked modules, as C source */
  readonly image: string;
  /** absolute paths of the binaries; undefined without ESP-IDF */
  readonly firmware: { readonly app: string; readonly bootloader: string; readonly partitions: string; readonly otaData: string } | undefined;
}

interface Sdk {
  readonly folder: string;
  readonly version: string;
  /** what its tools run with */
  readonly environment: NodeJS.ProcessEnv;
  /** whether ESP-IDF is there */
  readonly idf: boolean;
}

function findSdk(environment: Readonly<Record<string, string | undefined>>): Sdk {
  const folder = environment["MODDABLE"];
  if (folder === undefined || folder === "") throw new BoardError("NO_SDK", "expected the environment variable MODDABLE to name the Moddable SDK, got nothing; `npx xs-dev setup --device esp32` installs it");
  const tools = join(folder, "build", "bin", process.platform === "darwin" ? "mac" : "lin", "release");
  if (!existsSync(join(tools, "mcconfig"))) throw new BoardError("NO_SDK", `expected the Moddable SDK with its tools built, got no mcconfig in ${tools}`);
  const version = existsSync(join(folder, "tools", "VERSION")) ? readFileSync(join(folder, "tools", "VERSION"), "utf8").trim() : "unknown";
  const idfPath = environment["IDF_PATH"];
  const idf = idfPath !== undefined && existsSync(join(idfPath, "tools", "idf.py"));
  const packages = dirname(dirname(createRequire(import.meta.url).resolve("secp256k1/package.json")));
  const tables = join(root, "build", "secp256k1", "src");
  if (!existsSync(tables)) throw new BoardError("NO_SDK", `expected libsecp256k1's tables in ${tables}, got none; \`npm run build\` makes them`);
  const typescript = join(root, "node_modules", ".bin");
  return {
    folder,
    version,
    idf,
    environment: {
      ...environment,
      PATH: [tools, typescript, environment["PATH"] ?? ""].join(delimiter),
      // The makefile insists on a path; without ESP-IDF nothing in it is read.
      IDF_PATH: idf ? idfPath : folder,
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

function binaries(folder: string): NonNullable<ModdableBuild["firmware"]> {
  const files = { app: "xs_esp32.bin", bootloader: "bootloader.bin", partitions: "partition-table.bin", otaData: "ota_data_initial.bin" };
  for (const name of Object.values(files)) if (!existsSync(join(folder, name))) throw new BoardError("SDK_FAILED", `expected the SDK to write ${name} in ${folder}, got none`);
  return { app: join(folder, files.app), bootloader: join(folder, files.bootloader), partitions: join(folder, files.partitions), otaData: join(folder, files.otaData) };
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
      warnings: printed.split("\n").filter((line) => /\bwarning: /.test(line)),
      image: source,
      firmware: sdk.idf ? binaries(join(output, "bin", platform, "release", name)) : undefined,
    };
  });
}
