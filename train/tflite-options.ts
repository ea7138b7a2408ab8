/** The operators of a `.tflite` file: their numbers, versions and options. Field numbers are the schema's. */
import type { Builder } from "flatbuffers";
import type { Activation } from "./float-operation.ts";
import type { TfliteOptions } from "./tflite-model.ts";

const PADDING = { same: 0, valid: 1 } as const;
const ACTIVATION: Readonly<Record<Activation, number>> = { none: 0, relu: 1, relu6: 3 };

/** How the schema calls an operator. */
export interface OperatorNumbers {
  /** BuiltinOperator */
  readonly code: number;
  /** BuiltinOptions; absent if it has none */
  readonly options?: number;
  /** with int8 tensors (tensorflow/compiler/mlir/lite/tools/versioning/op_version.cc) */
  readonly version: number;
}

/** The numbers of each operator. */
export const OPERATOR: Readonly<Record<TfliteOptions["kind"], OperatorNumbers>> = {
  add: { code: 0, options: 11, version: 2 },
  averagePool2d: { code: 1, options: 5, version: 2 },
  concatenation: { code: 2, options: 10, version: 2 },
  conv2d: { code: 3, options: 1, version: 3 },
  depthwiseConv2d: { code: 4, options: 2, version: 3 },
  dequantize: { code: 6, options: 38, version: 2 },
  elu: { code: 111, version: 1 },
  fullyConnected: { code: 9, options: 8, version: 4 },
  leakyRelu: { code: 98, options: 75, version: 1 },
  maximum: { code: 55, options: 39, version: 2 },
  maxPool2d: { code: 17, options: 5, version: 2 },
  mean: { code: 40, options: 27, version: 2 },
  minimum: { code: 57, options: 39, version: 2 },
  multiply: { code: 18, options: 21, version: 2 },
  pad: { code: 34, options: 22, version: 2 },
  prelu: { code: 54, version: 1 },
  quantize: { code: 114, options: 89, version: 1 },
  relu: { code: 19, version: 2 },
  relu6: { code: 21, version: 2 },
  reshape: { code: 22, options: 17, version: 1 },
  resizeBilinear: { code: 23, options: 15, version: 2 },
  resizeNearestNeighbor: { code: 97, options: 74, version: 2 },
  sigmoid: { code: 14, version: 2 },
  slice: { code: 65, options: 48, version: 2 },
  softmax: { code: 25, options: 9, version: 2 },
  tanh: { code: 28, version: 2 },
  transpose: { code: 39, options: 26, version: 2 },
  transposeConv2d: { code: 67, options: 49, version: 3 },
};

/** Writes a vector of int32. */
export function int32Vector(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
}

/** Writes the table of an operator's options. @returns its offset, 0 for an operator without any */
export function writeOptions(builder: Builder, options: TfliteOptions): number {
  switch (options.kind) {
    case "conv2d": // { padding, stride_w, stride_h, fused_activation_function, dilation_w_factor = 1, dilation_h_factor = 1 }
      builder.startObject(7);
      builder.addFieldInt8(0, PADDING[options.padding], 0);
      builder.addFieldInt32(1, options.strideWidth, 0);
      builder.addFieldInt32(2, options.strideHeight, 0);
      builder.addFieldInt8(3, ACTIVATION[options.activation], 0);
      builder.addFieldInt32(4, options.dilationWidth, 1);
      builder.addFieldInt32(5, options.dilationHeight, 1);
      break;
    case "depthwiseConv2d": // as conv2d, with depth_multiplier before the activation
      builder.startObject(7);
      builder.addFieldInt8(0, PADDING[options.padding], 0);
      builder.addFieldInt32(1, options.strideWidth, 0);
      builder.addFieldInt32(2, options.strideHeight, 0);
      builder.addFieldInt32(3, options.depthMultiplier, 0);
      builder.addFieldInt8(4, ACTIVATION[options.activation], 0);
      builder.addFieldInt32(5, options.dilationWidth, 1);
      builder.addFieldInt32(6, options.dilationHeight, 1);
      break;
    case "averagePool2d":
    case "maxPool2d": // { padding, stride_w, stride_h, filter_width, filter_height, fused_activation_function }
      builder.startObject(6);
      builder.addFieldInt8(0, PADDING[options.padding], 0);
      builder.addFieldInt32(1, options.strideWidth, 0);
      builder.addFieldInt32(2, options.strideHeight, 0);
      builder.addFieldInt32(3, options.filterWidth, 0);
      builder.addFieldInt32(4, options.filterHeight, 0);
      break;
    case "fullyConnected": // { fused_activation_function, weights_format, keep_num_dims, asymmetric_quantize_inputs }
      builder.startObject(5);
      builder.addFieldInt8(0, ACTIVATION[options.activation], 0);
      break;
    case "reshape": { // { new_shape: [int] }
      const newShape = int32Vector(builder, options.newShape);
      builder.startObject(1);
      builder.addFieldOffset(0, newShape, 0);
      break;
    }
    case "softmax": // { beta: float }
      builder.startObject(1);
      builder.addFieldFloat32(0, options.beta, 0);
      break;
    case "add": // { fused_activation_function, pot_scale_int16 }
    case "multiply": // { fused_activation_function }
      builder.startObject(options.kind === "add" ? 2 : 1);
      builder.addFieldInt8(0, ACTIVATION[options.activation], 0);
      break;
    case "concatenation": // { axis: int, fused_activation_function }
      builder.startObject(2);
      builder.addFieldInt32(0, options.axis, 0);
      break;
    case "leakyRelu": // { alpha: float }
      builder.startObject(1);
      builder.addFieldFloat32(0, options.alpha, 0);
      break;
    case "transposeConv2d": // { padding, stride_w, stride_h, fused_activation_function }
      builder.startObject(4);
      builder.addFieldInt8(0, PADDING[options.padding], 0);
      builder.addFieldInt32(1, options.strideWidth, 0);
      builder.addFieldInt32(2, options.strideHeight, 0);
      break;
    case "resizeBilinear": // { new_height, new_width (both deprecated), align_corners: bool, half_pixel_centers: bool }
      builder.startObject(4);
      break;
    case "resizeNearestNeighbor": // { align_corners: bool, half_pixel_centers: bool }
      builder.startObject(2);
      break;
    case "mean": // { keep_dims: bool }
      builder.startObject(1);
      break;
    case "dequantize": // tables without fields
    case "maximum":
    case "minimum":
    case "pad":
    case "quantize":
    case "slice":
    case "transpose":
      builder.startObject(0);
      break;
    case "elu":
    case "prelu":
    case "relu":
    case "relu6":
    case "sigmoid":
    case "tanh":
      return 0;
  }
  return builder.endObject();
}
