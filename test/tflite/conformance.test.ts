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

/** A model of models/manifest.json. */
interface Model {
  name: string;
  /** "exact", or "tolerance" and why */
  compare: string;
  /** remembers something from one invoke to the next */
  stateful: boolean;
  arena_used_bytes_x86_64: number;
}

const modelsIn = (folder: string): Model[] => (JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { models: Model[] }).models;

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
  // Copies: a small file's Buffer is a part of a pool that Buffers share, and a Buffer's slice() is none.
  const [a, b] = [actual, expected].map((bytes) => new Float32Array(Uint8Array.from(bytes).buffer)) as [Float32Array, Float32Array];
  return a.every((value, i) => Math.abs(value - b[i]!) <= 1e-5 * Math.max(1, Math.abs(b[i]!)));
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

testWithShared("tflm/models", "Every model gives the reference's output on every input, over successive invokes of one interpreter", async (t: ExecutionContext, folder) => {
  const runner = await program();
  const output = temporaryFolder();
  for (const { name, compare, stateful } of modelsIn(folder)) {
    const golden = join(folder, "..", "golden", name);
    const sets = readdirSync(golden).filter((file) => file.endsWith(".in")).sort();
    t.true(sets.length > 0, name);
    // A model that remembers starts anew with each set; all sets of another are one file, as many invokes on one interpreter.
    for (const group of stateful ? sets.map((set) => [set]) : [sets]) {
      writeFileSync(join(output, "in"), Buffer.concat(group.map((set) => readFileSync(join(golden, set)))));
      const { code, stderr } = await end(runner, ["run", join(folder, `${name}.tflite`), "--input", join(output, "in"), "--output", join(output, "out")]);
      t.is(stderr, "");
      t.is(code, 0);
      const expected = Buffer.concat(group.map((set) => readFileSync(join(golden, set.replace(/in$/, "out")))));
      t.true(same(readFileSync(join(output, "out")), expected, compare === "exact" ? "exact" : "tolerance"), `${name} ${group[0]}`);
    }
  }
});

testWithShared("tflm/models", "In portable C, a model takes no more memory than the reference's arena", async (t: ExecutionContext, folder) => {
  const runner = await program();
  for (const { name, arena_used_bytes_x86_64: reference } of modelsIn(folder)) {
    const { stdout } = await end(runner, ["info", join(folder, `${name}.tflite`), "--kernels", "portable"]);
    const { memoryBytes } = JSON.parse(stdout) as { memoryBytes: number };
    t.true(memoryBytes <= reference, `${name}: ${memoryBytes} against ${reference}`);
  }
});
