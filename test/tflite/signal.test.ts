import test from "ava";
import { encode } from "flatbuffers/js/flexbuffers.js";
import { buildHost } from "../../runtime/build.ts";
import { ModelRunner } from "./engine.ts";
import { float32Bytes, int16Bytes, int32Bytes, modelFile, OPERATOR, TYPE, type TensorOfFile } from "./model-file.ts";

let runner: ModelRunner;

test.before(async () => {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  runner = new ModelRunner(modelRun);
});

/** Runs one custom operator: its first tensors are the graph's input and the constants, the others its outputs. */
async function run(custom: string, options: Uint8Array, inputs: readonly TensorOfFile[], outputs: readonly TensorOfFile[], input: Uint8Array): Promise<Uint8Array | string> {
  const indices = [...inputs, ...outputs].map((_, i) => i);
  const operator = { code: OPERATOR.custom, custom, customOptions: options, inputs: indices.slice(0, inputs.length), outputs: indices.slice(inputs.length) };
  const model = modelFile({ tensors: [...inputs, ...outputs], operators: [operator], inputs: [0], outputs: operator.outputs });
  return runner.invoke(runner.write("signal.tflite", model), input);
}

const frame: TensorOfFile = { type: TYPE.int16, shape: [1, 4] };
const halves: TensorOfFile = { type: TYPE.int16, shape: [2], data: int16Bytes([2048, 32767]) };

test.serial("SignalWindow multiplies each window of samples, rounds down and saturates", async (t) => {
  const output = await run("SignalWindow", encode({ shift: 12 }), [frame, halves], [frame], int16Bytes([-3, 100, 32767, -32768]));
  t.deepEqual(output, int16Bytes([-2, 799, 16383, -32768]));
});

test.serial("Options of a custom operator are found by name, among others and in wide numbers", async (t) => {
  const options = encode({ again: 1, shift: 12, "shift-2": 70_000_000_000 });
  t.deepEqual(await run("SignalWindow", options, [frame, halves], [frame], int16Bytes([4096, 0, 0, 0])), int16Bytes([2048, 0, 0, 0]));
});

const damaged: readonly [title: string, options: Uint8Array, message: RegExp][] = [
  ["none", new Uint8Array(), /^INVALID_OPERATOR: operator 0 custom SignalWindow: expected options that are a FlexBuffer with a map/],
  ["no map", encode([12]), /expected options that are a FlexBuffer with a map/],
  ["a map that leaves the bytes", Uint8Array.of(200, 0x24, 1), /expected options that are a FlexBuffer with a map/],
  ["another option", encode({ shifts: 12 }), /expected a shift from 0 to 31/],
  ["a string", encode({ shift: "12" }), /expected a shift from 0 to 31/],
  ["too large a shift", encode({ shift: 32 }), /expected a shift from 0 to 31, got 32$/],
  ["a negative shift", encode({ shift: -1 }), /expected a shift from 0 to 31, got -1$/],
];

for (const [title, options, message] of damaged) {
  test.serial(`Options of a custom operator are refused if they are or have ${title}`, async (t) => {
    t.regex((await run("SignalWindow", options, [frame, halves], [frame], new Uint8Array(8))) as string, message);
  });
}

test.serial("SignalFftAutoScale says by how many bits it shifted", async (t) => {
  const samples: TensorOfFile = { type: TYPE.int16, shape: [3] };
  const scale = (values: readonly number[]): Promise<Uint8Array | string> => run("SignalFftAutoScale", new Uint8Array(), [samples], [samples, { type: TYPE.int32, shape: [] }], int16Bytes(values));
  t.deepEqual(await scale([1, -5, 3]), Uint8Array.of(...int16Bytes([4096, -20480, 12288]), ...int32Bytes([12])));
  t.deepEqual(await scale([0, 0, 0]), Uint8Array.of(...int16Bytes([0, 0, 0]), ...int32Bytes([0])));
});

/** The spectrum of real samples by its definition. */
function spectrum(samples: readonly number[]): number[] {
  return Array.from({ length: samples.length / 2 + 1 }, (_, k) => {
    const angles = samples.map((_, i) => (-2 * Math.PI * i * k) / samples.length);
    const part = (of: (angle: number) => number): number => samples.reduce((sum, sample, i) => sum + sample * of(angles[i]!), 0);
    return [part(Math.cos), part(Math.sin)];
  }).flat();
}

for (const [length, count] of [[4, 4], [60, 60], [512, 480], [750, 700]] as const) {
  test.serial(`SignalRfft of ${length} samples, of which ${count} are given, follows the definition in all three types`, async (t) => {
    const samples = Array.from({ length }, (_, i) => (i < count ? Math.trunc(20000 * Math.sin(i * i * 0.37) + 3000) : 0));
    const expected = spectrum(samples);
    const transform = async (type: number, input: Uint8Array): Promise<Uint8Array> => {
      const output = await run("SignalRfft", encode({ T: type, fft_length: length }), [{ type, shape: [1, count] }], [{ type, shape: [1, length + 2] }], input);
      if (typeof output === "string") throw new Error(output);
      return output;
    };
    const given = samples.slice(0, count);
    const errors = (actual: ArrayLike<number>, scale: number): number => Math.max(...expected.map((value, i) => Math.abs(value - actual[i]! * scale)));
    // Fixed point divides by the length on the way, with a rounding in the last place at each of a few steps.
    const narrow = new Int16Array((await transform(TYPE.int16, int16Bytes(given))).buffer);
    t.true(errors(narrow, length) <= 6 * length, `${errors(narrow, length) / length}`);
    const wide = new Int32Array((await transform(TYPE.int32, int32Bytes(given.map((sample) => sample * 65536)))).buffer);
    t.true(errors(wide, length / 65536) <= (6 * length) / 65536, `${errors(wide, length / 65536)}`);
    const real = new Float32Array((await transform(TYPE.float32, float32Bytes(given))).buffer);
    t.true(errors(real, 1) <= 1, `${errors(real, 1)}`);
  });
}

test.serial("SignalRfft refuses a length with a factor above 5, and an output of another length", async (t) => {
  const transform = (length: number, elements: number): Promise<Uint8Array | string> =>
    run("SignalRfft", encode({ T: TYPE.int16, fft_length: length }), [{ type: TYPE.int16, shape: [4] }], [{ type: TYPE.int16, shape: [elements] }], new Uint8Array(8));
  t.regex((await transform(14, 16)) as string, /expected an even fft_length without prime factors above 5, got 14$/);
  t.regex((await transform(8, 8)) as string, /expected 2 elements more than the transform's length, got 8$/);
});

test.serial("SignalFilterBank refuses bands that leave its input or its weights", async (t) => {
  const filters = (from: number): Promise<Uint8Array | string> => {
    const constant = (values: readonly number[]): TensorOfFile => ({ type: TYPE.int16, shape: [values.length], data: int16Bytes(values) });
    const inputs = [{ type: TYPE.uint32, shape: [4] }, constant([1, 2, 3, 4]), constant([5, 6, 7, 8]), constant([0, from]), constant([0, 2]), constant([2, 2])];
    return run("SignalFilterBank", encode({ num_channels: 1 }), inputs, [{ type: TYPE.uint64, shape: [1] }], int32Bytes([10, 20, 30, 40]));
  };
  // The unweights of the first band and the weights of the second: 5 * 10 + 6 * 20 + 3 * 30 + 4 * 40.
  t.deepEqual(await filters(2), new Uint8Array(BigUint64Array.of(420n).buffer));
  t.regex((await filters(3)) as string, /expected bands inside the input, got 3$/);
  t.regex((await filters(-1)) as string, /expected bands inside the input, got -1$/);
});
