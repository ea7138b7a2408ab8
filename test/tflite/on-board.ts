/** The conformance data on an emulated board: all cases in one run of the program. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { buildForBoard, engineSources, root, runOnBoard, type EmulatedBoard } from "../../boards/emulated.ts";
import { buildHost } from "../../runtime/build.ts";
import { testWithPrograms, testWithSharedAndPrograms } from "../requirements.ts";
import { end, temporaryFolder } from "./engine.ts";
import { sameOutput, type Comparison } from "./same-output.ts";

/** One model with an input and what the reference makes of it. */
interface Case {
  model: string;
  input: string;
  expected: string;
  compare: Comparison;
}

/** The batches of assay-model for a board without an operating system. `kernels` names the table that it runs, from `sources` beside the engine's. */
export function buildModelBatch(board: EmulatedBoard, kernels = "tflite_portable_kernels", sources: readonly string[] = []): Promise<string> {
  return buildForBoard(board, { name: `model-batch-${kernels}`, sources: [...engineSources(), ...sources, join(root, "boards", "model-batch.c")], flags: ["-O2", `-DBATCH_KERNELS=${kernels}`] });
}

function singleOperators(shared: string): Case[] {
  const { cases } = JSON.parse(readFileSync(join(shared, "ops", "index.json"), "utf8")) as { cases: { name: string; compare: Comparison }[] };
  return cases.map(({ name, compare }) => {
    const path = join(shared, "ops", name);
    return { model: `${path}.tflite`, input: `${path}.in`, expected: `${path}.out`, compare };
  });
}

/** Models, with a few inputs each: this machine runs them all, and an emulated processor takes its time. */
function models(shared: string, float32: boolean): Case[] {
  const { models: manifest } = JSON.parse(readFileSync(join(shared, "models", "manifest.json"), "utf8")) as { models: { name: string; compare: string; tensor_types: Record<string, number> }[] };
  return manifest.filter(({ tensor_types }) => float32 || !("FLOAT32" in tensor_types)).flatMap(({ name, compare }) => {
    const folder = join(shared, "golden", name);
    const sets = readdirSync(folder).filter((file) => file.endsWith(".in")).map((file) => file.slice(0, -3)).sort().slice(0, 3);
    return sets.map((set) => ({ model: join(shared, "models", `${name}.tflite`), input: join(folder, `${set}.in`), expected: join(folder, `${set}.out`), compare: compare === "exact" ? ("exact" as const) : ("tolerance" as const) }));
  });
}

/** Declares a test that compiles and runs programs for a board. */
export function testOnBoard(board: EmulatedBoard, title: string, body: (t: ExecutionContext) => Promise<void>): void {
  testWithPrograms([board.compiler, board.emulator], title, body);
}

/** Declares a test that runs the example's model on the board and on this machine. */
export function testExampleOnBoard(board: EmulatedBoard, title: string, program: () => Promise<string>): void {
  testOnBoard(board, title, async (t) => {
    const { modelRun } = await buildHost();
    const model = join(root, "examples", "machine-health", "model.tflite");
    const { inputs } = JSON.parse((await end(modelRun!, ["info", model])).stdout) as { inputs: { bytes: number }[] };
    const folder = temporaryFolder();
    // Four inputs that have nothing in common, one after the other on one interpreter.
    writeFileSync(join(folder, "in"), Uint8Array.from({ length: 4 * inputs[0]!.bytes }, (_, i) => (i * i * 37) >> 3));
    const parameters = (name: string): string[] => {
      writeFileSync(join(folder, `${name}.tsv`), `${model}\t${join(folder, "in")}\t${join(folder, name)}\n`);
      return ["run", "--batch", join(folder, `${name}.tsv`)];
    };
    t.deepEqual(await end(modelRun!, parameters("here")), { code: 0, stdout: "", stderr: "" });
    t.deepEqual(await runOnBoard(board, await program(), parameters("there")), { code: 0, stdout: "", stderr: "" });
    t.deepEqual(readFileSync(join(folder, "there")), readFileSync(join(folder, "here")));
  });
}

/** What {@link testConformanceOnBoard} runs. */
export interface ConformanceOptions {
  /** the variant of the engine; without it, what the program picks */
  readonly kernels?: string;
  /** also the models with float32 (default false: where it is computed in software, that takes a while) */
  readonly float32?: boolean;
}

/** Declares a test that runs every case of the conformance data with a set of kernels. */
export function testConformanceOnBoard(board: EmulatedBoard, title: string, program: () => Promise<string>, options: ConformanceOptions = {}): void {
  testWithSharedAndPrograms("tflm", [board.compiler, board.emulator], title, async (t, shared) => checkConformance(t, board, await program(), shared, options));
}

/** The exact cases are checked to the bit, the others as nearly as on this machine. */
async function checkConformance(t: ExecutionContext, board: EmulatedBoard, program: string, shared: string, options: ConformanceOptions): Promise<void> {
  const cases = [...singleOperators(shared), ...models(shared, options.float32 ?? false)];
  const folder = temporaryFolder();
  mkdirSync(join(folder, "out"));
  const list = join(folder, "list.tsv");
  writeFileSync(list, cases.map(({ model, input }, i) => `${model}\t${input}\t${join(folder, "out", String(i))}\n`).join(""));
  t.deepEqual(await runOnBoard(board, program, ["run", "--batch", list, ...(options.kernels === undefined ? [] : ["--kernels", options.kernels])]), { code: 0, stdout: "", stderr: "" });
  t.log(`${cases.length} cases, ${cases.filter(({ compare }) => compare === "exact").length} of them to the bit`);
  const wrong = cases.filter(({ expected, compare }, i) => !sameOutput(readFileSync(join(folder, "out", String(i))), readFileSync(expected), compare));
  t.deepEqual(wrong.map(({ input }) => input), []);
}
