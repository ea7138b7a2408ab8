import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { ModelError } from "assay/tflite/model-error";
import { loadModel, Model } from "assay/tflite/wasm";
import { openEngine } from "assay/tflite/wasm/engine";
import { buildHost } from "../../runtime/build.ts";
import { testWithShared } from "../requirements.ts";
import { end, ModelRunner, temporaryFolder } from "./engine.ts";
import { modelFile, OPERATOR, type TensorOfFile, tiny, TYPE } from "./model-file.ts";

/** Not a Buffer, whose slices are no copies. */
const bytesOf = (...path: string[]): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(...path)));

/** All outputs, one after the other, of one invoke for each set of inputs. */
function runSets(model: Model, sets: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const outputs: Uint8Array[] = [];
  let from = 0;
  do {
    for (const [index, { type, shape }] of model.inputs.entries()) {
      const TypedArray = { int8: Int8Array, uint8: Uint8Array, bool: Uint8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array, float32: Float32Array }[type as string]!;
      const bytes = shape.reduce((a, b) => a * b, 1) * TypedArray.BYTES_PER_ELEMENT;
      model.write(index, new TypedArray(sets.slice(from, from + bytes).buffer));
      from += bytes;
    }
    model.invoke();
    for (const index of model.outputs.keys()) {
      outputs.push(new Uint8Array(model.read(index).buffer as ArrayBuffer));
    }
  } while (from < sets.length);
  return outputs;
}

/** Which outputs are not the expected ones: to the bit, float32 within what conformance.test.ts says of sums. */
function wrongOutputs(model: Model, actual: readonly Uint8Array[], expected: Uint8Array): string[] {
  const wrong: string[] = [];
  let from = 0;
  for (const [i, bytes] of actual.entries()) {
    const { name, type } = model.outputs[i % model.outputs.length]!;
    const reference = expected.slice(from, (from += bytes.length));
    const [a, b] = type === "float32" ? [new Float32Array(bytes.slice().buffer), new Float32Array(reference.buffer)] : [bytes, reference];
    const same = a.length === b.length && a.every((value, k) => Object.is(value, b[k]) || (type === "float32" && Math.abs(value - b[k]!) <= 1e-5 * Math.max(1, Math.abs(b[k]!))));
    if (!same) wrong.push(`output ${i} ${name}`);
  }
  return from === expected.length ? wrong : [...wrong, `expected ${expected.length} bytes, got ${from}`];
}

testWithShared("tflm/ops", "As WebAssembly, every case of every operator gives the reference's output, and what assay-model gives to the bit in float32 too", async (t: ExecutionContext, folder) => {
  const { cases } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as { cases: { name: string }[] };
  const { modelRun } = await buildHost();
  const output = temporaryFolder();
  const list = join(output, "list.tsv");
  writeFileSync(list, cases.map(({ name }) => `${join(folder, `${name}.tflite`)}\t${join(folder, `${name}.in`)}\t${join(output, name)}\n`).join(""));
  await end(modelRun!, ["run", "--batch", list]);
  const wrong: string[] = [];
  for (const { name } of cases) {
    try {
      const model = await loadModel(readFileSync(join(folder, `${name}.tflite`)));
      const outputs = runSets(model, bytesOf(folder, `${name}.in`));
      wrong.push(...wrongOutputs(model, outputs, bytesOf(folder, `${name}.out`)).map((what) => `${name}: ${what}`));
      if (Buffer.compare(Buffer.concat(outputs), readFileSync(join(output, name))) !== 0) wrong.push(`${name}: other than assay-model`);
      model.close();
    } catch (error) {
      wrong.push(`${name}: ${error}`);
    }
  }
  t.deepEqual(wrong, []);
});

testWithShared("tflm/models", "As WebAssembly, every model gives the reference's output on every sequence of inputs", async (t: ExecutionContext, folder) => {
  const names = readdirSync(folder).filter((file) => file.endsWith(".tflite")).map((file) => file.slice(0, -".tflite".length));
  const wrong: string[] = [];
  for (const name of names) {
    const golden = join(folder, "..", "golden", name);
    const sets = readdirSync(golden).filter((file) => file.endsWith(".in")).sort();
    try {
      const model = await loadModel(readFileSync(join(folder, `${name}.tflite`)));
      for (const set of sets) {
        // Each file was recorded by an interpreter of its own.
        model.reset();
        const wrongOnes = wrongOutputs(model, runSets(model, bytesOf(golden, set)), bytesOf(golden, set.replace(/in$/, "out")));
        wrong.push(...wrongOnes.map((what) => `${name} ${set}: ${what}`));
      }
      model.close();
    } catch (error) {
      wrong.push(`${name}: ${error}`);
    }
  }
  t.deepEqual(wrong, []);
});

testWithShared("tflm/malformed", "As WebAssembly, the 100 malformed files are refused with a code or run, each within seconds, and none traps", async (t: ExecutionContext, folder) => {
  const engine = await openEngine();
  const files = readdirSync(folder).filter((name) => name.endsWith(".tflite"));
  t.is(files.length, 100);
  for (const file of files) {
    const started = performance.now();
    try {
      new Model(readFileSync(join(folder, file)), engine).invoke();
    } catch (error) {
      t.true(error instanceof ModelError, `${file}: ${error}`);
    }
    t.true(performance.now() - started < 5000, file);
  }
});

test("As WebAssembly, 2000 damaged versions of a small model are refused with a code or run", async (t) => {
  const engine = await openEngine();
  const sound = modelFile(tiny);
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = sound.slice();
    bytes[(round * 7919) % bytes.length] = (round * 31) % 256;
    try {
      new Model(bytes, engine).invoke();
    } catch (error) {
      t.true(error instanceof ModelError, `round ${round}: ${error}`);
      refused++;
    }
  }
  t.true(refused > 200 && refused < 1800, `${refused} refused`);
});

test("The class tells of a model what assay-model tells, runs it to the same bytes, and refuses what does not fit", async (t) => {
  const { modelRun } = await buildHost();
  const runner = new ModelRunner(modelRun!);
  const path = runner.write("tiny.tflite", modelFile(tiny));
  const model = await loadModel(modelFile(tiny));
  const { inputs, outputs, operators, modelBytes, kernels, arenaBytes } = model;
  const info = (await runner.info(path)) as { inputs: { bytes?: number }[]; outputs: { bytes?: number }[]; operators: string[]; modelBytes: number };
  for (const tensor of [...info.inputs, ...info.outputs]) delete tensor.bytes;
  const rounded = (tensors: typeof inputs): object[] => tensors.map((tensor) => ({ ...tensor, scale: Number(tensor.scale.toPrecision(9)) }));
  t.deepEqual({ inputs: rounded(inputs), outputs: rounded(outputs), operators, modelBytes }, { inputs: info.inputs, outputs: info.outputs, operators: info.operators, modelBytes: info.modelBytes } as never);
  t.true(kernels.selfCheck);
  t.true(arenaBytes > 0 && arenaBytes < 4096, `${arenaBytes}`);

  const stored = Int8Array.from({ length: 16 }, (_, i) => ((i * 37) % 256) - 128);
  const expected = new Int8Array(((await runner.invoke(path, new Uint8Array(stored.buffer))) as Uint8Array).buffer);
  t.deepEqual(model.run(stored), expected);
  t.deepEqual(model.run(Float32Array.from(stored, (value) => (value + 10) * inputs[0]!.scale)), expected, "real numbers are quantized");

  const code = (action: () => void): string => (t.throws(action, { instanceOf: ModelError }) as ModelError | undefined)?.code ?? "none";
  t.is(code(() => model.run(new Int8Array(17))), "INPUT");
  t.is(code(() => model.run(new Float32Array(15))), "INPUT");
  t.is(code(() => model.run(new Int16Array(16))), "INPUT");
  t.is(code(() => model.write(1, stored)), "INPUT");
  t.is(code(() => model.run(stored, stored)), "INPUT");
  t.is(code(() => model.read(1)), "INPUT");
  const place = new Int8Array(3);
  t.is(model.read(0, place), place);
  t.deepEqual(place, expected);
  t.is(code(() => model.read(0, new Int8Array(4))), "INPUT");
  t.is(code(() => model.read(0, new Uint8Array(3))), "INPUT");
  model.close();
  model.close();
  t.is(code(() => model.run(stored)), "CLOSED");
  const engine = await openEngine();
  t.is(code(() => new Model(new Uint8Array(0), engine)), "NOT_A_MODEL");
  t.is(code(() => new Model(modelFile(tiny).slice(0, 100), engine)), "MALFORMED");
  t.is(code(() => new Model(modelFile({ ...tiny, operators: [{ ...tiny.operators[0]!, version: 99 }] }), engine)), "MISSING_OPERATORS");
});

test("reset sets variables back to what they were when the model was loaded", async (t) => {
  const number: TensorOfFile = { type: TYPE.int32, shape: [1] };
  const handle: TensorOfFile = { type: TYPE.resource, shape: [] };
  // total += input
  const model = await loadModel(
    modelFile({
      tensors: [number, handle, number, number],
      operators: [
        { code: OPERATOR.varHandle, inputs: [], outputs: [1], options: { kind: "varHandle", name: "total" } },
        { code: OPERATOR.readVariable, inputs: [1], outputs: [2] },
        { code: OPERATOR.add, inputs: [2, 0], outputs: [3] },
        { code: OPERATOR.assignVariable, inputs: [1, 3], outputs: [] },
      ],
      inputs: [0],
      outputs: [3],
    }),
  );
  t.deepEqual(model.run(Int32Array.of(5)), Int32Array.of(5));
  t.deepEqual(model.run(Int32Array.of(7)), Int32Array.of(12));
  model.reset();
  t.true(model.selfCheck());
  t.deepEqual(model.run(Int32Array.of(7)), Int32Array.of(7));
});

test("The kernels can be chosen; with the portable ones, the engine tells what a board of 32 bits needs", async (t) => {
  const model = new Model(modelFile(tiny), await openEngine({ kernels: "portable" }));
  t.is(model.kernels.variant, "portable");
  const { planningBytes, keptBytes, runBytes, tensorArenaBytes, work } = model.memory;
  t.is(tensorArenaBytes, 48);
  t.is(model.arenaBytes, keptBytes + runBytes);
  t.true(planningBytes >= keptBytes && runBytes > tensorArenaBytes);
  // 16 places, 2 filters of 9; 3 outputs of 8; the rest is small
  t.true(work >= 16 * 2 * 9 + 3 * 8 && work < 2000, `${work}`);
  await t.throwsAsync(openEngine({ kernels: "gpu" }), { instanceOf: RangeError, message: /^expected kernels .*portable, got gpu$/ });
});

test("Models have memories of their own, which do not grow after loading", async (t) => {
  const engine = await openEngine({ source: readFileSync(join(import.meta.dirname, "..", "..", "modules", "tflite", "wasm", "engine.wasm")) });
  const [first, second] = [new Model(modelFile(tiny), engine), new Model(modelFile(tiny), engine)];
  const instance = engine.load(modelFile(tiny));
  const bytes = instance.exports.memory.buffer.byteLength;
  const input = Int8Array.from({ length: 16 }, (_, i) => i * 5 - 40);
  const expected = first.run(input);
  second.run(input.map((value) => -value));
  first.write(0, input);
  second.invoke();
  first.invoke();
  t.deepEqual(first.read(0), expected);
  for (let i = 0; i < 1000; i++) instance.exports.invoke();
  t.is(instance.exports.memory.buffer.byteLength, bytes);
});
