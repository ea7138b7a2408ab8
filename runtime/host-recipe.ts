/** What the binaries of a target are made of: which C sources with which flags. Paths of other rooms are data here; nothing of them is imported. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import type { Unit } from "./c-compiler.ts";
import type { Target } from "./target.ts";

/** Files of XS that only a parser needs: devices do not have them. */
const PARSER = ["xsCode", "xsLexical", "xsScope", "xsScript", "xsSourceMap", "xsSyntaxical", "xsTree"];
/** Files of XS that no host here calls. */
const UNUSED = ["xsLockdown", "xsProfile", "xsSnapshot"];

/**
 * XS calls these by name. Renaming them in one file puts ours in their place without a changed copy of that file: see machine.c and stack-trace.c.
 */
const RENAMED: Readonly<Record<string, readonly string[]>> = {
  xsMemory: ["-DfxAbort=assay_memory_abort", "-DfxCheckCStack=assay_check_mark_stack"],
  xsDefaults: ["-DfxCaptureErrorStack=assay_capture_stack"],
};

/** Language of the own C code, and how strictly it is read. */
const STRICT = ["-std=c99", "-D_DEFAULT_SOURCE", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wconversion", "-Werror"];
/** Bit-equal results on every board: no fused multiply-add, no reordering. */
const NUMERIC = ["-ffp-contract=off", "-fno-fast-math"];
const SECTIONS = ["-ffunction-sections", "-fdata-sections"];

/** Where things are in the checkout. */
export interface Checkout {
  root: string;
  /** build folder */
  build: string;
  /** where libsecp256k1's tables are, which are the same for all targets */
  tables: string;
  xs: string;
  secp256k1: string;
}

/**
 * What TLS needs of the machine: static libraries, in the order in which they need each other, so that a device needs none where it runs; and a C program that is only made where
 * boards/linux/tls-session.c finds their headers.
 */
export const tlsProbe = {
  libraries: ["libmbedtls.a", "libmbedx509.a", "libmbedcrypto.a"],
  source: "#include <mbedtls/ssl.h>\n#include <mbedtls/x509_crt.h>\nint main(void) { mbedtls_ssl_context ssl; mbedtls_ssl_init(&ssl); return mbedtls_ssl_handshake(&ssl) == 0; }\n",
} as const;

/** Options that change what is compiled. */
export interface RecipeOptions {
  target: Target;
  /** AddressSanitizer everywhere, UndefinedBehaviorSanitizer for the own code (XS is not clean under it) */
  sanitize: boolean;
  /** only the C code of these modules; all without it */
  modules: readonly string[] | undefined;
  /** paths of the libraries of mbedTLS, where the compiler has found them ({@link tlsProbe}); else empty, and there is no TLS */
  tls: readonly string[];
}

/** The recipe of one build folder. */
export class HostRecipe {
  private readonly at: Checkout;
  private readonly options: RecipeOptions;

  constructor(at: Checkout, options: RecipeOptions) {
    this.at = at;
    this.options = options;
  }

  /** XS without its parser. */
  engine(): Unit[] {
    return this.xsUnits((name) => !PARSER.includes(name) && !UNUSED.includes(name));
  }

  /** The parser and code generator of XS. */
  parser(): Unit[] {
    return this.xsUnits((name) => PARSER.includes(name));
  }

  /** The runtime that device and compiler share. */
  runtime(): Unit[] {
    return this.ownUnits("runtime", join(this.at.root, "runtime"), "runtime", []);
  }

  /** The bytecode compiler. */
  compiler(): Unit[] {
    return this.ownUnits("compiler", join(this.at.root, "runtime", "compiler"), "runtime", [`-I${join(this.at.root, "runtime")}`]);
  }

  /** The board, without the programs that are not the device. */
  board(): Unit[] {
    const units = this.ownUnits("board", resolve(this.at.root, this.options.target.board), "board", []).filter(({ source }) => basename(source) !== "model-run.c");
    return units.map((unit) => (this.options.tls.length > 0 && basename(unit.source) === "tls-session.c" ? { ...unit, flags: [...unit.flags, "-DASSAY_TLS"] } : unit));
  }

  /** The C code of modules: what lies in `modules/x/` and below, but for what is for other machines. */
  modules(): Unit[] {
    return this.moduleFolders().flatMap((module) => this.moduleUnits(module));
  }

  /** assay-model: the interpreter without XS, and its main program; empty where that program is not there. */
  modelRun(): Unit[] {
    const main = this.ownUnits("board", join(this.at.root, "boards", "linux"), "board", [`-I${join(this.at.root, "modules", "tflite")}`]).filter(({ source }) => basename(source) === "model-run.c");
    if (main.length === 0) return [];
    return [...main, ...this.moduleUnits("tflite").filter(({ source }) => !source.endsWith("-xs.c"))];
  }

  /** A source that the build has written, such as the table of natives. */
  generated(source: string, flags: readonly string[] = []): Unit {
    return { source, object: basename(source, ".c"), group: "natives", flags: this.ownFlags(flags) };
  }

  /** libsecp256k1's generator of its own tables. Writes `src/ecmult_static_context.h` below the folder that it runs in. */
  tableGenerator(): Unit {
    const flags = ["-O1", "-w", ...secp256k1Defines, `-I${this.at.secp256k1}`, `-I${join(this.at.secp256k1, "src")}`, `-I${join(this.at.secp256k1, "include")}`];
    return { source: join(this.at.secp256k1, "src", "gen_context.c"), object: "secp256k1/gen_context", group: "libsecp256k1's generator", flags };
  }

  /** Flags for linking. */
  linkFlags(): string[] {
    const { machine, link } = this.options.target;
    return [...machine, ...link, ...(this.options.sanitize ? ["-fsanitize=address,undefined"] : [])];
  }

  private moduleFolders(): string[] {
    const folder = join(this.at.root, "modules");
    const all = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    return all.filter((name) => this.options.modules?.includes(name) ?? true).sort();
  }

  private moduleUnits(module: string): Unit[] {
    const folder = join(this.at.root, "modules", module);
    const below = readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => (entry.isDirectory() ? [join(entry.parentPath, entry.name)] : [])).sort();
    const flags = [`-I${folder}`, ...(module === "identity" ? this.secp256k1Flags() : [])];
    return [folder, ...below].flatMap((path) => this.ownUnits("modules", path, relative(this.at.root, path), flags)).filter(({ source }) => !this.isForOtherMachines(source));
  }

  private isForOtherMachines(source: string): boolean {
    const path = relative(join(this.at.root, "modules"), source);
    return this.options.target.without.some((excluded) => path === excluded || path.startsWith(`${excluded}/`));
  }

  private secp256k1Flags(): string[] {
    const { secp256k1, tables } = this.at;
    return [...secp256k1Defines, "-isystem", join(tables, "src"), "-isystem", secp256k1, "-isystem", join(secp256k1, "src"), "-isystem", join(secp256k1, "include")];
  }

  private ownUnits(group: string, folder: string, object: string, flags: readonly string[]): Unit[] {
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).filter((name) => name.endsWith(".c")).sort();
    return names.map((name) => ({ source: join(folder, name), object: join(object, basename(folder) === "compiler" ? "compiler" : "", name.slice(0, -2)), group, flags: this.ownFlags(flags) }));
  }

  private ownFlags(flags: readonly string[]): string[] {
    const { root, xs } = this.at;
    const includes = [`-I${root}`, `-I${join(root, "runtime")}`, ...["includes", "platforms", "sources"].flatMap((name) => ["-isystem", join(xs, name)])];
    return [...STRICT, ...NUMERIC, ...this.optimization(), ...(this.options.sanitize ? ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"] : []), ...SECTIONS, ...xsDefines, ...flags, ...includes];
  }

  private optimization(): string[] {
    const { machine, optimization } = this.options.target;
    return [...machine, ...(this.options.sanitize ? ["-O1", "-g", "-fno-omit-frame-pointer"] : optimization)];
  }

  private xsUnits(wanted: (name: string) => boolean): Unit[] {
    const { root, xs } = this.at;
    const folder = join(xs, "sources");
    const names = readdirSync(folder).filter((name) => name.endsWith(".c")).map((name) => name.slice(0, -2)).filter(wanted).sort();
    // Its warnings are not ours to read, and it was not written for strict aliasing.
    const flags = ["-w", "-fno-strict-aliasing", "-fno-common", ...this.optimization(), ...(this.options.sanitize ? ["-fsanitize=address"] : []), ...SECTIONS, ...xsDefines];
    const includes = [`-I${join(root, "runtime")}`, ...["includes", "platforms", "sources"].map((name) => `-I${join(xs, name)}`)];
    return names.map((name) => ({ source: join(folder, `${name}.c`), object: `xs/${name}`, group: "XS", flags: [...flags, ...(RENAMED[name] ?? []), ...includes] }));
  }
}

/** How XS is configured: every file that sees its headers must agree. */
const xsDefines: readonly string[] = [
  "-DINCLUDE_XSPLATFORM",
  '-DXSPLATFORM="xs-platform.h"',
  "-DmxRun=1",
  "-DmxParse=1",
  "-DmxSloppy=1",
  "-DmxNoConsole=1",
  // value stack and C stack are checked
  "-DmxBoundsCheck=1",
  // instructions are counted
  "-DmxMetering=1",
  // -0 is not 0
  "-DmxMinusZero=1",
];

/**
 * The table of multiples of the generator has 2 bits per step (63 KB of flash in all, none of it in RAM). The rest of libsecp256k1's configuration is in
 * modules/identity/secp256k1.c.
 */
const secp256k1Defines: readonly string[] = ["-DECMULT_GEN_PREC_BITS=2"];
