/** Operators that move elements: a few cases for where the conformance data is absent, and what they refuse. */
import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { ModelRunner } from "./engine.ts";
import { int32Bytes, int8Bytes, type ModelFile, modelFile, OPERATOR, type OperatorOfFile, type TensorOfFile, TYPE } from "./model-file.ts";

let runner: ModelRunner;

test.before(async () => {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  runner = new ModelRunner(modelRun);
});

const int8 = (...shape: number[]): TensorOfFile => ({ type: TYPE.int8, shape });
const int32 = (...shape: number[]): TensorOfFile => ({ type: TYPE.int32, shape });
const constant = (...values: number[]): TensorOfFile => ({ type: TYPE.int32, shape: [values.length], data: int32Bytes(values) });

/** A graph of one operator, whose input 0 is the graph's. */
const single = (operator: Omit<OperatorOfFile, "inputs" | "outputs">, inputs: readonly TensorOfFile[], output: TensorOfFile): ModelFile => ({
  tensors: [...inputs, output],
  operators: [{ ...operator, inputs: inputs.map((_, i) => i), outputs: [inputs.length] }],
  inputs: inputs.flatMap(({ data }, i) => (data === undefined ? [i] : [])),
  outputs: [inputs.length],
});

test.serial("Rows that are split, joined the other way round and gone through backwards come out as they should", async (t) => {
  const model: ModelFile = {
    // 4 rows of 2; the first row and the other three; those joined; every second of them, backwards
    tensors: [int8(1, 4, 2), constant(1, 3), constant(-2), int8(1, 1, 2), int8(1, 3, 2), int8(1, 4, 2), constant(0, -1, 0), constant(1, 0, 2), constant(1, -2, 1), int8(2, 2)],
    operators: [
      { code: OPERATOR.splitV, inputs: [0, 1, 2], outputs: [3, 4] },
      { code: OPERATOR.concatenation, inputs: [4, 3], outputs: [5], options: { kind: "concatenation", axis: 1 } },
      { code: OPERATOR.stridedSlice, inputs: [5, 6, 7, 8], outputs: [9], options: { kind: "stridedSlice", endMask: 2, shrinkAxisMask: 1 } },
    ],
    inputs: [0],
    outputs: [9, 5],
  };
  const output = await runner.invoke(runner.write("rows.tflite", modelFile(model)), int8Bytes([10, 11, 20, 21, 30, 31, 40, 41]));
  t.deepEqual(Array.from(output as Uint8Array), [10, 11, 30, 31, 20, 21, 30, 31, 40, 41, 10, 11]);
});

test.serial("Indices that come at run time and lie outside pick the nearest element", async (t) => {
  const model = single({ code: OPERATOR.gather, options: { kind: "gather", axis: 0 } }, [{ ...int8(3, 1), data: int8Bytes([7, 8, 9]) }, int32(4)], int8(4, 1));
  const output = await runner.invoke(runner.write("gather.tflite", modelFile(model)), int32Bytes([1, -5, 3, 2 ** 31 - 1]));
  t.deepEqual(Array.from(output as Uint8Array), [8, 7, 9, 9]);
});

const strided = { code: OPERATOR.stridedSlice, options: { kind: "stridedSlice" } } as const;
const refused: readonly [string, ModelFile, RegExp][] = [
  ["indices in the file outside of the axis", single({ code: OPERATOR.gather, options: { kind: "gather", axis: 0 } }, [int8(3, 1), constant(0, 3)], int8(2, 1)), /expected indices of elements that are there, got 3/],
  ["parts that are longer than the whole", single({ code: OPERATOR.concatenation, options: { kind: "concatenation", axis: 0 } }, [int8(3), int8(3)], int8(5)), /expected parts that make the whole axis, got 3/],
  ["parts that are shorter", single({ code: OPERATOR.concatenation, options: { kind: "concatenation", axis: 0 } }, [int8(3), int8(3)], int8(7)), /expected parts that make the whole axis, got 6/],
  ["an axis that the tensor lacks", single({ code: OPERATOR.concatenation, options: { kind: "concatenation", axis: -2 } }, [int8(3)], int8(3)), /expected an axis that the tensor has, got -2/],
  ["parts in another quantization", single({ code: OPERATOR.concatenation, options: { kind: "concatenation", axis: 0 } }, [{ ...int8(3), scales: [0.5] }], { ...int8(3), scales: [0.25] }), /UNSUPPORTED.*expected inputs with the output's scale and zero point/],
  ["a stride of 0", single(strided, [int8(3), constant(0), constant(3), constant(0)], int8(3)), /expected a stride other than 0, in 32 bits, got 0/],
  ["an empty slice", single(strided, [int8(3), constant(2), constant(1), constant(1)], int8(1)), /expected a slice of at least 1 element along each axis, got 0/],
  ["a slice of another size", single(strided, [int8(3), constant(0), constant(2), constant(1)], int8(3)), /expected the dimensions that the operator makes, got 3/],
  ["begins that come at run time", single(strided, [int8(3), int32(1), constant(2), constant(1)], int8(2)), /UNSUPPORTED.*expected a constant/],
  ["an axis that is permuted twice", single({ code: OPERATOR.transpose }, [int8(2, 2), constant(1, 1)], int8(2, 2)), /expected each axis of the input once, got 1/],
  ["paddings that make another size", single({ code: OPERATOR.pad }, [int8(3), constant(1, 1)], int8(6)), /expected the input's dimensions with the paddings, got 6/],
  ["paddings that overflow", single({ code: OPERATOR.pad }, [int8(3), constant(2 ** 31 - 1, 2 ** 31 - 1)], int8(1)), /expected the input's dimensions with the paddings, got 1/],
];

for (const [what, model, message] of refused) {
  test.serial(`Refused: ${what}`, async (t) => {
    t.regex((await runner.info(runner.write("refused.tflite", modelFile(model)))) as string, message);
  });
}
