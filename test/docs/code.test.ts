import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import test from "ava";

const root = join(import.meta.dirname, "..", "..");
// Below the checkout, where `assay/…` and `../runtime` resolve as for a file of the reader's own.
const folder = join(root, "build", "docs-code");

/** Every TypeScript block of a page. Device code is what imports `assay/app`. */
function blocks(page: string): { device: boolean; code: string; name: string }[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""], i) => ({
    device: code.includes('"assay/app"'),
    code,
    name: `${relative(root, page).replaceAll(/[^a-zA-Z0-9]/g, "-")}-${i + 1}.ts`,
  }));
}

function pages(): string[] {
  const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => join(root, "docs", name));
  const examples = readdirSync(join(root, "examples")).map((name) => join(root, "examples", name, "README.md"));
  return [join(root, "README.md"), ...docs, ...examples];
}

test("the TypeScript in README and docs compiles, as device code or as code for Node", async (t) => {
  rmSync(folder, { recursive: true, force: true });
  const all = pages().flatMap(blocks);
  t.true(all.some(({ device }) => device) && all.some(({ device }) => !device));
  for (const kind of ["device", "node"]) {
    mkdirSync(join(folder, kind), { recursive: true });
    for (const { code, name } of all.filter(({ device }) => device === (kind === "device"))) {
      // The reader's file stands one folder below the checkout; here it is two below.
      writeFileSync(join(folder, kind, name), code.replaceAll('from "../', 'from "../../../'));
    }
    const base = kind === "device" ? "../../../modules/tsconfig.json" : "../../../tsconfig.json";
    const config = { extends: base, compilerOptions: { noUnusedLocals: false }, include: ["./*.ts", "../../../modules/device.d.ts", ...(kind === "node" ? ["../../../modules/tflite/wasm/webassembly.d.ts"] : [])], exclude: [] };
    writeFileSync(join(folder, kind, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    await t.notThrowsAsync(
      promisify(execFile)(process.execPath, [tsc, "-p", join(folder, kind)]).catch(({ stdout }: { stdout: string }) => {
        throw new Error(stdout);
      }),
      kind,
    );
  }
});

test("every command that README and docs name as npm run or npx assay exists", (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const verbs = new Set(readdirSync(join(root, "cli")).map((name) => name.replace(/\.ts$/, "")));
  for (const page of pages()) {
    const text = readFileSync(page, "utf8");
    for (const [, script = ""] of text.matchAll(/npm run ([a-z]+)/g)) t.true(script in scripts, `${page}: npm run ${script}`);
    for (const [, verb = ""] of text.matchAll(/npx assay ([a-z]+)/g)) t.true(verbs.has(verb), `${page}: npx assay ${verb}`);
  }
});
