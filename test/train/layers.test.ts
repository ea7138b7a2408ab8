import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { floatGraphOf } from "../../train/float-graph.ts";
import { runFloat } from "../../train/float-run.ts";
import { quantize } from "../../train/quantize.ts";
import { writeTflite } from "../../train/tflite-writer.ts";
import { predicted, runEverywhere } from "./engines.ts";
import { normalization, randomInputs, uniform, weights } from "./models.ts";

type Tensors = tf.SymbolicTensor;

/** A functional model of what `build` makes of an input. */
function model(shape: number[], build: (input: Tensors) => tf.SymbolicTensor): tf.LayersModel {
  const input = tf.input({ shape });
  return tf.model({ inputs: input, outputs: build(input) });
}

const apply = (layer: tf.layers.Layer, ...inputs: Tensors[]): Tensors => layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensors;
const conv2d = (input: Tensors, filters = 4, more: object = {}): Tensors => apply(tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", ...weights(), ...more }), input);

/**
 * Declares a test: the model becomes these operators, which compute what the layers compute; quantized, the engine natively and as WebAssembly gives the
 * same bits, and tfjs-tflite (whose kernels round otherwise) and the layers are within some steps of the output's scale.
 */
function becomes(title: string, operators: readonly string[], network: tf.LayersModel, steps = 4): void {
  test(`${title} becomes ${operators.join(", ")}`, async (t) => {
    const graph = floatGraphOf(network);
    t.deepEqual(graph.steps.map(({ operation }) => operation.kind), operators);
    const inputs = randomInputs(24, graph.inputs[0]!.shape.reduce((product, size) => product * size, 1));
    const layers = predicted(network, inputs);
    runFloat(graph, inputs, (step, values) => {
      if (step < graph.steps.length - 1) return;
      t.is(values.length, layers.length);
      values.forEach((value, index) => Math.abs(value - layers[index]!) < 1e-4 || t.fail(`output ${index}: ${value} instead of ${layers[index]}`));
    });

    const file = writeTflite(quantize(graph, inputs));
    t.deepEqual(writeTflite(quantize(floatGraphOf(network), inputs)), file, "the same bytes again");
    const { real, tfjsTflite, wasm, native, scale, zeroPoint } = await runEverywhere(network, file, inputs);
    t.deepEqual(native, wasm);
    t.is(wasm.length, real.length);
    let [fromTheirs, fromReal] = [0, 0];
    wasm.forEach((q, index) => {
      fromTheirs = Math.max(fromTheirs, Math.abs(q - tfjsTflite[index]!));
      fromReal = Math.max(fromReal, Math.abs(q - zeroPoint - real[index]! / scale));
    });
    t.log(`at most ${fromTheirs} steps from tfjs-tflite, ${fromReal.toFixed(2)} from floating point`);
    t.true(fromTheirs <= 3, `${fromTheirs} steps from tfjs-tflite`);
    t.true(fromReal <= steps, `${fromReal} steps from floating point`);
  });
}

becomes("a skip connection", ["conv2d", "conv2d", "add"], model([6, 6, 2], (input) => {
  const trunk = conv2d(input);
  return apply(tf.layers.reLU(), apply(tf.layers.add(), trunk, conv2d(trunk)));
}));
becomes("a sum of three", ["conv2d", "conv2d", "add", "conv2d", "add"], model([5, 4, 2], (input) => apply(tf.layers.add(), conv2d(input), conv2d(input), conv2d(input))));
becomes("a concatenation of channels", ["conv2d", "conv2d", "concatenation"], model([6, 6, 2], (input) => apply(tf.layers.concatenate(), input, conv2d(input, 3), conv2d(input, 5))));
becomes("a concatenation of rows", ["conv2d", "concatenation"], model([4, 5, 2], (input) => apply(tf.layers.concatenate({ axis: 1 }), input, conv2d(input, 2))));
becomes("a concatenation with what has a fixed scale", ["conv2d", "sigmoid", "requantize", "concatenation"], model([4, 5, 2], (input) => apply(tf.layers.concatenate(), conv2d(input, 3), apply(tf.layers.activation({ activation: "sigmoid" }), input))));
becomes("a concatenation of two sigmoids", ["sigmoid", "conv2d", "sigmoid", "concatenation"], model([4, 5, 2], (input) => {
  const sigmoid = (value: Tensors): Tensors => apply(tf.layers.activation({ activation: "sigmoid" }), value);
  return apply(tf.layers.concatenate(), sigmoid(input), sigmoid(conv2d(input)));
}));
becomes("a squeeze and excitation", ["conv2d", "averagePool2d", "reshape", "fullyConnected", "sigmoid", "reshape", "multiply"], model([6, 6, 2], (input) => {
  const trunk = conv2d(input, 4, { activation: "relu" });
  const gate = apply(tf.layers.dense({ units: 4, activation: "sigmoid", ...weights() }), apply(tf.layers.globalAveragePooling2d({} as never), trunk));
  return apply(tf.layers.multiply(), trunk, apply(tf.layers.reshape({ targetShape: [1, 1, 4] }), gate));
}));
becomes("the larger and the smaller of two", ["conv2d", "conv2d", "maximum", "minimum"], model([4, 4, 2], (input) => {
  const [a, b] = [conv2d(input, 2), conv2d(input, 2)];
  return apply(tf.layers.minimum(), apply(tf.layers.maximum(), a, b), input);
}));
becomes("batch normalization after a convolution, and ReLU after it,", ["conv2d"], model([6, 6, 2], (input) => apply(tf.layers.reLU({ maxValue: 6 }), apply(normalization(), conv2d(input)))));
becomes("batch normalization after a depthwise convolution", ["depthwiseConv2d"], model([6, 6, 2], (input) => apply(normalization(), apply(tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, depthwiseInitializer: uniform() }), input))));
becomes("batch normalization after a dense layer", ["fullyConnected"], model([7], (input) => apply(normalization(), apply(tf.layers.dense({ units: 5, ...weights() }), input))));
becomes("batch normalization after a convolution in one dimension", ["reshape", "conv2d", "reshape"], model([12, 3], (input) => apply(tf.layers.reLU(), apply(normalization(), apply(tf.layers.conv1d({ filters: 4, kernelSize: 3, ...weights() }), input)))));
becomes("batch normalization of the input", ["depthwiseConv2d"], model([6, 6, 2], (input) => apply(tf.layers.reLU(), apply(normalization(), input))));
becomes("batch normalization of a sequence", ["reshape", "depthwiseConv2d", "reshape"], model([12, 3], (input) => apply(normalization(), input)));
becomes("batch normalization after a convolution that something else uses too", ["conv2d", "depthwiseConv2d", "add"], model([6, 6, 2], (input) => {
  const trunk = conv2d(input);
  return apply(tf.layers.add(), trunk, apply(normalization(), trunk));
}));
becomes("batch normalization without scale and center", ["conv2d"], model([6, 6, 2], (input) => apply(normalization({ scale: false, center: false }), conv2d(input))));
becomes("batch normalization after flattening", ["conv2d", "reshape", "depthwiseConv2d", "reshape"], model([4, 4, 2], (input) => apply(normalization(), apply(tf.layers.flatten(), conv2d(input)))));
becomes("a separable convolution", ["depthwiseConv2d", "conv2d"], model([7, 6, 3], (input) => apply(tf.layers.separableConv2d({ filters: 5, kernelSize: 3, strides: 2, padding: "same", depthMultiplier: 2, activation: "relu", depthwiseInitializer: uniform(), pointwiseInitializer: uniform(), biasInitializer: uniform() }), input)));
becomes("two convolutions in one dimension", ["reshape", "conv2d", "conv2d", "reshape"], model([16, 3], (input) => {
  const first = apply(tf.layers.conv1d({ filters: 5, kernelSize: 3, strides: 2, padding: "same", activation: "relu", ...weights() }), input);
  return apply(tf.layers.conv1d({ filters: 4, kernelSize: 2, dilationRate: 2, ...weights() }), first);
}));
becomes("pools in one dimension", ["reshape", "averagePool2d", "maxPool2d", "reshape"], model([16, 3], (input) => apply(tf.layers.maxPooling1d({ poolSize: 2 }), apply(tf.layers.averagePooling1d({ poolSize: 3, strides: 1, padding: "same" }), input))));
becomes("a global mean in one dimension", ["mean"], model([16, 3], (input) => apply(tf.layers.globalAveragePooling1d({} as never), input)));
becomes("a global mean over a picture", ["averagePool2d", "reshape"], model([5, 4, 3], (input) => apply(tf.layers.globalAveragePooling2d({} as never), input)));
becomes("a global maximum in one dimension", ["reshape", "maxPool2d", "reshape"], model([16, 3], (input) => apply(tf.layers.globalMaxPooling1d({} as never), input)));
becomes("a global maximum over a picture", ["maxPool2d", "reshape"], model([5, 4, 3], (input) => apply(tf.layers.globalMaxPooling2d({} as never), input)));
becomes("an average pool with a border", ["averagePool2d"], model([5, 4, 3], (input) => apply(tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }), input)));
becomes("zero padding", ["pad", "conv2d"], model([5, 4, 3], (input) => conv2d(apply(tf.layers.zeroPadding2d({ padding: [[1, 2], [0, 3]] }), input), 4, { padding: "valid" })));
becomes("a dense layer over the last axis", ["reshape", "fullyConnected", "reshape"], model([6, 3], (input) => apply(tf.layers.dense({ units: 4, activation: "relu", ...weights() }), input)));
becomes("ReLU where there is nothing to fuse it into", ["relu"], model([5, 4, 3], (input) => apply(tf.layers.reLU(), input)));
becomes("ReLU6 after a pool", ["maxPool2d", "relu6"], model([5, 4, 3], (input) => apply(tf.layers.reLU({ maxValue: 6 }), apply(tf.layers.maxPooling2d({ poolSize: 2 }), input))));
becomes("ReLU of a convolution that something else uses too", ["conv2d", "relu", "add"], model([5, 4, 2], (input) => {
  const trunk = conv2d(input);
  return apply(tf.layers.add(), trunk, apply(tf.layers.reLU(), trunk));
}));
becomes("a leaky ReLU", ["conv2d", "leakyRelu"], model([5, 4, 2], (input) => apply(tf.layers.leakyReLU({ alpha: 0.1 }), conv2d(input))));
becomes("a PReLU with a slope per channel", ["conv2d", "prelu"], model([5, 4, 2], (input) => apply(tf.layers.prelu({ sharedAxes: [1, 2], alphaInitializer: uniform() }), conv2d(input))));
becomes("a PReLU with slopes of nothing", ["prelu"], model([7], (input) => apply(tf.layers.prelu(), input)));
becomes("an ELU", ["conv2d", "elu"], model([5, 4, 2], (input) => apply(tf.layers.elu(), conv2d(input))));
becomes("a sigmoid", ["fullyConnected", "sigmoid"], model([6], (input) => apply(tf.layers.dense({ units: 4, activation: "sigmoid", ...weights() }), input)));
becomes("a hyperbolic tangent", ["fullyConnected", "tanh"], model([6], (input) => apply(tf.layers.dense({ units: 4, activation: "tanh", ...weights() }), input)), 6);
becomes("a swish", ["fullyConnected", "sigmoid", "multiply"], model([6], (input) => apply(tf.layers.dense({ units: 4, activation: "swish" as "relu", ...weights() }), input)));
becomes("a softmax per place", ["conv2d", "softmax"], model([5, 4, 2], (input) => apply(tf.layers.softmax({ axis: -1 }), conv2d(input))), 6);
becomes("a transposed convolution with batch normalization", ["transposeConv2d", "relu"], model([4, 3, 2], (input) => apply(tf.layers.reLU(), apply(normalization(), apply(tf.layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same", ...weights() }), input)))));
becomes("a transposed convolution without a border", ["transposeConv2d"], model([4, 3, 2], (input) => apply(tf.layers.conv2dTranspose({ filters: 3, kernelSize: [2, 3], strides: [1, 2], ...weights() }), input)));
becomes("an enlargement", ["conv2d", "resizeNearestNeighbor"], model([4, 3, 2], (input) => apply(tf.layers.upSampling2d({ size: [2, 3] }), conv2d(input))));
becomes("a smooth enlargement", ["resizeBilinear", "conv2d"], model([4, 3, 2], (input) => conv2d(apply(tf.layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" }), input))));
becomes("a crop", ["slice", "conv2d"], model([6, 5, 2], (input) => conv2d(apply(tf.layers.cropping2D({ cropping: [[1, 0], [1, 2]] }), input))));
becomes("a permutation of axes", ["transpose", "conv2d"], model([6, 5, 2], (input) => conv2d(apply(tf.layers.permute({ dims: [2, 1, 3] }), input))));
becomes("an average of three", ["conv2d", "add", "conv2d", "add", "depthwiseConv2d"], model([5, 4, 2], (input) => apply(tf.layers.average(), input, conv2d(input, 2), conv2d(input, 2))));
becomes("dropout and noise", ["fullyConnected"], model([6], (input) => apply(tf.layers.gaussianNoise({ stddev: 1 }), apply(tf.layers.dropout({ rate: 0.5 }), apply(tf.layers.dense({ units: 4, ...weights() }), input)))));
becomes("a model inside a model", ["conv2d", "conv2d", "averagePool2d", "reshape", "fullyConnected"], model([6, 6, 2], (input) => {
  const inner = model([6, 6, 2], (value) => conv2d(conv2d(value, 4, { activation: "relu" })));
  return apply(tf.layers.dense({ units: 3, ...weights() }), apply(tf.layers.globalAveragePooling2d({} as never), inner.apply(input) as Tensors));
}), 8);
becomes("a sequential model inside a sequential model", ["conv2d", "reshape", "fullyConnected"], tf.sequential({
  layers: [tf.sequential({ layers: [tf.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3, ...weights() }), tf.layers.flatten()] }), tf.layers.dense({ units: 3, ...weights() })],
}));
becomes("a layer that is used twice", ["fullyConnected", "fullyConnected", "add"], model([6], (input) => {
  const shared = tf.layers.dense({ units: 6, ...weights() });
  const once = apply(shared, input);
  return apply(tf.layers.add(), once, apply(shared, once));
}));
