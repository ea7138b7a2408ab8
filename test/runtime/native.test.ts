import { readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import test from "ava";
import { buildApp } from "../../runtime/build.ts";
import { nativesIn, nativesTable } from "../../runtime/natives-table.ts";
import { buildScript, hostBinaries, runScript, startImage, temporaryFolder } from "./device.ts";

test("a native that is not in the firmware is a clear error when its module is loaded", async (t) => {
  const { status, stderr } = await runScript(t, `const f = native<() => void>("xs_not_there");\nf();`);
  t.is(status, 1);
  t.regex(stderr, /^assay: uncaught ReferenceError: native: expected the name of a C function in this firmware, got xs_not_there\n/);
  t.regex((await runScript(t, `native(undefined as unknown as string);`)).stderr, /TypeError: native: expected the name of a C function, got another value/);
});

test("source text is refused: a device has no parser", async (t) => {
  const { stdout } = await runScript(
    t,
    `const attempts = [() => eval("1"), () => new Function("return 1"), () => (0, eval)("1"), () => Object.getPrototypeOf(async () => {}).constructor("1"), () => Object.getPrototypeOf(function* () {}).constructor("1")];
    for (const attempt of attempts) try { attempt(); console.log("ran"); } catch (error) { console.log((error as Error).name, (error as Error).message); }`,
  );
  const line = "EvalError expected compiled code, got source text: this device has no parser, so eval and Function do not work";
  t.deepEqual(stdout.split("\n"), Array.from({ length: 5 }, () => line));
});

test("a model is a buffer in place: readable, not writable, as long as the file", async (t) => {
  const folder = temporaryFolder(t);
  const model = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
  writeFileSync(join(folder, "a.tflite"), model);
  writeFileSync(
    join(folder, "script.ts"),
    `import model from "./a.tflite";
    import board from "assay/board";
    const bytes = new Uint8Array(model);
    let sum = 0;
    for (const byte of bytes) sum += byte;
    console.log(model.byteLength, bytes.length, sum, model instanceof ArrayBuffer, new DataView(model).getUint8(3));
    console.log(new Uint8Array(model.slice(1, 4)).join(), new Uint8Array(model.slice(-2)).join(), model.slice(5, 3).byteLength, new Int8Array(model, 996, 4).join());
    for (const write of [() => { bytes[0] = 1; }, () => new DataView(model).setInt8(0, 1), () => bytes.fill(0), () => bytes.set([1])]) try { write(); console.log("written"); } catch (error) { console.log((error as Error).name); }
    console.log(board.memory().chunkBytesUsed < 1000, bytes[0]);`,
  );
  const app = await buildApp(join(folder, "script.ts"), { script: true, host: await hostBinaries(), output: join(folder, "app.xsa") });
  t.is(app.resourceBytes, 1000);
  t.false(app.sources.some((path) => path.endsWith(".tflite")));
  const { stdout, status } = await (await startImage(t, app.file)).outcome;
  t.is(status, 0);
  const sum = model.reduce((a, b) => a + b, 0);
  t.deepEqual(stdout.split("\n"), [`1000 1000 ${sum} true 3`, "1,2,3 245,246 0 -9,-8,-7,-6".replace("-9,-8,-7,-6", [996, 997, 998, 999].map((i) => ((i % 251) << 24) >> 24).join()), "TypeError", "TypeError", "TypeError", "TypeError", "true 0"]);
});

test("a resource that the image does not have is an error with a code", async (t) => {
  const { stdout } = await runScript(t, `try { native<(name: string) => ArrayBuffer>("xs_resource_open")("nothing"); } catch (error) { console.log((error as Error & { code: string }).code, (error as Error).message); }`);
  t.is(stdout, "ENOENT resource: expected one of the image, got nothing");
});

test("the board names itself, its engine and the digest of its image", async (t) => {
  const app = await buildScript(
    t,
    `import board from "assay/board";
    console.log(board.name, board.simulator, board.image.engine, board.image.codeBytes);
    console.log([...new Uint8Array(board.image.digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    const a = board.ticks(); while (board.ticks() === a); console.log(board.ticks() > a, board.ticks() % 1 !== 0);
    console.log(board.entropy(0).byteLength, board.entropy(1024).byteLength, new Uint8Array(board.entropy(32)).join() !== new Uint8Array(board.entropy(32)).join());
    for (const n of [-1, 1025, 1.5, NaN]) try { board.entropy(n); } catch (error) { console.log((error as Error).name); }`,
  );
  const { stdout } = await (await startImage(t, app.file)).outcome;
  t.deepEqual(stdout.split("\n"), [
    `linux-${process.arch} true 13.3 ${app.codeBytes}`,
    createHash("sha256").update(readFileSync(app.file)).digest("hex"),
    "true true",
    "0 1024 true",
    ...Array.from({ length: 4 }, () => "RangeError"),
  ]);
});

test("the table of natives is sorted and made from definitions only", async (t) => {
  const folder = temporaryFolder(t);
  const source = join(folder, "a.c");
  writeFileSync(source, `void xs_b(xsMachine *the);\nvoid xs_b(xsMachine *the) {\n}\nvoid xs_a(xsMachine* the) { }\n// void xs_c(xsMachine *the) {\nvoid xs_destructor(void *data) {\n}\nstatic void xs_d(xsMachine *the) {\n}\n`);
  t.deepEqual(nativesIn(source), ["xs_b", "xs_a"]);
  const table = nativesTable(nativesIn(source));
  t.true(table.indexOf('"xs_a"') < table.indexOf('"xs_b"'));
});
