import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { assay, jsonLines } from "./assay.ts";

const root = join(import.meta.dirname, "..", "..");
const example = join(root, "examples", "machine-health", "model.tflite");
const folder = mkdtempSync(join(tmpdir(), "assay-model-"));
const at = (name: string): string => join(folder, name);

test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test.before(() => {
  writeFileSync(at("in.bin"), Uint8Array.from({ length: 3 * 320 }, (_, i) => (i * 37) % 256));
  writeFileSync(at("broken.tflite"), readFileSync(example).subarray(0, 500));
});

test.serial("The three forms of the engine give the same bytes: k input sets are k invokes", async (t) => {
  for (const engine of ["native", "wasm", "xs"]) {
    const run = await assay("model", "run", example, "--input", at("in.bin"), "--output", at(engine), "--engine", engine);
    t.is(run.exitCode, 0, run.stderr);
  }
  t.is(readFileSync(at("native")).length, 9);
  t.deepEqual(readFileSync(at("wasm")), readFileSync(at("native")));
  t.deepEqual(readFileSync(at("xs")), readFileSync(at("native")));
});

for (const engine of ["native", "wasm", "xs"]) {
  test.serial(`A batch on ${engine} tells each failure as FILE: CODE: message, goes on, and exits with 1`, async (t) => {
    writeFileSync(at("list.tsv"), `${at("broken.tflite")}\t${at("in.bin")}\t${at("none")}\n${example}\t${at("in.bin")}\t${at("good")}\n${example}\t${at("missing")}\t${at("none")}\n`);
    const run = await assay("model", "run", "--batch", at("list.tsv"), "--engine", engine);
    t.is(run.exitCode, 1);
    const [broken, missing] = run.stderr.trimEnd().split("\n").slice(-2);
    t.is(broken, `${at("broken.tflite")}: MALFORMED: expected offsets, lengths and strings inside the file`);
    t.regex(missing!, new RegExp(`^${example}: IO: cannot read ${at("missing")}: `));
    t.is(readFileSync(at("good")).length, 9);
  });
}

test.serial("info tells operators, quantization and the arena of a board of 32 bits", async (t) => {
  const run = await assay("model", "info", example, "--json");
  t.is(run.exitCode, 0, run.stderr);
  const [report] = jsonLines(run.stdout);
  t.like(report, {
    inputs: [{ type: "int8", shape: [1, 32, 1, 10] }],
    outputs: [{ type: "int8", shape: [1, 3], zeroPoint: -128 }],
    tensors: { count: 17, constant: 9 },
    kernels: { variant: "portable", selfCheck: true },
  });
  t.deepEqual((report!["operators"] as { name: string; count: number }[])[0], { name: "CONV_2D", version: 3, count: 2 });
  t.true((report!["memory"] as { total: number }).total < 2048);
  const text = await assay("model", "info", example);
  t.regex(text.stdout, /^operators +2 × CONV_2D v3/m);
  const refused = await assay("model", "info", at("broken.tflite"));
  t.is(refused.exitCode, 1);
  t.is(refused.stderr, `${at("broken.tflite")}: MALFORMED: expected offsets, lengths and strings inside the file\n`);
});

test.serial("bench measures the forms of the engine that this machine has", async (t) => {
  const run = await assay("model", "bench", example, "--seconds", "0.1", "--json");
  t.is(run.exitCode, 0, run.stderr);
  const measured = jsonLines(run.stdout);
  t.true(measured.some(({ engine }) => engine === "native portable") && measured.some(({ engine }) => engine === "wasm"));
  for (const { nanoseconds } of measured) t.true((nanoseconds as number) > 0);
});

test.serial("Words that do not go together are refused", async (t) => {
  t.is((await assay("model", "run", example)).exitCode, 1);
  t.is((await assay("model", "run", example, "--batch", at("list.tsv"))).exitCode, 1);
  const engine = await assay("model", "run", example, "--engine", "abacus");
  t.regex(engine.stderr, /native, wasm, xs/);
});

test.serial("An app whose model takes more memory than the board has is not built: both numbers are told", async (t) => {
  // An image and a result of 100,000 bytes each.
  const { modelFile, OPERATOR, TYPE } = await import("../tflite/model-file.ts");
  const image = { type: TYPE.int8, shape: [1, 100, 100, 10], scales: [1], zeroPoints: [0] };
  writeFileSync(at("model.tflite"), modelFile({ tensors: [image, image], operators: [{ code: OPERATOR.add, inputs: [0, 0], outputs: [1] }], inputs: [0], outputs: [1] }));
  for (const name of ["app.ts", "front-end.ts"]) writeFileSync(at(name), readFileSync(join(root, "examples", "machine-health", name)));
  const run = await assay("sim", at("app.ts"), "--for", "3", "--broker-port", "0", "--chain-port", "0");
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^assay: expected models that take at most 131,072 bytes of memory on board linux, got 2\d\d,\d{3} \(.*model\.tflite 2\d\d,\d{3}\)\n$/m);
});
