import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { ModelRunner } from "./engine.ts";
import { float32Bytes, int32Bytes, int8Bytes, type ModelFile, modelFile, OPERATOR, type TensorOfFile, TYPE } from "./model-file.ts";

let runner: ModelRunner;

test.before(async () => {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  runner = new ModelRunner(modelRun);
});

const run = (model: ModelFile, input: Uint8Array): Promise<Uint8Array | string> => runner.invoke(runner.write("time.tflite", modelFile(model)), input);

const int8 = (shape: readonly number[], rest: Partial<TensorOfFile> = {}): TensorOfFile => ({ type: TYPE.int8, shape, scales: [1], ...rest });

/** Two filters of rank 2 make one unit, over two steps: all scales are 1, so that numbers are what they are. */
const svdf: ModelFile = {
  tensors: [
    int8([1, 2]),
    int8([2, 2], { data: int8Bytes([1, 2, -1, 1]) }),
    int8([2, 2], { data: int8Bytes([1, 3, 2, -1]) }),
    { type: TYPE.int32, shape: [1], scales: [1], data: int32Bytes([5]) },
    int8([1, 4], { isVariable: true }),
    int8([1, 1]),
  ],
  operators: [{ code: OPERATOR.svdf, version: 3, inputs: [0, 1, 2, 3, 4], outputs: [5], options: { kind: "svdf", rank: 2 } }],
  inputs: [0],
  outputs: [5],
};

test.serial("SVDF remembers the results of its filters for as many steps as it has weights over time", async (t) => {
  // Filters: (1, 2) gives 5 and 1; (3, -1) gives 1 and -4; (0, 0) gives 0 and 0.
  const outputs = await run(svdf, int8Bytes([1, 2, 3, -1, 0, 0, 0, 0]));
  t.deepEqual(outputs, int8Bytes([5 + 3 * 5 - 1, 5 + 5 + 3 * 1 + 2 * 1 + 4, 5 + 1 - 2 * 4, 5]));
});

test.serial("SVDF is refused if its state is no variable, or its rank does not divide its filters", async (t) => {
  const state = svdf.tensors.map((tensor) => (tensor.isVariable ? int8([1, 4]) : tensor));
  t.regex((await run({ ...svdf, tensors: state, inputs: [0, 4] }, new Uint8Array(6))) as string, /expected a state that is a variable tensor$/);
  const operators = svdf.operators.map((operator) => ({ ...operator, options: { kind: "svdf" as const, rank: 3 } }));
  t.regex((await run({ ...svdf, operators }, new Uint8Array(2))) as string, /expected a rank that divides the number of filters, got 3$/);
});

const real = (shape: readonly number[], data?: readonly number[]): TensorOfFile => ({ type: TYPE.float32, shape, ...(data && { data: float32Bytes(data) }) });

/** Weights of the input, of the last output, and biases: of the gates input, forget, update and output. */
const weights = [0.5, -0.75, 1.25, 0.3];
const recurrent = [0.2, 0.9, -0.6, 0.4];
const biases = [0.1, 1, -0.2, 0.05];

/** One unit, one feature; tensors 1 to 8 are the weights, 9 to 12 the biases, 13 and 14 the states. */
function lstm(timeMajor: boolean, batches: number, steps: number): ModelFile {
  const shape = timeMajor ? [steps, batches, 1] : [batches, steps, 1];
  const state: TensorOfFile = { ...real([batches, 1]), isVariable: true };
  return {
    tensors: [real(shape), ...[...weights, ...recurrent].map((value) => real([1, 1], [value])), ...biases.map((value) => real([1], [value])), state, state, real(shape)],
    operators: [
      {
        code: OPERATOR.unidirectionalSequenceLstm,
        inputs: [0, 1, 2, 3, 4, 5, 6, 7, 8, -1, -1, -1, 9, 10, 11, 12, -1, -1, 13, 14, -1, -1, -1, -1],
        outputs: [15],
        options: { kind: "unidirectionalSequenceLstm", activation: 4, timeMajor: timeMajor ? 1 : 0 },
      },
    ],
    inputs: [0],
    outputs: [15],
  };
}

/** What an LSTM computes, by its definition. */
function expectedOutputs(inputs: readonly number[]): number[] {
  let [hidden, cell] = [0, 0];
  const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
  return inputs.map((x) => {
    const [input, forget, update, output] = weights.map((weight, gate) => weight * x + recurrent[gate]! * hidden + biases[gate]!) as [number, number, number, number];
    cell = logistic(forget) * cell + logistic(input) * Math.tanh(update);
    hidden = logistic(output) * Math.tanh(cell);
    return hidden;
  });
}

for (const timeMajor of [false, true]) {
  test.serial(`An LSTM follows its definition over steps and invokes, batches ${timeMajor ? "side by side" : "one after the other"}`, async (t) => {
    const series = [[1, -0.5, 2, 0.25, -1, 3], [0.5, 0.5, -2, 1, 0, -0.75]];
    // Two invokes of three steps each.
    const place = (values: readonly (readonly number[])[]): number[] =>
      [0, 3].flatMap((from) => {
        const parts = values.map((one) => one.slice(from, from + 3));
        return timeMajor ? parts[0]!.flatMap((_, step) => parts.map((part) => part[step]!)) : parts.flat();
      });
    const outputs = await run(lstm(timeMajor, 2, 3), float32Bytes(place(series)));
    const actual = new Float32Array((outputs as Uint8Array).buffer);
    for (const [i, value] of place(series.map(expectedOutputs)).entries()) t.true(Math.abs(actual[i]! - value) < 1e-6, `${i}: ${actual[i]} against ${value}`);
  });
}

test.serial("An LSTM with peepholes is refused", async (t) => {
  const model = lstm(false, 1, 1);
  const operators = model.operators.map((operator) => ({ ...operator, inputs: operator.inputs.map((input, slot) => (slot === 10 ? 9 : input)) }));
  t.regex((await run({ ...model, operators }, new Uint8Array(4))) as string, /expected an LSTM without peepholes$/);
});
