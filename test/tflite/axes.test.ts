import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { ModelRunner } from "./engine.ts";
import { int32Bytes, int8Bytes, modelFile, OPERATOR, type OperatorOfFile, type TensorOfFile, TYPE } from "./model-file.ts";

let runner: ModelRunner;

test.before(async () => {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  runner = new ModelRunner(modelRun);
});

/** Real values are stored values. */
const plain = (shape: readonly number[]): TensorOfFile => ({ type: TYPE.int8, shape, scales: [1], zeroPoints: [0] });
const ints = (values: readonly number[], shape: readonly number[] = [values.length]): TensorOfFile => ({ type: TYPE.int32, shape, data: int32Bytes(values) });

/** The operator's last tensor is its output, those without data are the graph's inputs. */
async function run(tensors: readonly TensorOfFile[], operator: Omit<OperatorOfFile, "inputs" | "outputs">, input: readonly number[]): Promise<number[] | string> {
  const slots = tensors.slice(0, -1).map((_, i) => i);
  const output = tensors.length - 1;
  const file = modelFile({ tensors, operators: [{ ...operator, inputs: slots, outputs: [output] }], inputs: slots.filter((i) => tensors[i]!.data === undefined), outputs: [output] });
  const result = await runner.invoke(runner.write("axes.tflite", file), int8Bytes(input));
  return typeof result === "string" ? result : [...(tensors[output]!.type === TYPE.int32 ? new Int32Array(result.slice().buffer) : new Int8Array(result))];
}

test.serial("Reductions take axes from the end, in any order and repeated, with or without the axes in the output's shape", async (t) => {
  const input = [1, 2, 3, -1, -2, -4, 10, 20, 31, 7, 7, 7];
  t.deepEqual(await run([plain([2, 2, 3]), ints([2]), plain([2, 2])], { code: OPERATOR.mean }, input), [2, -2, 20, 7]);
  t.deepEqual(await run([plain([2, 2, 3]), ints([-3, 0, -1]), plain([1, 2, 1])], { code: OPERATOR.sum }, input), [67, 14]);
  t.deepEqual(await run([plain([2, 2, 3]), ints([1]), plain([2, 3])], { code: OPERATOR.reduceMax }, input), [1, 2, 3, 10, 20, 31]);
  t.deepEqual(await run([plain([2, 2, 3]), ints([0, 1, 2]), plain([])], { code: OPERATOR.mean }, input), [7]);
  t.deepEqual(await run([plain([2, 2, 3]), ints([-2], []), { type: TYPE.int32, shape: [2, 3] }], { code: OPERATOR.argMax }, input), [0, 0, 0, 0, 0, 0]);
  t.deepEqual(await run([plain([2, 2, 3]), ints([2], []), { type: TYPE.int32, shape: [2, 2] }], { code: OPERATOR.argMax }, input), [2, 0, 2, 0]);
});

test.serial("Axes that the input lacks, that come at run time, or that do not make the output are refused", async (t) => {
  const input = [1, 2, 3, 4, 5, 6];
  t.is(await run([plain([2, 3]), ints([2]), plain([2])], { code: OPERATOR.mean }, input), "INVALID_OPERATOR: operator 0 MEAN, tensor 1: expected an axis that the tensor has, got 2");
  t.is(await run([plain([2, 3]), ints([-3]), { type: TYPE.int32, shape: [2] }], { code: OPERATOR.argMax }, input), "INVALID_OPERATOR: operator 0 ARG_MAX, tensor 1: expected an axis that the tensor has, got -3");
  t.is(await run([plain([2, 3]), ints([1]), plain([3])], { code: OPERATOR.sum }, input), "INVALID_OPERATOR: operator 0 SUM, tensor 2: expected as many elements as the axes leave, got 3");
  t.is(await run([plain([2, 3]), { type: TYPE.int32, shape: [1] }, plain([2])], { code: OPERATOR.reduceMax }, [...input, 1, 0, 0, 0]), "UNSUPPORTED: operator 0 REDUCE_MAX, tensor 1: expected constant axes");
});

test.serial("TRANSPOSE_CONV adds the filter times each input at its stride; what overlaps adds up", async (t) => {
  const filter = { ...plain([1, 1, 3, 1]), data: int8Bytes([1, 2, 3]) };
  const options = { kind: "transposeConv", strideW: 2, strideH: 1 } as const;
  t.deepEqual(await run([ints([1, 1, 5, 1]), filter, plain([1, 1, 2, 1]), plain([1, 1, 5, 1])], { code: OPERATOR.transposeConv, options: { ...options, padding: 1 } }, [1, 10]), [1, 2, 13, 20, 30]);
  // SAME: an output of 4 has one element of padding, which is after it.
  t.deepEqual(await run([ints([1, 1, 4, 1]), filter, plain([1, 1, 2, 1]), plain([1, 1, 4, 1])], { code: OPERATOR.transposeConv, options: { ...options, padding: 0 } }, [1, 10]), [1, 2, 13, 20]);
});

test.serial("BATCH_MATMUL gives the same however its inputs lie, and repeats one matrix for a batch of others", async (t) => {
  // [[1, 2], [3, 4]] and [[-1, 0], [5, -6]], each times [[1, 2, 3], [4, 5, 6]].
  const right = { ...plain([2, 3]), data: int8Bytes([1, 2, 3, 4, 5, 6]) };
  const transposed = { ...plain([3, 2]), data: int8Bytes([1, 4, 2, 5, 3, 6]) };
  const expected = [9, 12, 15, 19, 26, 33, -1, -2, -3, -19, -20, -21];
  const matmul = (side: TensorOfFile, adjointX: number, adjointY: number, input: readonly number[]): Promise<number[] | string> =>
    run([plain([2, 2, 2]), side, plain([2, 2, 3])], { code: OPERATOR.batchMatmul, options: { kind: "batchMatmul", adjointX, adjointY } }, input);
  t.deepEqual(await matmul(right, 0, 0, [1, 2, 3, 4, -1, 0, 5, -6]), expected);
  t.deepEqual(await matmul(transposed, 0, 1, [1, 2, 3, 4, -1, 0, 5, -6]), expected);
  t.deepEqual(await matmul(right, 1, 0, [1, 3, 2, 4, -1, 5, 0, -6]), expected);
  t.deepEqual(await matmul(transposed, 1, 1, [1, 3, 2, 4, -1, 5, 0, -6]), expected);
});
