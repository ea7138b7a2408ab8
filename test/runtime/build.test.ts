import { execFile } from "node:child_process";
import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { buildApp, buildHost } from "../../runtime/build.ts";
import { withLock } from "../../runtime/build-lock.ts";
import { CCompiler } from "../../runtime/c-compiler.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { linesText, sourceLines } from "../../runtime/source-lines.ts";
import { buildScript, hostBinaries, startImage, temporaryFolder } from "./device.ts";

test("a second build finds everything as it was, and does nothing", async (t) => {
  const first = await hostBinaries();
  const lines: string[] = [];
  const second = await buildHost({ progress: (line) => lines.push(line) });
  t.deepEqual(second, first);
  t.deepEqual(lines, []);
  t.true(existsSync(second.device) && existsSync(second.compiler));
});

test("without a C compiler the error names the package to install", async (t) => {
  const error = await t.throwsAsync(buildHost({ compiler: "no-such-gcc", modules: [] }), { instanceOf: RuntimeError });
  t.is(error.code, "NO_COMPILER");
  t.is(error.message, "expected the C compiler no-such-gcc, got none: install it (Debian: apt install gcc libc6-dev)");
});

test("a source is compiled again when it, a header or a flag changes, and only then", async (t) => {
  const folder = temporaryFolder(t);
  const source = join(folder, "a b.c");
  const header = join(folder, "a.h");
  writeFileSync(header, "#define N 1\n");
  writeFileSync(source, '#include "a.h"\nint n(void) { return N; }\n');
  const compile = async (flags: string[]): Promise<string[]> => {
    const lines: string[] = [];
    const gcc = new CCompiler(folder, join(folder, "out"), "gcc", (line) => lines.push(line));
    await gcc.open();
    await gcc.compile([{ source, object: "x/a", group: "a", flags }]);
    return lines;
  };
  t.deepEqual(await compile([]), ["compiling a 1/1 a b.c"]);
  t.deepEqual(await compile([]), []);
  utimesSync(source, new Date(), new Date());
  t.deepEqual(await compile([]), [], "a newer date is no change");
  writeFileSync(header, "#define N 2\n");
  t.is((await compile([])).length, 1, "header");
  t.is((await compile(["-DX"])).length, 1, "flag");
  writeFileSync(source, "int n(void) { return }\n");
  const error = await t.throwsAsync(compile(["-DX"]), { instanceOf: RuntimeError });
  t.is(error.code, "COMPILE_FAILED");
  t.regex(error.message, /^expected a b\.c to compile, got:\n[^]*a b\.c:1:\d+: error: /);
  t.deepEqual(readdirSync(join(folder, "out", "objects", "x")).sort(), ["a.o", "a.o.json"], "nothing unfinished stays");
});

test("builds of several processes at a time leave whole files", async (t) => {
  const root = dirname(dirname(import.meta.dirname));
  const entry = join(temporaryFolder(t), "script.ts");
  const output = join(temporaryFolder(t), "app.xsa");
  writeFileSync(entry, 'console.log("built");');
  const program = `import { buildApp } from ${JSON.stringify(join(root, "runtime", "build.ts"))}; console.log((await buildApp(${JSON.stringify(entry)}, { script: true, output: ${JSON.stringify(output)} })).codeBytes);`;
  const runs = await Promise.all(Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", program])));
  t.is(new Set(runs.map(({ stdout }) => stdout)).size, 1);
  t.deepEqual(readdirSync(dirname(output)), ["app.xsa"]);
  t.is((await (await startImage(t, output)).outcome).stdout, "built");
});

test("a lock is held by one at a time, and one that was left behind is taken over", async (t) => {
  const file = join(temporaryFolder(t), "lock");
  let holders = 0;
  let most = 0;
  const hold = (): Promise<void> =>
    withLock(file, async () => {
      most = Math.max(most, ++holders);
      await new Promise((resolve) => setTimeout(resolve, 20));
      holders--;
    });
  await Promise.all([hold(), hold(), hold()]);
  t.is(most, 1);
  await t.throwsAsync(withLock(file, () => Promise.reject(new Error("from within"))), { message: "from within" });
  writeFileSync(file, "1\n");
  utimesSync(file, new Date(0), new Date(0));
  t.is(await withLock(file, () => Promise.resolve(1)), 1);
  t.false(existsSync(file));
});

test("an app that is not there is an error of the bundler", async (t) => {
  const error = await t.throwsAsync(buildApp("examples/nowhere/app.ts", { host: await hostBinaries() }), { instanceOf: RuntimeError });
  t.is(error.code, "BUNDLE_FAILED");
  t.is(error.message, "expected an app at examples/nowhere/app.ts, got no file there");
});

test("code that is not used does not reach the image", async (t) => {
  const { file, sources } = await buildScript(t, `import { encode } from "assay/statement/cbor";\nexport { encode };\nfunction unused(): string { return "dropped text"; }\nconsole.log("kept");`);
  t.true(file.endsWith(".xsa"));
  t.false(sources.includes("modules/mqtt/mqtt.ts"));
});

test("a source map says for each line of the bundle where it came from", (t) => {
  // ";" ends a line of the bundle; "AACA": same column, same file, next line, same column
  t.deepEqual(sourceLines(JSON.stringify({ sources: ["a.ts", "b.ts"], mappings: "AAAA;AACA,EAAE;;ACDA;AAgBA" })), {
    sources: ["a.ts", "b.ts"],
    lines: [{ file: 0, line: 1 }, { file: 0, line: 2 }, undefined, { file: 1, line: 1 }, { file: 1, line: 17 }],
  });
  t.is(linesText({ sources: ["a.ts"], lines: [{ file: 0, line: 3 }, undefined] }), "1\na.ts\n0:3\n-\n");
});
