/** A quantized model as the writer takes it: TensorFlow Lite's tensors and operators, without the flatbuffer around them. */
import type { Activation, Geometry } from "./float-graph.ts";

/** How integers stand for real numbers: `scale × (q − zeroPoint)`. */
export interface Quantization {
  /** one, or one per channel along `dimension`; binary32 values > 0 */
  readonly scales: readonly number[];
  /** as many as scales */
  readonly zeroPoints: readonly number[];
  readonly dimension: number;
}

/** A tensor, constant if it has data. */
export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: "int8" | "int32";
  readonly quantization?: Quantization;
  readonly data?: Int8Array | Int32Array;
}

/** An operator's options. */
export type TfliteOptions =
  | ({ readonly kind: "conv2d"; readonly activation: Activation; readonly dilationHeight: number; readonly dilationWidth: number } & Geometry)
  | ({ readonly kind: "depthwiseConv2d"; readonly activation: Activation; readonly dilationHeight: number; readonly dilationWidth: number; readonly depthMultiplier: number } & Geometry)
  | { readonly kind: "fullyConnected"; readonly activation: Activation }
  | ({ readonly kind: "averagePool2d" | "maxPool2d"; readonly filterHeight: number; readonly filterWidth: number } & Geometry)
  | { readonly kind: "reshape"; readonly newShape: readonly number[] }
  | { readonly kind: "softmax"; readonly beta: number };

/** An operator; numbers are indices of tensors. */
export interface TfliteOperator {
  readonly options: TfliteOptions;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A model with one subgraph. */
export interface TfliteModel {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
