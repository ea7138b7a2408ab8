/** A device's binary for a target: XS without its parser, the runtime, the board, the natives of modules and the table of their names. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { withLock } from "./build-lock.ts";
import { CCompiler, type Unit } from "./c-compiler.ts";
import { HostRecipe, tlsProbe, type Checkout } from "./host-recipe.ts";
import { nativesIn, nativesTable } from "./natives-table.ts";
import { RuntimeError } from "./runtime-error.ts";
import { linux, type Target } from "./target.ts";

const root = dirname(import.meta.dirname);

/** Options of {@link buildDevice}. */
export interface DeviceOptions {
  /** told what is being done, a line per step; nothing is printed without it */
  readonly progress?: (line: string) => void;
  /** builds with AddressSanitizer and UndefinedBehaviorSanitizer, in a folder of its own (default false) */
  readonly sanitize?: boolean;
  /** only the C code of these modules, such as `["identity", "tflite"]`; all without it */
  readonly modules?: readonly string[];
}

/** A C file that a build writes itself, and flags for it. */
export interface GeneratedSource {
  /** file name without `.c` */
  readonly name: string;
  readonly text: string;
  readonly flags?: readonly string[];
}

/** A build folder while its lock is held. */
export interface Workshop {
  readonly compiler: CCompiler;
  readonly recipe: HostRecipe;
  /** runtime, board and modules */
  readonly deviceUnits: readonly Unit[];
  /** Compiles what is given and XS, and links them to a program of that name in the build folder. */
  linkDevice(program: string, units: readonly Unit[], flags?: readonly string[]): Promise<string>;
  /** Writes a source into the build folder, unless it is there already, and says how to compile it. */
  write(source: GeneratedSource): Unit;
}

function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

function checkout(target: Target, options: DeviceOptions): Checkout {
  const parts = [target.name, ...(options.sanitize ? ["sanitize"] : []), ...(options.modules ? [`only-${[...options.modules].sort().join("+") || "none"}`] : [])];
  return {
    root,
    build: join(root, "build", parts.join("-")),
    tables: join(root, "build", "secp256k1"),
    xs: join(packageFolder("@agoric/xsnap"), "moddable", "xs"),
    secp256k1: join(packageFolder("secp256k1"), "src", "secp256k1"),
  };
}

/** Writes `content` unless it is there already, so that what depends on it stays fresh. */
function writeIfChanged(path: string, content: string): void {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.unfinished`, content);
  renameSync(`${path}.unfinished`, path);
}

/** Runs a program to its end; its output is what it wrote to stdout and stderr. */
export function runProgram(program: string, args: readonly string[], cwd: string): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** Runs libsecp256k1's generator on this machine; it writes a header that modules/identity includes on all. */
async function buildTables(at: Checkout, recipe: HostRecipe, progress: (line: string) => void): Promise<void> {
  await withLock(join(at.tables, "lock"), async () => {
    const compiler = new CCompiler(root, at.tables, linux.compiler, progress, linux.packages);
    await compiler.open();
    const header = join(at.tables, "src", "ecmult_static_context.h");
    const generator = await compiler.link("gen_context", await compiler.compile([recipe.tableGenerator()]), ["-lm"]);
    if (existsSync(header) && statSync(header).mtimeMs >= statSync(generator).mtimeMs) return;
    mkdirSync(dirname(header), { recursive: true });
    const { status, output } = await runProgram(generator, [], at.tables);
    if (status !== 0 || !existsSync(header)) throw new RuntimeError("COMPILE_FAILED", `expected ${generator} to write ${header}, got exit code ${status}: ${output}`);
  });
}

/** Opens the build folder of a target and holds its lock while `work` builds in it. */
export async function withWorkshop<Result>(target: Target, options: DeviceOptions, work: (workshop: Workshop) => Promise<Result>): Promise<Result> {
  const at = checkout(target, options);
  const progress = options.progress ?? (() => {});
  const common = { target, sanitize: options.sanitize ?? false, modules: options.modules };
  await buildTables(at, new HostRecipe(at, { ...common, tls: [] }), progress);
  return withLock(join(at.build, "lock"), async () => {
    const compiler = new CCompiler(root, at.build, target.compiler, progress, target.packages);
    await compiler.open();
    const tls = target.hasSockets ? await compiler.findLibraries(tlsProbe.libraries, tlsProbe.source) : [];
    const recipe = new HostRecipe(at, { ...common, tls });
    const write = ({ name, text, flags = [] }: GeneratedSource): Unit => {
      const source = join(at.build, `${name}.c`);
      writeIfChanged(source, text);
      return recipe.generated(source, flags);
    };
    return work({
      compiler,
      recipe,
      deviceUnits: [...recipe.runtime(), ...recipe.board(), ...recipe.modules()],
      write,
      linkDevice: async (program, units, flags = []) => {
        const engine = await compiler.compile(recipe.engine());
        const objects = await compiler.compile(units);
        const natives = await compiler.compile([write({ name: "natives", text: nativesTable(units.flatMap(({ source }) => nativesIn(source))) })]);
        return compiler.link(program, [...engine, ...objects, ...natives, ...tls], [...recipe.linkFlags(), ...flags]);
      },
    });
  });
}

/**
 * Compiles the device of a target (`assay-device`, which runs images) under `build/TARGET`, only what has changed; returns its absolute path.
 *
 * @throws RuntimeError `NO_COMPILER`, `COMPILE_FAILED`, `BUILD_LOCKED`
 */
export function buildDevice(target: Target, options: DeviceOptions = {}): Promise<string> {
  return withWorkshop(target, options, ({ deviceUnits, linkDevice }) => linkDevice("assay-device", deviceUnits));
}
