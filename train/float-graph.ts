/**
 * A tfjs layers model as the chain of TensorFlow Lite operators that compute it, still in floating point.
 */
import * as tf from "@tensorflow/tfjs";
import { TrainError } from "./train-error.ts";

/** An activation that is fused into the operator before it. */
export type Activation = "none" | "relu" | "relu6";

/** Strides, dilation and padding of a convolution or a pool. */
export interface Geometry {
  readonly padding: "same" | "valid";
  readonly strideHeight: number;
  readonly strideWidth: number;
}

interface Weights {
  /** row-major in TFLite's order */
  readonly weights: Float32Array;
  readonly weightsShape: readonly number[];
  /** one per output channel */
  readonly bias: Float32Array;
  readonly activation: Activation;
}

/** One operator with its parameters. Weights are in TFLite's order: OHWI, 1HWC for depthwise, OI for fully connected. */
export type FloatOperation =
  | ({ readonly kind: "conv2d"; readonly dilationHeight: number; readonly dilationWidth: number } & Geometry & Weights)
  | ({ readonly kind: "depthwiseConv2d"; readonly dilationHeight: number; readonly dilationWidth: number; readonly depthMultiplier: number } & Geometry & Weights)
  | ({ readonly kind: "fullyConnected" } & Weights)
  | ({ readonly kind: "averagePool2d" | "maxPool2d"; readonly filterHeight: number; readonly filterWidth: number } & Geometry)
  | { readonly kind: "reshape" }
  | { readonly kind: "softmax" };

/** An operator, the layer that it comes from and the shape it puts out (batch 1). */
export interface FloatStep {
  readonly name: string;
  readonly operation: FloatOperation;
  readonly outputShape: readonly number[];
}

/** A chain of operators from one input to one output. */
export interface FloatGraph {
  readonly name: string;
  /** with the batch dimension, which is 1 */
  readonly inputShape: readonly number[];
  readonly steps: readonly FloatStep[];
}

/** What the layers' `getConfig()` says; checked where it is used. */
type Config = Readonly<Record<string, unknown>>;

const SUPPORTED = "Conv2D, DepthwiseConv2D, Dense, ReLU, Activation, Softmax, AveragePooling2D, MaxPooling2D, GlobalAveragePooling2D, Flatten, Reshape, Dropout";

function pair(config: Config, key: string): [number, number] {
  const value = config[key];
  return Array.isArray(value) ? [value[0] as number, (value[1] ?? value[0]) as number] : [(value ?? 1) as number, (value ?? 1) as number];
}

function geometryOf(layer: tf.layers.Layer, config: Config): Geometry {
  if (config["dataFormat"] === "channelsFirst" || config["dataFormat"] === "channels_first") throw new TrainError("UNSUPPORTED_OPTION", `layer ${layer.name}: expected the data format channelsLast, got channelsFirst`);
  const padding = config["padding"] ?? "valid";
  if (padding !== "same" && padding !== "valid") throw new TrainError("UNSUPPORTED_OPTION", `layer ${layer.name}: expected padding same or valid, got ${String(padding)}`);
  const [strideHeight, strideWidth] = pair(config, "strides");
  return { padding, strideHeight, strideWidth };
}

/** The weights' values by role, so that a layer without a bias gets one of zeros: the operators want it there. */
function weightsOf(layer: tf.layers.Layer, outputs: number): { kernel: tf.Tensor; bias: Float32Array } {
  const [kernel, bias] = layer.getWeights();
  const values = bias === undefined ? new Float32Array(outputs) : (bias.dataSync() as Float32Array).slice();
  if (![...kernel!.dataSync(), ...values].every(Number.isFinite)) throw new TrainError("BAD_WEIGHTS", `layer ${layer.name}: expected finite weights`);
  return { kernel: kernel!, bias: values };
}

function permuted(kernel: tf.Tensor, order: number[], shape: number[]): { weights: Float32Array; weightsShape: number[] } {
  return tf.tidy(() => ({ weights: kernel.transpose(order).dataSync().slice() as Float32Array, weightsShape: shape }));
}

/** An activation by tfjs's name; softmax becomes an operator of its own. */
function activationOf(layer: tf.layers.Layer, name: unknown): Activation | "softmax" {
  switch (name ?? "linear") {
    case "linear":
      return "none";
    case "relu":
    case "relu6":
    case "softmax":
      return name as Activation | "softmax";
    default:
      throw new TrainError("UNSUPPORTED_OPTION", `layer ${layer.name}: expected the activation linear, relu, relu6 or softmax, got ${String(name)}`);
  }
}

function computed(layer: tf.layers.Layer, config: Config, activation: Activation): FloatOperation {
  const outputs = (layer.outputShape as number[]).at(-1)!;
  const { kernel, bias } = weightsOf(layer, outputs);
  if (layer.getClassName() === "Dense") {
    const [inputs] = kernel.shape as [number, number];
    if ((layer.input as tf.SymbolicTensor).shape.length !== 2) throw new TrainError("UNSUPPORTED_OPTION", `layer ${layer.name}: expected a flat input (put a Flatten before it), got ${(layer.input as tf.SymbolicTensor).shape.length} dimensions`);
    return { kind: "fullyConnected", ...permuted(kernel, [1, 0], [outputs, inputs]), bias, activation };
  }
  const [height, width, inputs, last] = kernel.shape as [number, number, number, number];
  const [dilationHeight, dilationWidth] = pair(config, "dilationRate");
  const common = { ...geometryOf(layer, config), dilationHeight, dilationWidth, bias, activation };
  return layer.getClassName() === "Conv2D"
    ? { kind: "conv2d", ...permuted(kernel, [3, 0, 1, 2], [last, height, width, inputs]), ...common }
    : // Channel c, multiplier m is output c × multiplier + m in both, so only the shape changes.
      { kind: "depthwiseConv2d", ...permuted(kernel, [0, 1, 2, 3], [1, height, width, inputs * last]), depthMultiplier: last, ...common };
}

function pooled(layer: tf.layers.Layer, config: Config): FloatOperation {
  const className = layer.getClassName();
  if (className === "GlobalAveragePooling2D") {
    const [, filterHeight, filterWidth] = (layer.input as tf.SymbolicTensor).shape as [null, number, number, number];
    geometryOf(layer, config);
    return { kind: "averagePool2d", filterHeight, filterWidth, padding: "valid", strideHeight: 1, strideWidth: 1 };
  }
  const [filterHeight, filterWidth] = pair(config, "poolSize");
  return { kind: className === "MaxPooling2D" ? "maxPool2d" : "averagePool2d", filterHeight, filterWidth, ...geometryOf(layer, config) };
}

/** The step before with the activation of a layer of its own fused into it. */
function fused(before: FloatStep | undefined, layer: tf.layers.Layer, activation: Activation): FloatStep {
  if (before === undefined || !("activation" in before.operation) || before.operation.activation !== "none") {
    throw new TrainError("UNSUPPORTED_OPTION", `layer ${layer.name}: expected ${activation} right after a Conv2D, DepthwiseConv2D or Dense layer without an activation, which it is fused into`);
  }
  return { ...before, operation: { ...before.operation, activation } };
}

/** ReLU's bounds as an activation that TFLite can fuse. */
function reluOf(layer: tf.layers.Layer, config: Config): Activation {
  const bound = config["maxValue"] ?? null;
  if (bound === null) return "relu";
  if (bound === 6) return "relu6";
  throw new TrainError("UNSUPPORTED_OPTION", `layer ${layer.name}: expected ReLU without a bound or with 6, got ${String(bound)}`);
}

/**
 * Reads a layers model (sequential, or functional and in one line).
 *
 * @throws TrainError `UNSUPPORTED_LAYER`, `UNSUPPORTED_OPTION`, `NOT_A_CHAIN`, `BAD_WEIGHTS`
 */
export function floatGraphOf(model: tf.LayersModel): FloatGraph {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) throw new TrainError("NOT_A_CHAIN", `model ${model.name}: expected one input and one output, got ${model.inputs.length} and ${model.outputs.length}`);
  const input = model.inputs[0]!;
  let current = input;
  const steps: FloatStep[] = [];
  for (const layer of model.layers) {
    const className = layer.getClassName();
    if (className === "InputLayer") continue;
    // The getter throws for a layer that is used twice.
    if (layer.inboundNodes.length !== 1 || layer.input !== current) throw new TrainError("NOT_A_CHAIN", `layer ${layer.name}: expected the output of the layer before it as its only input`);
    current = layer.output as tf.SymbolicTensor;
    const outputShape = current.shape.map((size, axis) => (axis === 0 ? 1 : size!));
    if (outputShape.some((size) => !(size > 0))) throw new TrainError("UNSUPPORTED_OPTION", `layer ${layer.name}: expected sizes that are known, got ${JSON.stringify(current.shape)}`);
    const config = layer.getConfig() as Config;
    const add = (operation: FloatOperation, shape: readonly number[] = outputShape): void => void steps.push({ name: layer.name, operation, outputShape: shape });
    switch (className) {
      case "Conv2D":
      case "DepthwiseConv2D":
      case "Dense": {
        const activation = activationOf(layer, config["activation"]);
        add(computed(layer, config, activation === "softmax" ? "none" : activation));
        if (activation === "softmax") add({ kind: "softmax" });
        break;
      }
      case "ReLU":
        steps.push(fused(steps.pop(), layer, reluOf(layer, config)));
        break;
      case "Softmax":
        add({ kind: "softmax" });
        break;
      case "Activation": {
        const activation = activationOf(layer, config["activation"]);
        if (activation === "softmax") add({ kind: "softmax" });
        else if (activation !== "none") steps.push(fused(steps.pop(), layer, activation));
        break;
      }
      case "AveragePooling2D":
      case "MaxPooling2D":
        add(pooled(layer, config));
        break;
      case "GlobalAveragePooling2D":
        add(pooled(layer, config), [1, 1, 1, outputShape.at(-1)!]);
        add({ kind: "reshape" });
        break;
      case "Flatten":
      case "Reshape":
        add({ kind: "reshape" });
        break;
      case "Dropout":
        break; // the identity once trained
      default:
        throw new TrainError("UNSUPPORTED_LAYER", `layer ${layer.name}: expected one of ${SUPPORTED}, got ${className}`);
    }
  }
  if (steps.length === 0) throw new TrainError("NOT_A_CHAIN", `model ${model.name}: expected at least one layer that computes`);
  return { name: model.name, inputShape: input.shape.map((size, axis) => (axis === 0 ? 1 : size!)), steps };
}
