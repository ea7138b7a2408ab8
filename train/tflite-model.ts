/** A quantized model as the writer takes it: TensorFlow Lite's tensors and operators, without the flatbuffer around them. */
import type { Activation, Dilated, Geometry } from "./float-operation.ts";

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
  readonly type: "int8" | "int32" | "float32";
  readonly quantization?: Quantization;
  readonly data?: Int8Array | Int32Array;
}

/** An operator's options: those of the operation in floating point, less what stands in tensors. */
export type TfliteOptions =
  | ({ readonly kind: "conv2d"; readonly activation: Activation } & Dilated)
  | ({ readonly kind: "depthwiseConv2d"; readonly activation: Activation; readonly depthMultiplier: number } & Dilated)
  | { readonly kind: "fullyConnected"; readonly activation: Activation }
  | { readonly kind: "reshape"; readonly newShape: readonly number[] }
  | { readonly kind: "softmax"; readonly beta: number }
  | ({ readonly kind: "transposeConv2d" } & Geometry)
  | { readonly kind: "pad" | "mean" | "slice" | "transpose" | "resizeNearestNeighbor" | "resizeBilinear" | "quantize" | "dequantize" }
  | ({ readonly kind: "averagePool2d" | "maxPool2d"; readonly filterHeight: number; readonly filterWidth: number } & Geometry)
  | { readonly kind: "add" | "multiply"; readonly activation: Activation }
  | { readonly kind: "concatenation"; readonly axis: number }
  | { readonly kind: "leakyRelu"; readonly alpha: number }
  | { readonly kind: "maximum" | "minimum" | "relu" | "relu6" | "prelu" | "sigmoid" | "tanh" | "elu" };

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
