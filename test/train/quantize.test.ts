import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { floatGraphOf } from "../../train/float-graph.ts";
import { quantize, quantizeInput } from "../../train/quantize.ts";
import { TrainError } from "../../train/train-error.ts";
import { everyLayer, randomInputs } from "./models.ts";

const quantized = quantize(floatGraphOf(everyLayer()), randomInputs(32, 9 * 8 * 3));
const byKind = (kind: string): typeof quantized.operators => quantized.operators.filter(({ options }) => options.kind === kind);
const tensor = (index: number): (typeof quantized.tensors)[number] => quantized.tensors[index]!;

test("convolutions have a weight scale per output channel, fully connected one for all", (t) => {
  const scales = (kind: string): number[] => byKind(kind).map(({ inputs }) => tensor(inputs[1]!).quantization!.scales.length);
  t.deepEqual(scales("conv2d"), [5, 6]);
  t.deepEqual(scales("depthwiseConv2d"), [10]);
  t.deepEqual(scales("fullyConnected"), [1, 1]);
  t.is(tensor(byKind("conv2d")[0]!.inputs[1]!).quantization!.dimension, 0);
  t.is(tensor(byKind("depthwiseConv2d")[0]!.inputs[1]!).quantization!.dimension, 3);
});

test("weights are symmetric in [-127, 127] and use the whole range in every channel", (t) => {
  const { data, quantization, shape } = tensor(byKind("conv2d")[0]!.inputs[1]!);
  t.true(quantization!.zeroPoints.every((zeroPoint) => zeroPoint === 0));
  const perChannel = shape.slice(1).reduce((product, size) => product * size, 1);
  for (let channel = 0; channel < shape[0]!; channel++) {
    const magnitudes = Array.from(data!.subarray(channel * perChannel, (channel + 1) * perChannel), Math.abs);
    t.is(Math.max(...magnitudes), 127);
  }
});

test("a bias is int32 with the product of input scale and weight scale", (t) => {
  for (const { inputs } of [...byKind("conv2d"), ...byKind("depthwiseConv2d"), ...byKind("fullyConnected")]) {
    const [input, weights, bias] = inputs.map(tensor);
    t.is(bias!.type, "int32");
    t.deepEqual(bias!.quantization!.scales, weights!.quantization!.scales.map((scale) => Math.fround(input!.quantization!.scales[0]! * scale)));
  }
});

test("pools and reshapes keep their input's scale and zero point", (t) => {
  for (const { inputs, outputs } of [...byKind("averagePool2d"), ...byKind("maxPool2d"), ...byKind("reshape")]) {
    t.deepEqual(tensor(outputs[0]!).quantization, tensor(inputs[0]!).quantization);
  }
});

test("softmax puts out 1/256 steps from -128", (t) => {
  t.deepEqual(tensor(quantized.outputs[0]!).quantization, { scales: [1 / 256], zeroPoints: [-128], dimension: 0 });
  t.is(tensor(quantized.outputs[0]!).type, "int8");
  t.is(tensor(quantized.inputs[0]!).type, "int8");
});

test("zero is exact in every activation", (t) => {
  for (const { quantization, data } of quantized.tensors) {
    if (data !== undefined || quantization === undefined) continue;
    const [zeroPoint] = quantization.zeroPoints;
    t.true(Number.isInteger(zeroPoint) && zeroPoint! >= -128 && zeroPoint! <= 127);
  }
});

test("a bias beside weights of nothing still fits in 32 bits", (t) => {
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 2, weights: [tf.tensor2d([[1e-30, 0], [0, 1e-30]]), tf.tensor1d([5, -3])] })] });
  const { tensors, operators } = quantize(floatGraphOf(model), [Float32Array.of(-1, 1)]);
  const bias = tensors[operators[0]!.inputs[2]!]!;
  bias.data!.forEach((value, index) => t.true(Math.abs(value * bias.quantization!.scales[0]! - [5, -3][index]!) < 1e-6));
});

test("a layer that puts out nothing but zeros is quantized all the same", (t) => {
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 2, weights: [tf.zeros([2, 2]), tf.zeros([2])] })] });
  const { tensors } = quantize(floatGraphOf(model), [Float32Array.of(-1, 1)]);
  for (const { quantization } of tensors) t.true(quantization!.scales.every((scale) => scale > 0 && Number.isFinite(scale)));
});

test("calibration data of another shape, not finite, or none is refused", (t) => {
  const graph = floatGraphOf(tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 1 })] }));
  for (const calibration of [[], [new Float32Array(3)], [Float32Array.of(1, NaN)]]) {
    t.is(t.throws(() => quantize(graph, calibration), { instanceOf: TrainError }).code, "BAD_DATA");
  }
});

test("weights that take the calibration data beyond what numbers can hold are refused", (t) => {
  const kernel = tf.tensor2d([[3e38], [3e38]]);
  const graph = floatGraphOf(tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 1, weights: [kernel, tf.tensor1d([0])] })] }));
  const error = t.throws(() => quantize(graph, [Float32Array.of(2, 2)]), { instanceOf: TrainError });
  t.is(error.code, "BAD_WEIGHTS");
  t.regex(error.message, /expected finite outputs, got 0 to Infinity/);
});

test("features become int8 with halves away from zero, clamped", (t) => {
  t.deepEqual([...quantizeInput(Float32Array.of(0, 0.25, -0.25, 0.74, 1000, -1000), 0.5, 3)], [3, 4, 2, 4, 127, -128]);
});

test("reading, calibrating and quantizing leave no tensors behind", (t) => {
  const model = everyLayer();
  const before = tf.memory().numTensors;
  quantize(floatGraphOf(model), randomInputs(4, 9 * 8 * 3));
  t.is(tf.memory().numTensors, before);
});
