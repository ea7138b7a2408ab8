/** Compiles the identity's C code with AddressSanitizer and UBSan into a program that answers lines of hex, and asks it. */
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const library = join(root, "node_modules/secp256k1/src/secp256k1");
const ownFlags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/** The compiled program. */
export interface Harness {
  /** One answer for each line. */
  ask(lines: readonly string[]): Promise<string[]>;
  close(): void;
}

/**
 * Compiles the harness into a folder of its own.
 * @param flags such as `-DUSE_FIELD_10X26` for the arithmetic of 32-bit processors
 */
export async function compileHarness(gcc: string, flags: readonly string[] = []): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), "assay-identity-"));
  mkdirSync(join(folder, "src"));
  // gen_context.c writes src/ecmult_static_context.h below its working directory.
  await run(gcc, ["-w", "-O1", "-DECMULT_GEN_PREC_BITS=2", "-I", library, "-I", join(library, "src"), join(library, "src/gen_context.c"), "-o", join(folder, "generate")]);
  await run(join(folder, "generate"), [], { cwd: folder });
  const program = join(folder, "harness");
  const includes = ["-isystem", library, "-isystem", join(folder, "src"), "-I", join(root, "modules/identity")];
  await run(gcc, [...ownFlags, ...flags, ...includes, join(root, "modules/identity/secp256k1.c"), join(import.meta.dirname, "harness.c"), "-o", program]);
  return {
    ask: (lines) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, { stdio: ["pipe", "pipe", "pipe"] });
        let out = "";
        let errors = "";
        child.stdout.on("data", (chunk) => (out += chunk));
        child.stderr.on("data", (chunk) => (errors += chunk));
        child.on("error", reject);
        child.on("close", (code) => (code === 0 ? resolve(out.trimEnd().split("\n")) : reject(new Error(`the harness ended with ${code}: ${errors}`))));
        child.stdin.end(`${lines.join("\n")}\n`);
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
