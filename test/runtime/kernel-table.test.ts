import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { firmwareDefines, kernelTable, kernelVariants, typeDefines } from "../../runtime/kernel-table.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { sharedPath, testWithShared } from "../requirements.ts";
import { modelFile, OPERATOR, tiny, TYPE } from "../tflite/model-file.ts";

const rows = (source: string): string[] => [...source.matchAll(/^\t&(\w+),$/gm)].map(([, symbol]) => symbol!);

test("The table lists the operators of all models, each once", (t) => {
  const reshape = modelFile({ tensors: [{ type: TYPE.int8, shape: [4] }, { type: TYPE.int8, shape: [2, 2] }], operators: [{ code: OPERATOR.reshape, inputs: [0], outputs: [1] }], inputs: [0], outputs: [1] });
  const model = modelFile(tiny);
  t.deepEqual(rows(kernelTable([reshape])), ["tflite_reshape"]);
  t.deepEqual(rows(kernelTable([model, reshape, model])), [...new Set([...rows(kernelTable([model])), "tflite_reshape"])].sort());
  t.true(kernelTable([reshape]).includes('const tflite_kernels tflite_model_kernels = { "portable", rows, 1, NULL };'));
});

test("A variant's kernels stand in for the portable ones where it has them", (t) => {
  const tensor = { type: TYPE.int8, shape: [1, 4] };
  const model = modelFile({ tensors: [tensor, tensor, tensor], operators: [{ code: OPERATOR.fullyConnected, inputs: [0, 0], outputs: [1] }, { code: OPERATOR.softmax, inputs: [1], outputs: [2] }], inputs: [0], outputs: [2] });
  t.deepEqual(rows(kernelTable([model], kernelVariants["cortex-m-dsp"])), ["arm_dsp_fully_connected", "tflite_softmax"]);
});

test("Operators that the engine lacks are named all at once", (t) => {
  const tensor = { type: TYPE.int8, shape: [4] };
  const unknown = [{ code: 16 }, { code: 32, custom: "Sort" }, { code: 199 }].map((code) => ({ ...code, inputs: [0], outputs: [1] }));
  const error = t.throws(() => kernelTable([modelFile({ tensors: [tensor, tensor], operators: unknown, inputs: [0], outputs: [1] })]), { instanceOf: RuntimeError });
  t.is(error.code, "NO_KERNEL");
  t.regex(error.message, /^expected operators that modules\/tflite has, got custom operator "Sort", operator 16, operator 199$/);
});

test("A damaged file is refused", (t) => {
  const model = modelFile(tiny);
  for (const damaged of [new Uint8Array(0), model.slice(0, 40), new Uint8Array(model.length)]) {
    const error = t.throws(() => kernelTable([damaged]), { instanceOf: RuntimeError });
    t.is(error.code, "INVALID_MODEL");
  }
  t.throws(() => kernelTable([]), { instanceOf: RangeError });
});

test("What no model has is left out: types, and variables", (t) => {
  const copy = (type: number): Uint8Array => modelFile({ tensors: [{ type, shape: [4] }, { type, shape: [4] }], operators: [{ code: OPERATOR.reshape, inputs: [0], outputs: [1] }], inputs: [0], outputs: [1] });
  const without = (...names: string[]): string[] => names.map((name) => `-DTFLITE_WITHOUT_${name}`);
  t.deepEqual(typeDefines([copy(TYPE.int8)]), without("FLOAT32", "INT32", "INT64", "INT16", "INT4", "VARIABLES"));
  t.deepEqual(typeDefines([copy(TYPE.int8), copy(TYPE.float32), copy(TYPE.int32)]), without("INT64", "INT16", "INT4", "VARIABLES"));
  t.deepEqual(typeDefines([copy(TYPE.int64), copy(TYPE.int16), copy(TYPE.resource)]), without("FLOAT32", "INT32", "INT4"));
  t.deepEqual(firmwareDefines([copy(TYPE.int8)]).slice(-1), ["-DTFLITE_TERSE"]);
});

test("Constants of int32, such as biases and shapes, need no kernels of that type; inputs of operators do", (t) => {
  const constant = { type: TYPE.int32, shape: [2], data: new Uint8Array(8) };
  const model = (inputs: number[]): Uint8Array => modelFile({ tensors: [{ type: TYPE.int8, shape: [4] }, { type: TYPE.int8, shape: [2, 2] }, constant], operators: [{ code: OPERATOR.reshape, inputs, outputs: [1] }], inputs: [0], outputs: [1] });
  t.true(typeDefines([model([0, 2])]).includes("-DTFLITE_WITHOUT_INT32"));
  t.false(typeDefines([model([2, 0])]).includes("-DTFLITE_WITHOUT_INT32"));
});

testWithShared("tflm/ops/index.json", "The table of every single-operator model has one row", (t, index) => {
  const { cases } = JSON.parse(readFileSync(index, "utf8")) as { cases: { name: string }[] };
  const folder = sharedPath("tflm", "ops")!;
  const odd = cases.filter(({ name }) => rows(kernelTable([readFileSync(join(folder, `${name}.tflite`))])).length !== 1);
  // Variables come with the operators that make, read and assign them.
  t.deepEqual(odd.filter(({ name }) => !/variable|var_handle|call_once/.test(name)).map(({ name }) => name), []);
});
