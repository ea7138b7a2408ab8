import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { ModelRunner } from "./engine.ts";
import { int32Bytes, type ModelFile, modelFile, OPERATOR, type OperatorOfFile, type TensorOfFile, TYPE } from "./model-file.ts";

let runner: ModelRunner;

test.before(async () => {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  runner = new ModelRunner(modelRun);
});

const number: TensorOfFile = { type: TYPE.int32, shape: [1] };
const handle: TensorOfFile = { name: "handle", type: TYPE.resource, shape: [] };
const varHandle = (output: number, name = "total"): OperatorOfFile => ({ code: OPERATOR.varHandle, inputs: [], outputs: [output], options: { kind: "varHandle", name } });
const read = (from: number, to: number): OperatorOfFile => ({ code: OPERATOR.readVariable, inputs: [from], outputs: [to] });
const assign = (to: number, from: number): OperatorOfFile => ({ code: OPERATOR.assignVariable, inputs: [to, from], outputs: [] });
const add = (a: number, b: number, sum: number): OperatorOfFile => ({ code: OPERATOR.add, inputs: [a, b], outputs: [sum] });

/** total += input, from 100 on, and both the new total and the old one are outputs. */
const runningTotal: ModelFile = {
  tensors: [{ ...number, name: "input" }, handle, { ...number, name: "before" }, { ...number, name: "after" }],
  operators: [{ code: OPERATOR.callOnce, inputs: [], outputs: [], options: { kind: "callOnce", subgraph: 1 } }, varHandle(1), read(1, 2), add(2, 0, 3), assign(1, 3)],
  inputs: [0],
  outputs: [3, 2],
  others: [{ tensors: [handle, { ...number, data: int32Bytes([100]) }], operators: [varHandle(0), assign(0, 1)], inputs: [], outputs: [] }],
};

async function run(model: ModelFile, input: readonly number[]): Promise<number[] | string> {
  const output = await runner.invoke(runner.write("variables.tflite", modelFile(model)), int32Bytes(input));
  return typeof output === "string" ? output : [...new Int32Array(output.buffer)];
}

test.serial("A variable starts with what CALL_ONCE assigns to it and keeps its value from invoke to invoke", async (t) => {
  t.deepEqual(await run(runningTotal, [1, 2, 3]), [101, 100, 103, 101, 106, 103]);
});

test.serial("What was read before a variable is assigned to keeps the old value, whenever it is used", async (t) => {
  // after = 2 × before + input: `before` is used again when the variable has its new value.
  const model = { ...runningTotal, tensors: [...runningTotal.tensors, number], operators: [...runningTotal.operators, add(2, 3, 4)], outputs: [4] };
  t.deepEqual(await run(model, [1, 2]), [201, 204]);
});

test.serial("Two handles of one name are one variable, of two names two", async (t) => {
  const model = (name: string): ModelFile => ({
    tensors: [number, handle, handle, number],
    operators: [varHandle(1), varHandle(2, name), assign(1, 0), read(2, 3)],
    inputs: [0],
    outputs: [3],
  });
  t.deepEqual(await run(model("total"), [7, 8]), [7, 8]);
  t.deepEqual(await run(model("other"), [7, 8]), [0, 0]);
});

const refusals: readonly [title: string, model: ModelFile, message: RegExp][] = [
  ["a call of a subgraph that is not there", { ...runningTotal, others: [] }, /^INVALID_GRAPH: operator 0 CALL_ONCE: expected the number of another subgraph of the file, got 1$/],
  ["a handle that nothing made", { ...runningTotal, operators: [read(0, 2)], outputs: [2] }, /^INVALID_OPERATOR: operator 0 READ_VARIABLE, tensor 0 "input": expected a handle that a VAR_HANDLE made$/],
  ["a handle as input of the graph", { ...runningTotal, operators: [read(1, 2)], inputs: [1], outputs: [2] }, /^INVALID_OPERATOR: operator 0 READ_VARIABLE, tensor 1 "handle": expected a handle that a VAR_HANDLE made$/],
  ["a handle among numbers", { ...runningTotal, operators: [varHandle(1), add(1, 0, 3)], outputs: [3] }, /^UNSUPPORTED: operator 1 ADD, tensor 1 "handle": expected a tensor of numbers, got resource$/],
  [
    "two sizes of one variable",
    { ...runningTotal, tensors: runningTotal.tensors.map((tensor, i) => (i === 2 ? { ...tensor, shape: [2] } : tensor)) },
    /^INVALID_OPERATOR: operator 4 ASSIGN_VARIABLE, tensor 3 "after": expected as many bytes as elsewhere in that variable, got 4$/,
  ],
];

for (const [title, model, message] of refusals) {
  test.serial(`A model with ${title} is refused at load`, async (t) => {
    t.regex((await run(model, [1])) as string, message);
  });
}
