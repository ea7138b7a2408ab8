/** Layers with weights. */
import * as tf from "@tensorflow/tfjs";
import type { Dilated } from "../float-operation.ts";
import { TrainError } from "../train-error.ts";
import { reshaped, valueOf, type Value } from "../value.ts";
import { activated } from "./activations.ts";
import { asPicture, geometryOf, numbers, unsupported, type LayerReader, type LayerUse } from "./layer.ts";

/** The layer's weights in its own order. */
function weightsOf({ layer, name }: LayerUse): tf.Tensor[] {
  const weights = layer.getWeights();
  if (!weights.every((weight) => weight.dataSync().every(Number.isFinite))) throw new TrainError("BAD_WEIGHTS", `layer ${name}: expected finite weights`);
  return weights;
}

/** A layer without a bias gets one of zeros: the operators want it there. */
function biasOf(bias: tf.Tensor | undefined, channels: number): Float32Array {
  return bias === undefined ? new Float32Array(channels) : (bias.dataSync().slice() as Float32Array);
}

interface Kernel {
  readonly weights: Float32Array;
  readonly weightsShape: readonly number[];
}

function permuted(kernel: tf.Tensor, order: number[]): Kernel {
  return tf.tidy(() => {
    const transposed = kernel.transpose(order);
    return { weights: transposed.dataSync().slice() as Float32Array, weightsShape: transposed.shape };
  });
}

function dilated(use: LayerUse, dimensions: 1 | 2): Dilated {
  const dilation = numbers(use, "dilationRate", dimensions);
  return { ...geometryOf(use, dimensions), dilationHeight: dimensions === 1 ? 1 : dilation[0]!, dilationWidth: dilation.at(-1)! };
}

/** A convolution's value. @param kernel OHWI */
function convolution(name: string, input: Value, kernel: Kernel, bias: tf.Tensor | undefined, geometry: Dilated, shape: readonly number[]): Value {
  return valueOf(name, { kind: "conv2d", ...kernel, bias: biasOf(bias, shape.at(-1)!), activation: "none", ...geometry }, [input], shape);
}

/** A depthwise convolution's value. @param kernel HWIM: channel c, multiplier m is output c × M + m in both, so only the shape changes */
function depthwise(name: string, input: Value, kernel: tf.Tensor, bias: tf.Tensor | undefined, geometry: Dilated, shape: readonly number[]): Value {
  const [height, width, channels, depthMultiplier] = kernel.shape as [number, number, number, number];
  const weights = kernel.dataSync().slice() as Float32Array;
  const weightsShape = [1, height, width, channels * depthMultiplier];
  return valueOf(name, { kind: "depthwiseConv2d", weights, weightsShape, bias: biasOf(bias, weightsShape[3]!), activation: "none", depthMultiplier, ...geometry }, [input], shape);
}

const conv2d: LayerReader = (use) => {
  const [kernel, bias] = weightsOf(use);
  return activated(use, convolution(use.name, use.inputs[0]!, permuted(kernel!, [3, 0, 1, 2]), bias, dilated(use, 2), use.outputShape), use.config["activation"]);
};

const conv2dTranspose: LayerReader = (use) => {
  const [kernel, bias] = weightsOf(use);
  const dilation = numbers(use, "dilationRate", 2);
  if (dilation.some((rate) => rate !== 1)) throw unsupported(use, "a transposed convolution without dilation", dilation.join(" by "));
  const operation = { kind: "transposeConv2d", ...permuted(kernel!, [2, 0, 1, 3]), bias: biasOf(bias, use.outputShape.at(-1)!), ...geometryOf(use, 2) } as const;
  return activated(use, valueOf(use.name, operation, use.inputs, use.outputShape), use.config["activation"]);
};

const depthwiseConv2d: LayerReader = (use) => {
  const [kernel, bias] = weightsOf(use);
  return activated(use, depthwise(use.name, use.inputs[0]!, kernel!, bias, dilated(use, 2), use.outputShape), use.config["activation"]);
};

const separableConv2d: LayerReader = (use) => {
  const [kernel, pointwise, bias] = weightsOf(use);
  const geometry = dilated(use, 2);
  const between = [...use.outputShape.slice(0, 3), pointwise!.shape[2]!];
  const picture = depthwise(`${use.name}/depthwise`, use.inputs[0]!, kernel!, undefined, geometry, between);
  const onePlace: Dilated = { padding: "valid", strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 };
  return activated(use, convolution(`${use.name}/pointwise`, picture, permuted(pointwise!, [3, 0, 1, 2]), bias, onePlace, use.outputShape), use.config["activation"]);
};

/** Over a picture of height 1. */
const conv1d: LayerReader = (use) => {
  const [kernel, bias] = weightsOf(use);
  const { weights, weightsShape } = permuted(kernel!, [2, 0, 1]);
  const [outputs, width, inputs] = weightsShape as [number, number, number];
  const picture = reshaped(use.name, use.inputs[0]!, asPicture(use.inputs[0]!.shape));
  const value = convolution(use.name, picture, { weights, weightsShape: [outputs, 1, width, inputs] }, bias, dilated(use, 1), asPicture(use.outputShape));
  return activated(use, reshaped(use.name, value, use.outputShape), use.config["activation"]);
};

/** Over the last axis; what stands before it counts as a batch. */
const dense: LayerReader = (use) => {
  const [kernel, bias] = weightsOf(use);
  const [inputs, outputs] = kernel!.shape as [number, number];
  const rows = use.outputShape.slice(0, -1).reduce((product, size) => product * size, 1);
  const flat = reshaped(use.name, use.inputs[0]!, [rows, inputs]);
  const value = valueOf(use.name, { kind: "fullyConnected", ...permuted(kernel!, [1, 0]), bias: biasOf(bias, outputs), activation: "none" }, [flat], [rows, outputs]);
  return activated(use, reshaped(use.name, value, use.outputShape), use.config["activation"]);
};

const batchNormalization: LayerReader = (use) => {
  const { config, name, inputs, outputShape } = use;
  const axis = (config["axis"] as number | undefined) ?? -1;
  if (axis !== -1 && axis !== outputShape.length - 1) throw unsupported(use, "normalization of the last axis", axis);
  const values = weightsOf(use).map((weight) => weight.dataSync());
  const gamma = config["scale"] === false ? undefined : values.shift();
  const beta = config["center"] === false ? undefined : values.shift();
  const [mean, variance] = values as [Float32Array, Float32Array];
  const factors = Float64Array.from(variance, (value, channel) => (gamma?.[channel] ?? 1) / Math.sqrt(value + ((config["epsilon"] as number | undefined) ?? 1e-3)));
  const offsets = Float64Array.from(mean, (value, channel) => (beta?.[channel] ?? 0) - value * factors[channel]!);
  return valueOf(name, { kind: "perChannel", factors, offsets }, inputs, outputShape);
};

const prelu: LayerReader = (use) => {
  const [alpha] = weightsOf(use);
  return valueOf(use.name, { kind: "prelu", slopes: alpha!.dataSync().slice() as Float32Array, slopesShape: alpha!.shape }, use.inputs, use.outputShape);
};

/** Readers by the layer's class. */
export const weightedLayers: Readonly<Record<string, LayerReader>> = {
  Conv1D: conv1d,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
  Dense: dense,
  PReLU: prelu,
  BatchNormalization: batchNormalization,
};
