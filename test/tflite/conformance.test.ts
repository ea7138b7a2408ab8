import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { buildHost } from "../../runtime/build.ts";
import { sharedPath, testWithShared } from "../requirements.ts";
import { end, ModelRunner, temporaryFolder } from "./engine.ts";
import { sameOutput, type Comparison } from "./same-output.ts";

/** A case of ops/index.json. */
interface Case {
  name: string;
  op: string;
  dtype: string;
  compare: Comparison;
}

/** Every operator of the conformance data; a test each. Where the data is absent there is one test, which is skipped. */
const ops = sharedPath("tflm", "ops");
const index = ops === undefined ? [] : (JSON.parse(readFileSync(join(ops, "index.json"), "utf8")) as { cases: Case[] }).cases;
const operators = ops === undefined ? ["Every operator"] : [...new Set(index.map(({ op }) => op))];

async function program(): Promise<string> {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  return modelRun;
}

for (const operator of operators) {
  testWithShared("tflm/ops", `${operator} gives the reference's output on every case, with every variant: int8, int16 and int32 to the bit`, async (t: ExecutionContext, folder) => {
    const cases = index.filter(({ op }) => op === operator);
    t.true(cases.length > 0);
    for (const variant of await new ModelRunner(await program()).variants()) {
      const output = temporaryFolder();
      const list = join(output, "list.tsv");
      writeFileSync(list, cases.map(({ name }) => `${join(folder, `${name}.tflite`)}\t${join(folder, `${name}.in`)}\t${join(output, name)}\n`).join(""));
      const { code, stderr } = await end(await program(), ["run", "--batch", list, "--kernels", variant]);
      t.is(stderr, "", variant);
      t.is(code, 0, variant);
      const wrong = cases.filter(({ name, compare }) => !sameOutput(readFileSync(join(output, name)), readFileSync(join(folder, `${name}.out`)), compare));
      t.deepEqual(wrong.map(({ name }) => name), [], variant);
    }
  });
}

/** A model of models/manifest.json. */
interface Model {
  name: string;
  compare: string;
  arena_used_bytes_x86_64: number;
}

const manifest = (folder: string): Model[] => (JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { models: Model[] }).models;

testWithShared("tflm/models", "All models give the reference's output on every input, with every variant; those that remember, over many invokes of one interpreter", async (t: ExecutionContext, folder) => {
  const models = manifest(folder);
  t.true(models.length > 0);
  const output = temporaryFolder();
  const golden = join(folder, "..", "golden");
  const sets = models.flatMap(({ name, compare }) => {
    const names = readdirSync(join(golden, name)).filter((file) => file.endsWith(".in"));
    return names.map((file) => ({ name, compare: compare === "exact" ? ("exact" as const) : ("tolerance" as const), input: join(golden, name, file), expected: join(golden, name, file.replace(/in$/, "out")), output: join(output, `${name}-${file}`) }));
  });
  t.is(new Set(sets.map(({ name }) => name)).size, models.length);
  const list = join(output, "list.tsv");
  writeFileSync(list, sets.map(({ name, input, output: path }) => `${join(folder, `${name}.tflite`)}\t${input}\t${path}\n`).join(""));
  for (const variant of await new ModelRunner(await program()).variants()) {
    const { code, stderr } = await end(await program(), ["run", "--batch", list, "--kernels", variant]);
    t.is(stderr, "", variant);
    t.is(code, 0, variant);
    t.deepEqual(sets.filter((set) => !sameOutput(readFileSync(set.output), readFileSync(set.expected), set.compare)).map((set) => set.input), [], variant);
  }
});

testWithShared("tflm/models", "In portable C, a model takes no more memory than the reference's arena", async (t: ExecutionContext, folder) => {
  const runner = await program();
  for (const { name, arena_used_bytes_x86_64: reference } of manifest(folder)) {
    const { stdout } = await end(runner, ["info", join(folder, `${name}.tflite`), "--kernels", "portable"]);
    const { memoryBytes } = JSON.parse(stdout) as { memoryBytes: number };
    t.true(memoryBytes <= reference, `${name}: ${memoryBytes} against ${reference}`);
  }
});
