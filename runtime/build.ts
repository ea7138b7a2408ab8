/**
 * The runtime of boards that the Moddable SDK does not serve: XS compiled from npm's `@agoric/xsnap`, in a C host of our own.
 *
 * - {@link buildHost} compiles the binaries of this machine: the device (without a parser), the bytecode compiler, the model runner.
 * - {@link buildApp} makes an image of an app: TypeScript → one ES2022 module (bundle.ts) → bytecode, linked to run in place (compiler/) → `.xsa` (image.h).
 *
 * The C host starts in boards/linux/main.c and is described in host.h. Its memory is fixed, as a microcontroller's is; its exceptions name lines of TypeScript; its
 * modules are bound to C functions by `native("xs_name")`, from a table that is generated from the C sources (natives-table.ts).
 *
 * XS is LGPL-3 (with parts under Apache-2.0) and stays in its package: its sources are compiled where npm put them, unchanged.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { bundle, linuxModules, type BoardModules, type Resource } from "./bundle.ts";
import { runProgram, withWorkshop } from "./device-build.ts";
import { RuntimeError } from "./runtime-error.ts";
import { linesText } from "./source-lines.ts";
import { linux } from "./target.ts";

const root = dirname(import.meta.dirname);

/** Options of {@link buildHost}. */
export interface HostOptions {
  /** told what is being done, a line per step; nothing is printed without it */
  progress?: (line: string) => void;
  /** builds with AddressSanitizer and UndefinedBehaviorSanitizer, in a folder of its own (default false) */
  sanitize?: boolean;
  /** only the C code of these modules, such as `["identity", "tflite"]`; all without it */
  modules?: readonly string[];
  /** the C compiler (default `gcc`) */
  compiler?: string;
}

/** Absolute paths of the binaries of this machine. */
export interface HostBinaries {
  /** runs images; its options are in boards/linux/main.c */
  device: string;
  /** makes images of bundles */
  compiler: string;
  /** runs a model without an app; undefined if that program is not in the checkout */
  modelRun: string | undefined;
}

/** Options of {@link buildApp}. */
export interface AppOptions {
  /** run the entry as it is, instead of the app that it exports (default false) */
  script?: boolean;
  /** what the board supplies (default: a Linux board's modules) */
  modules?: BoardModules;
  /** where the image goes; else below `build/apps` */
  output?: string;
  /** binaries to use instead of those of {@link buildHost} */
  host?: HostBinaries;
  /** told which files the image will carry, before it is made; what it throws ends the build: a model that does not fit the board */
  onResources?: (resources: readonly Resource[]) => Promise<unknown>;
  progress?: (line: string) => void;
}

/** An image. */
export interface AppImage {
  /** absolute path of the `.xsa` file */
  file: string;
  /** bytes of linked bytecode and its names */
  codeBytes: number;
  /** bytes of models and the like */
  resourceBytes: number;
  /** TypeScript files that are in it, relative to the checkout */
  sources: string[];
}

/**
 * Compiles the binaries of this machine under `build/`: about half a minute once, then only what has changed. Safe to call from several processes at a time.
 *
 * @throws RuntimeError `NO_COMPILER`, `COMPILE_FAILED`, `BUILD_LOCKED`
 */
export async function buildHost(options: HostOptions = {}): Promise<HostBinaries> {
  // Another compiler gets a folder of its own: one folder for both would be compiled anew at each change between them.
  const target = options.compiler === undefined ? linux : { ...linux, name: `linux-${basename(options.compiler)}`, compiler: options.compiler };
  return withWorkshop(target, options, async ({ compiler, recipe, deviceUnits, linkDevice }) => {
    const [engineUnits, parserUnits] = [recipe.engine(), recipe.parser()];
    const xs = await compiler.compile([...engineUnits, ...parserUnits]);
    const runtime = recipe.runtime().filter(({ source }) => COMPILER_RUNTIME.includes(basename(source)));
    const compilerObjects = await compiler.compile([...recipe.compiler(), ...runtime]);
    const device = await linkDevice("assay-device", deviceUnits);
    const modelUnits = recipe.modelRun();
    return {
      compiler: await compiler.link("assay-compiler", [...xs, ...compilerObjects], recipe.linkFlags()),
      device,
      modelRun: modelUnits.length === 0 ? undefined : await compiler.link("assay-model", await compiler.compile(modelUnits), recipe.linkFlags()),
    };
  });
}

/** The files of the runtime that the bytecode compiler needs: a machine that runs nothing. */
const COMPILER_RUNTIME = ["machine.c", "modules.c", "no-parser.c", "random.c", "stack-trace.c", "image.c"];

/** Sizes out of an image, as image.h lays it out. */
function measure(image: Buffer): { codeBytes: number; resourceBytes: number } {
  let codeBytes = 0;
  let resourceBytes = 0;
  for (let at = 8; at + 8 <= image.length; at += image.readUInt32BE(at)) {
    const type = image.toString("latin1", at + 4, at + 8);
    if (type === "SYMB" || type === "CODE") codeBytes += image.readUInt32BE(at);
    else if (type === "RSRC") resourceBytes += image.readUInt32BE(at + 8);
  }
  return { codeBytes, resourceBytes };
}

/**
 * Makes an image of the app in `entry` (a path, absolute or relative to the checkout).
 *
 * @throws RuntimeError `BUNDLE_FAILED` (TypeScript), `BYTECODE_FAILED` (XS), and those of {@link buildHost}
 */
export async function buildApp(entry: string, options: AppOptions = {}): Promise<AppImage> {
  const progress = options.progress;
  const host = options.host ?? (await buildHost(progress === undefined ? {} : { progress }));
  const script = options.script ?? false;
  const { code, lines, resources, sources } = await bundle(root, entry, script, options.modules ?? linuxModules);
  await options.onResources?.(resources);
  const key = createHash("sha256").update(`${resolve(root, entry)}\0${script}`).digest("hex").slice(0, 12);
  const file = resolve(options.output ?? join(root, "build", "apps", `${basename(entry).replace(/\.[^.]*$/, "")}-${key}.xsa`));
  const scratch = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(`${scratch}.js`, code);
    writeFileSync(`${scratch}.lines`, linesText(lines));
    const args = ["--source", `${scratch}.js`, "--lines", `${scratch}.lines`, "--out", `${scratch}.xsa`, ...resources.flatMap(({ name, file: path }) => ["--resource", `${name}=${path}`])];
    const { status, output } = await runProgram(host.compiler, args, root);
    if (status !== 0) throw new RuntimeError("BYTECODE_FAILED", `expected XS to compile ${entry}, got:\n${output.trim() || `exit code ${status}`}`);
    renameSync(`${scratch}.xsa`, file);
  } finally {
    for (const extension of ["js", "lines", "xsa"]) rmSync(`${scratch}.${extension}`, { force: true });
  }
  return { file, ...measure(readFileSync(file)), sources };
}
