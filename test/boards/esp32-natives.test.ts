/** The C code of an ESP32's image, found as the Moddable SDK finds it: from the manifests. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import { testWithProgram } from "../requirements.ts";

const root = join(import.meta.dirname, "..", "..");
const packageFolder = (name: string): string => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
const xs = join(packageFolder("@agoric/xsnap"), "moddable", "xs");

/** C files that a manifest's module `"*"` names: `./name` or `./folder/*`. */
function sourcesOf(manifest: string): string[] {
  const { modules } = JSON.parse(readFileSync(manifest, "utf8")) as { modules: Record<string, string | string[]> };
  return [modules["*"] ?? []].flat().flatMap((pattern) => {
    if (!pattern.startsWith("./")) return [];
    const path = join(dirname(manifest), pattern);
    if (!pattern.endsWith("/*")) return existsSync(`${path}.c`) ? [`${path}.c`] : [];
    return readdirSync(dirname(path)).filter((name) => name.endsWith(".c")).map((name) => join(dirname(path), name));
  });
}

const manifests = readdirSync(join(root, "modules")).map((name) => join(root, "modules", name, "manifest.json")).filter((path) => existsSync(path));
const sources = [...manifests, join(root, "boards", "esp32", "common.json")].flatMap(sourcesOf).sort();

test("No two C files of an image have the same name: the SDK keeps all objects in one folder", (t) => {
  const names = sources.map((path) => basename(path));
  t.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
});

test("The manifests name all C files of features, identity and the engine in portable C, and nothing for other machines", (t) => {
  const inFolder = (...segments: string[]): string[] => readdirSync(join(root, ...segments)).filter((name) => name.endsWith(".c")).map((name) => join(root, ...segments, name));
  const expected = [...inFolder("modules", "features"), ...inFolder("modules", "identity"), ...inFolder("modules", "tflite"), ...inFolder("modules", "tflite", "kernels"), ...inFolder("boards", "esp32", "device")];
  t.deepEqual(sources, expected.sort());
});

/** As the SDK compiles, and with warnings as errors. `sdkHeaders`: those of XS. */
async function compileAll(t: ExecutionContext, compiler: string, flags: readonly string[]): Promise<void> {
  const includes = [root, join(root, "runtime"), join(root, "modules", "tflite"), join(root, "modules", "identity"), join(root, "modules", "features"), join(import.meta.dirname, "esp-idf")].map((path) => `-I${path}`);
  const secp256k1 = join(packageFolder("secp256k1"), "src", "secp256k1");
  const system = [...["includes", "platforms", "sources"].map((name) => join(xs, name)), secp256k1, join(root, "build", "secp256k1", "src")].flatMap((path) => ["-isystem", path]);
  const all = [...flags, "-std=gnu17", "-Os", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-DINCLUDE_XSPLATFORM", '-DXSPLATFORM="xs-platform.h"', ...includes, ...system];
  const folder = mkdtempSync(join(tmpdir(), "assay-natives-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const source of sources) {
    const { stderr } = await promisify(execFile)(compiler, [...all, "-c", source, "-o", join(folder, "object.o")]);
    t.is(stderr, "", source);
  }
  t.log(`${sources.length} files`);
}

testWithProgram("riscv64-unknown-elf-gcc", "The natives compile for ESP32-C3 and C6 (rv32imc) without a warning", (t, compiler) =>
  compileAll(t, compiler, ["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"]));

testWithProgram("xtensa-lx106-elf-gcc", "The natives compile for Xtensa, by the free compiler that is nearest to ESP32 and S3, without a warning", (t, compiler) =>
  compileAll(t, compiler, ["-mlongcalls", "-isystem", "/usr/lib/xtensa-lx106-elf/include"]));
