/**
 * `node modules/tflite/wasm/build.ts`: compiles the engine to engine.wasm, and writes beside it what it was made with. Both are committed, so that nobody needs clang
 * to use them; CI compiles again and compares.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { CCompiler, type Unit } from "../../../runtime/c-compiler.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const core = join(root, "modules", "tflite");

/** The compiler. Its linker, wasm-ld-19, is in Debian's package lld-19. */
export const CLANG = "clang-19";

const TARGET = ["--target=wasm32", "-nostdlib"];
const FLAGS = ["-std=c99", ...TARGET, "-msimd128", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Wconversion", "-Werror", `-I${core}`, "-isystem", join(core, "wasm", "include")];
/** An overflow of the stack, which lies at the bottom, traps. */
const LINK_FLAGS = [...TARGET, "-Wl,--no-entry", "-Wl,--gc-sections", "-Wl,--strip-all", "-Wl,--stack-first", "-Wl,-z,stack-size=65536", "-Wl,--fatal-warnings"];

/** What engine.json says. */
export interface EngineRecord {
  /** SHA-256 of engine.wasm in hexadecimal */
  readonly digest: string;
  readonly bytes: number;
  /** first line of what the compiler says of its version */
  readonly compiler: string;
}

function sources(): Unit[] {
  const folders = [core, join(core, "kernels"), join(core, "kernels", "simd"), join(core, "wasm")];
  const files = folders.flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith(".c") && !name.endsWith("-xs.c")).map((name) => join(folder, name)));
  return files.sort().map((source) => {
    const object = relative(core, source).slice(0, -2);
    // The functions that the compiler's own calls go to: see there.
    const flags = object === "wasm/memory" ? [...FLAGS, "-fno-builtin", "-mbulk-memory"] : FLAGS;
    return { source, object, flags, group: "the engine" };
  });
}

/**
 * Compiles the engine.
 *
 * @param folder where objects are kept; only what changed is compiled again
 * @param added a C file that is linked to it, for tests
 * @throws RuntimeError `NO_COMPILER`, `COMPILE_FAILED`
 */
export async function buildEngine(folder: string, progress: (line: string) => void = () => {}, added?: string): Promise<{ readonly wasm: Uint8Array; readonly record: EngineRecord }> {
  const clang = new CCompiler(root, folder, CLANG, progress);
  await clang.open();
  const units = added === undefined ? sources() : [...sources(), { source: added, object: "added", flags: FLAGS, group: "the engine" }];
  const wasm = new Uint8Array(readFileSync(await clang.link(added === undefined ? "engine.wasm" : "added.wasm", await clang.compile(units), LINK_FLAGS)));
  const compiler = clang.version.split("\n", 1)[0]!;
  return { wasm, record: { digest: createHash("sha256").update(wasm).digest("hex"), bytes: wasm.length, compiler } };
}

/** The committed engine.json. */
export function committedRecord(): EngineRecord {
  return JSON.parse(readFileSync(join(import.meta.dirname, "engine.json"), "utf8")) as EngineRecord;
}

if (import.meta.main) {
  const folder = mkdtempSync(join(tmpdir(), "assay-engine-"));
  try {
    const { wasm, record } = await buildEngine(process.argv[2] ?? folder, (line) => process.stderr.write(`${line}\n`));
    writeFileSync(join(import.meta.dirname, "engine.wasm"), wasm);
    writeFileSync(join(import.meta.dirname, "engine.json"), `${JSON.stringify(record, undefined, 2)}\n`);
    process.stdout.write(`engine.wasm: ${record.bytes} bytes, SHA-256 ${record.digest}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
