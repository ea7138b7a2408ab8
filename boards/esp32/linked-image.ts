/** What the Moddable SDK's linker (xsl) has written: which modules are in the image, how much bytecode, and what they import that is not there. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { BoardError } from "../board-error.ts";

/** What is in an image. */
export interface LinkedImage {
  /** names of all modules */
  readonly modules: readonly string[];
  /** bytes of bytecode: of modules that the device runs when they are imported, and of functions in modules that were run on the build machine */
  readonly codeBytes: number;
  /** those of them in preloaded modules: their objects are in flash as well */
  readonly preloadedCodeBytes: number;
  readonly machine: MachineMemory;
}

/** Memory that XS begins with, in bytes. Where `fixedBytes` is not 0 it is all that there is for slots and chunks, else they may grow. */
export interface MachineMemory {
  readonly chunkBytes: number;
  readonly slotBytes: number;
  readonly fixedBytes: number;
  /** XS's own stack, and that of C */
  readonly stackBytes: number;
  readonly nativeStackBytes: number;
}

/** A slot on a machine of 32 bits. */
const SLOT_BYTES = 16;
/** The record txCreation: chunks and their increment, slots and theirs, stack, keys (four), parser (two), fixed memory, C stack; then the name of the main module. */
const CREATION = /^\t\{ ((?:\d+, ){12}\d+)\},\n\t"/m;

function machineMemory(source: string): MachineMemory {
  const fields = CREATION.exec(source)?.[1]?.split(", ").map(Number);
  if (fields === undefined) throw new BoardError("SDK_FAILED", "expected the SDK's linker to write the memory that XS begins with, got none");
  const [chunkBytes = 0, , slots = 0, , stack = 0, , , , , , , fixedBytes = 0, nativeStackBytes = 0] = fields;
  return { chunkBytes, slotBytes: slots * SLOT_BYTES, fixedBytes, stackBytes: stack * SLOT_BYTES, nativeStackBytes };
}

/** A row of the table of modules: host functions, symbols, code with its size, hosts, name, version. */
const MODULE = /^\t\{ [^,]+, [^,]+, \d+, [^,]+, (\d+), [^,]+, \d+, "([^"]+)", \{ XS_MAJOR_VERSION/gm;
/** A function of a preloaded module: a slot in flash, its code as a string. */
const FUNCTION = /\.kind = XS_CODE_X_KIND\}, \.value = \{ \.code = \{ \(txByte\*\)"((?:[^"\\]|\\.)*)"/g;
/** An escape stands for one byte. */
const BYTE = /\\x[0-9a-f]{2}|\\.|[^\\]/gi;

/**
 * Reads `mc.xs.c`.
 * @throws BoardError `SDK_FAILED` if there are no modules in it, or no memory
 */
export function linkedImage(source: string): LinkedImage {
  const rows = [...source.matchAll(MODULE)];
  if (rows.length === 0) throw new BoardError("SDK_FAILED", "expected the SDK's linker to write a table of modules, got none");
  const loaded = rows.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  const preloadedCodeBytes = [...source.matchAll(FUNCTION)].reduce((sum, [, code = ""]) => sum + (code.match(BYTE)?.length ?? 0), 0);
  return { modules: rows.map(([, , name = ""]) => name), codeBytes: loaded + preloadedCodeBytes, preloadedCodeBytes, machine: machineMemory(source) };
}

/** Rules for TypeScript in the SDK's makefile: where the JavaScript of a module goes. */
const TYPESCRIPT = /^\$\(TMP_DIR\)\/tsc\/(\S+)\.js : (\S+)\.ts /gm;
/** As TypeScript writes them: at the beginning of a line, which none in a comment is. */
const IMPORT = /^(?:import|export)\b[^;"]*?\bfrom "([^"]+)"|^import "([^"]+)"/gm;

/** The name of a module that another one imports, as XS resolves it: relative to the importing module's name, without ".js". */
function resolved(importer: string, specifier: string): string {
  const name = specifier.startsWith("./") || specifier.startsWith("../") ? posix.join(posix.dirname(importer), specifier) : specifier;
  return name.replace(/\.m?js$/, "");
}

/**
 * Checks that each module that was written in TypeScript finds what it imports: the SDK's linker only looks at preloaded modules, and the rest would fail on the device.
 *
 * @param folder the SDK's temporary folder of the build
 * @throws BoardError `UNRESOLVED_IMPORT`, with a line per import
 */
export function checkImports(folder: string, { modules }: LinkedImage): void {
  const known = new Set(modules);
  const missing: string[] = [];
  for (const [, output = "", source = ""] of readFileSync(join(folder, "makefile"), "utf8").matchAll(TYPESCRIPT)) {
    const importer = output.slice(0, -source.length).replace(/^~\.([^/]+)\//, "$1:");
    const file = join(folder, "tsc", `${output}.js`);
    if (!existsSync(file)) continue;
    for (const [, from, bare] of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const name = resolved(importer, from ?? bare ?? "");
      if (!known.has(name)) missing.push(`${source}.ts imports ${from ?? bare}`);
    }
  }
  if (missing.length > 0) throw new BoardError("UNRESOLVED_IMPORT", `expected modules of this board, got others:\n${missing.join("\n")}`);
}
