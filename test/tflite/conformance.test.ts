import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { buildHost } from "../../runtime/build.ts";
import { sharedPath, testWithShared } from "../requirements.ts";
import { end, temporaryFolder } from "./engine.ts";

/** A case of ops/index.json. */
interface Case {
  name: string;
  op: string;
  dtype: string;
  compare: "exact" | "tolerance";
}

/** Every operator of the conformance data; a test each. Where the data is absent there is one test, which is skipped. */
const ops = sharedPath("tflm", "ops");
const index = ops === undefined ? [] : (JSON.parse(readFileSync(join(ops, "index.json"), "utf8")) as { cases: Case[] }).cases;
const operators = ops === undefined ? ["Every operator"] : [...new Set(index.map(({ op }) => op))];

/** Models of the reference that need these operators only; whether they end in float32. */
const models: Readonly<Record<string, "exact" | "tolerance">> = {
  ad01_fp32: "tolerance",
  ad01_int8: "exact",
  hello_world_float: "tolerance",
  hello_world_int8: "exact",
  kws_ref_model: "exact",
  micro_speech_quantized: "exact",
  mltk_rock_paper_scissors: "exact",
  mltk_tflite_micro_speech: "exact",
  person_detect: "exact",
  pretrainedResnet_float: "tolerance",
  pretrainedResnet_quant: "exact",
  simple_add_model: "exact",
  str_ww_ref_model: "exact",
  vww_96_float: "tolerance",
  vww_96_int8: "exact",
};

async function program(): Promise<string> {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  return modelRun;
}

/**
 * Equal to the bit, or as float32 within one part in 100,000: kernels add up to some thousand products in an order of their own, and each addition rounds
 * by at most 2^-24 of the sum.
 */
function same(actual: Uint8Array, expected: Uint8Array, compare: "exact" | "tolerance"): boolean {
  if (Buffer.compare(actual, expected) === 0) return true;
  if (compare === "exact" || actual.length !== expected.length) return false;
  const [a, b] = [actual, expected].map((bytes) => new Float32Array(bytes.slice().buffer)) as [Float32Array, Float32Array];
  // NaN and infinity are to be the same.
  return a.every((value, i) => Object.is(value, b[i]!) || Math.abs(value - b[i]!) <= 1e-5 * Math.max(1, Math.abs(b[i]!)));
}

for (const operator of operators) {
  testWithShared("tflm/ops", `${operator} gives the reference's output on every case: int8, int16 and int32 to the bit`, async (t: ExecutionContext, folder) => {
    const cases = index.filter(({ op }) => op === operator);
    t.true(cases.length > 0);
    const output = temporaryFolder();
    const list = join(output, "list.tsv");
    writeFileSync(list, cases.map(({ name }) => `${join(folder, `${name}.tflite`)}\t${join(folder, `${name}.in`)}\t${join(output, name)}\n`).join(""));
    const { code, stderr } = await end(await program(), ["run", "--batch", list]);
    t.is(stderr, "");
    t.is(code, 0);
    const wrong = cases.filter(({ name, compare }) => !same(readFileSync(join(output, name)), readFileSync(join(folder, `${name}.out`)), compare));
    t.deepEqual(wrong.map(({ name }) => name), []);
  });
}

testWithShared("tflm/models", "Models of these operators give the reference's output on every input, over successive invokes of one interpreter", async (t: ExecutionContext, folder) => {
  const runner = await program();
  const output = temporaryFolder();
  for (const [name, compare] of Object.entries(models)) {
    const golden = join(folder, "..", "golden", name);
    const sets = readdirSync(golden).filter((file) => file.endsWith(".in")).sort();
    t.true(sets.length > 0, name);
    // All sets after one another in one file: as many invokes on one interpreter.
    writeFileSync(join(output, "in"), Buffer.concat(sets.map((set) => readFileSync(join(golden, set)))));
    const { code, stderr } = await end(runner, ["run", join(folder, `${name}.tflite`), "--input", join(output, "in"), "--output", join(output, "out")]);
    t.is(stderr, "");
    t.is(code, 0);
    const expected = Buffer.concat(sets.map((set) => readFileSync(join(golden, set.replace(/in$/, "out")))));
    t.true(same(readFileSync(join(output, "out")), expected, compare), name);
  }
});

testWithShared("tflm/models", "A model takes no more memory than the reference's arena", async (t: ExecutionContext, folder) => {
  const runner = await program();
  const { models: manifest } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { models: { name: string; arena_used_bytes_x86_64: number }[] };
  for (const { name, arena_used_bytes_x86_64: reference } of manifest.filter((model) => model.name in models)) {
    const { stdout } = await end(runner, ["info", join(folder, `${name}.tflite`)]);
    const { memoryBytes } = JSON.parse(stdout) as { memoryBytes: number };
    t.true(memoryBytes <= reference, `${name}: ${memoryBytes} against ${reference}`);
  }
});
