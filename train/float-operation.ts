/**
 * What a network computes, as TensorFlow Lite's operators do it but still in floating point.
 */

/** An activation that is fused into the operator before it. */
export type Activation = "none" | "relu" | "relu6";

/** Strides and padding of a convolution or a pool. */
export interface Geometry {
  readonly padding: "same" | "valid";
  readonly strideHeight: number;
  readonly strideWidth: number;
}

/** Geometry of a convolution. */
export interface Dilated extends Geometry {
  readonly dilationHeight: number;
  readonly dilationWidth: number;
}

/** What an operator with weights multiplies and adds. */
export interface Weights {
  /** row-major in TFLite's order */
  readonly weights: Float32Array;
  readonly weightsShape: readonly number[];
  /** one per output channel */
  readonly bias: Float32Array;
}

interface Activated {
  readonly activation: Activation;
}

/** An operator with weights; in TFLite's order: OHWI (also transposed), 1HWC for depthwise, OI for fully connected. */
export type WeightedOperation =
  | ({ readonly kind: "conv2d" } & Dilated & Weights & Activated)
  | ({ readonly kind: "depthwiseConv2d"; readonly depthMultiplier: number } & Dilated & Weights & Activated)
  | ({ readonly kind: "transposeConv2d" } & Geometry & Weights)
  | ({ readonly kind: "fullyConnected" } & Weights & Activated);

/** Which output channel each weight belongs to, by its index. */
export function channelsOf({ kind, weights, bias }: WeightedOperation): (index: number) => number {
  const channels = bias.length;
  const perOutput = weights.length / channels;
  return kind === "depthwiseConv2d" ? (index) => index % channels : (index) => Math.floor(index / perOutput);
}

/** An operator without weights. */
export type WeightlessOperation =
  | ({ readonly kind: "averagePool2d" | "maxPool2d"; readonly filterHeight: number; readonly filterWidth: number } & Geometry)
  | ({ readonly kind: "add" | "multiply" } & Activated)
  | { readonly kind: "maximum" | "minimum" }
  | { readonly kind: "concatenation"; readonly axis: number }
  /** zeros around; one pair per axis */
  | { readonly kind: "pad"; readonly paddings: readonly (readonly [before: number, after: number])[] }
  /** over these axes, which go away */
  | { readonly kind: "mean"; readonly axes: readonly number[] }
  | { readonly kind: "leakyRelu"; readonly alpha: number }
  /** a slope for negative numbers per element or, of size 1, per axis */
  | { readonly kind: "prelu"; readonly slopes: Float32Array; readonly slopesShape: readonly number[] }
  | { readonly kind: "relu" | "relu6" | "sigmoid" | "tanh" | "elu" }
  | { readonly kind: "reshape" }
  /** input corners stay at output corners' upper left */
  | { readonly kind: "resizeNearestNeighbor" | "resizeBilinear"; readonly height: number; readonly width: number }
  /** the part from `begin` on that has the output's shape */
  | { readonly kind: "slice"; readonly begin: readonly number[] }
  /** axis i of the output is axis `permutation[i]` of the input */
  | { readonly kind: "transpose"; readonly permutation: readonly number[] }
  | { readonly kind: "softmax" }
  /** the same numbers with another scale */
  | { readonly kind: "requantize" };

/** One operator with its parameters. */
export type FloatOperation = WeightedOperation | WeightlessOperation;

/** An operator, what it takes and the shape it puts out (batch 1). */
export interface FloatStep {
  /** that of the layer that it comes from */
  readonly name: string;
  readonly operation: FloatOperation;
  /** numbers of values: first the graph's inputs, then what each step puts out */
  readonly inputs: readonly number[];
  readonly outputShape: readonly number[];
}

/** What a graph takes. */
export interface GraphInput {
  readonly name: string;
  /** with the batch dimension, which is 1 */
  readonly shape: readonly number[];
}

/** What a graph gives. */
export interface GraphOutput {
  readonly name: string;
  /** number of the value */
  readonly value: number;
}

/** Operators in an order in which they can run. */
export interface FloatGraph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly steps: readonly FloatStep[];
  readonly outputs: readonly GraphOutput[];
}
