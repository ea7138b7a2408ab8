import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { loadModel } from "assay/tflite/wasm";
import { floatGraphOf } from "../../train/float-graph.ts";
import { quantize, quantizeInput } from "../../train/quantize.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";
import { writeTflite } from "../../train/tflite-writer.ts";
import { TrainError } from "../../train/train-error.ts";
import { testWithShared } from "../requirements.ts";
import { readFileSync } from "node:fs";
import { everyLayer, randomInputs, uniform } from "./models.ts";

const model = everyLayer();
const inputs = randomInputs(64, 9 * 8 * 3);
const quantized = quantize(floatGraphOf(model), inputs);
const file = writeTflite(quantized);
const info = readTflite(file);

test("the file has the identifier TFL3 and the same bytes when written again", (t) => {
  t.is(Buffer.from(file.subarray(4, 8)).toString("latin1"), "TFL3");
  t.deepEqual(writeTflite(quantized), file);
});

test("constants stand at multiples of 16 bytes and hold what was quantized", (t) => {
  info.tensors.forEach(({ data, name, shape, scales, zeroPoints, quantizedDimension }, index) => {
    const source = quantized.tensors[index]!;
    t.is(name, source.name);
    t.deepEqual(shape, source.shape);
    t.deepEqual(scales, source.quantization?.scales ?? []);
    t.deepEqual(zeroPoints, source.quantization?.zeroPoints ?? []);
    t.is(quantizedDimension, source.quantization?.dimension ?? 0);
    t.is(data === undefined, source.data === undefined);
    if (data === undefined) return;
    t.is(data.offset % 16, 0);
    const bytes = file.slice(data.offset, data.offset + data.length);
    t.deepEqual([...(source.type === "int8" ? new Int8Array(bytes.buffer) : new Int32Array(bytes.buffer))], [...source.data!]);
  });
});

test("equal constants stand in the file once", (t) => {
  const shared = tf.layers.dense({ units: 24, kernelInitializer: uniform() });
  const input = tf.input({ shape: [24] });
  const network = (twice: boolean): tf.LayersModel => tf.model({ inputs: input, outputs: (twice ? shared.apply(shared.apply(input)) : shared.apply(input)) as tf.SymbolicTensor });
  const [once, twice] = [false, true].map((flag) => writeTflite(quantize(floatGraphOf(network(flag)), randomInputs(8, 24))));
  t.true(twice!.length < once!.length + 24 * 24, `${once!.length} and ${twice!.length} bytes`);
});

test("operators carry the versions of real converters", (t) => {
  // BuiltinOperator and the version for int8: conv 3, depthwise 3, max pool 2, average pool 2, reshape 1 (two of them in one), fully connected 4, softmax 2
  t.deepEqual(info.operators.map(({ code, version }) => [code, version]), [[3, 3], [4, 3], [17, 2], [3, 3], [1, 2], [22, 1], [9, 4], [9, 4], [25, 2]]);
});

test("what is written runs in tfjs-tflite and says what the float model says", async (t) => {
  const input = info.tensors[info.inputs[0]!]!;
  const wasm = await openInWasm(file);
  const wanted = tf.tidy(() => (model.predict(tf.stack(inputs.map((values) => tf.tensor(values, [9, 8, 3])))) as tf.Tensor).dataSync());
  let worst = 0;
  inputs.forEach((values, row) => {
    const output = wasm.run(quantizeInput(values, input.scales[0]!, input.zeroPoints[0]!));
    t.is(output.length, 4);
    output.forEach((q, index) => (worst = Math.max(worst, Math.abs((q + 128) / 256 - wanted[row * 4 + index]!))));
  });
  wasm.close();
  t.true(worst < 0.06, `largest difference of a probability: ${worst}`);
});

test("with float32 at both ends, it takes and gives real numbers, and computes the same", async (t) => {
  const real = writeTflite(quantize(floatGraphOf(model), inputs, { io: "float32" }));
  const { tensors, operators, inputs: ins, outputs: outs } = readTflite(real);
  t.deepEqual([tensors[ins[0]!]!, tensors[outs[0]!]!].map(({ name, type, scales }) => [name, type, scales]), [["input", 0, []], ["output", 0, []]]);
  t.deepEqual([operators[0]!, operators.at(-1)!].map(({ code, version }) => [code, version]), [[114, 1], [6, 2]]);
  const input = info.tensors[info.inputs[0]!]!;
  const [theirs, theirsReal, ours] = [await openInWasm(file), await openInWasm(real), await loadModel(real)];
  for (const values of inputs) {
    const wanted = Float32Array.from(theirs.run(quantizeInput(values, input.scales[0]!, input.zeroPoints[0]!)), (q) => (q + 128) / 256);
    t.deepEqual(theirsReal.run(values), wanted);
    const own = ours.run(values) as Float32Array;
    own.forEach((value, index) => t.true(Math.abs(value - wanted[index]!) <= 2 / 256));
  }
  t.is(t.throws(() => theirsReal.run(new Int8Array(9 * 8 * 3)), { instanceOf: TrainError }).code, "BAD_DATA");
  for (const opened of [theirs, theirsReal, ours]) opened.close();
});

test("tfjs-tflite refuses what is no model, with a code", async (t) => {
  const error = await t.throwsAsync(openInWasm(new Uint8Array(64)), { instanceOf: TrainError });
  t.is(error.code, "RUN_FAILED");
});

test("an input of another length is refused", async (t) => {
  const wasm = await openInWasm(file);
  t.is(t.throws(() => wasm.run(new Int8Array(3)), { instanceOf: TrainError }).code, "BAD_DATA");
  wasm.close();
});

testWithShared("tflm/models/person_detect.tflite", "the reader agrees with a converter's file on operators and per-channel weights", (t, path) => {
  const real = readTflite(readFileSync(path));
  t.deepEqual([...new Set(real.operators.map(({ code }) => code))].toSorted((a, b) => a - b), [1, 3, 4, 22, 25]);
  const convolution = real.operators.find(({ code }) => code === 3)!;
  t.is(real.tensors[convolution.inputs[1]!]!.quantizedDimension, 0);
});
