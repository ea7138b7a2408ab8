/** Writes small `.tflite` files for tests, sound ones and unsound ones: whatever is asked for is written, nothing is checked. */
import { Builder } from "flatbuffers";

/** TensorType of the schema. */
export const TYPE = { float32: 0, int32: 2, uint8: 3, int64: 4, bool: 6, int16: 7, int8: 9, uint64: 12, resource: 13, uint32: 15, int4: 17 } as const;

/** BuiltinOperator of the schema. */
export const OPERATOR = { add: 0, averagePool2d: 1, concatenation: 2, conv2d: 3, depthwiseConv2d: 4, dequantize: 6, fullyConnected: 9, logistic: 14, maxPool2d: 17, mul: 18, reshape: 22, softmax: 25, svdf: 27, tanh: 28, custom: 32, pad: 34, gather: 36, transpose: 39, mean: 40, sub: 41, div: 42, unidirectionalSequenceLstm: 44, stridedSlice: 45, argMax: 56, transposeConv: 67, sum: 74, rsqrt: 76, reduceMax: 82, splitV: 102, elu: 111, quantize: 114, hardSwish: 117, batchMatmul: 126, callOnce: 129, varHandle: 142, readVariable: 143, assignVariable: 144 } as const;

type Kind = "u8" | "i32" | "f32" | "string";

/** BuiltinOptions of the schema, and the fields that tests set: name → field number and kind. */
const OPTIONS = {
  conv2d: { type: 1, fields: { padding: [0, "u8"], strideW: [1, "i32"], strideH: [2, "i32"], activation: [3, "u8"], dilationW: [4, "i32"], dilationH: [5, "i32"] } },
  depthwiseConv2d: { type: 2, fields: { padding: [0, "u8"], strideW: [1, "i32"], strideH: [2, "i32"], multiplier: [3, "i32"], activation: [4, "u8"] } },
  pool2d: { type: 5, fields: { padding: [0, "u8"], strideW: [1, "i32"], strideH: [2, "i32"], filterW: [3, "i32"], filterH: [4, "i32"], activation: [5, "u8"] } },
  svdf: { type: 6, fields: { rank: [0, "i32"], activation: [1, "u8"] } },
  fullyConnected: { type: 8, fields: { activation: [0, "u8"] } },
  softmax: { type: 9, fields: { beta: [0, "f32"] } },
  concatenation: { type: 10, fields: { axis: [0, "i32"], activation: [1, "u8"] } },
  add: { type: 11, fields: { activation: [0, "u8"] } },
  mul: { type: 21, fields: { activation: [0, "u8"] } },
  sub: { type: 28, fields: { activation: [0, "u8"] } },
  div: { type: 29, fields: { activation: [0, "u8"] } },
  reducer: { type: 27, fields: { keepDims: [0, "u8"] } },
  transposeConv: { type: 49, fields: { padding: [0, "u8"], strideW: [1, "i32"], strideH: [2, "i32"], activation: [3, "u8"] } },
  batchMatmul: { type: 101, fields: { adjointX: [0, "u8"], adjointY: [1, "u8"] } },
  unidirectionalSequenceLstm: { type: 71, fields: { activation: [0, "u8"], cellClip: [1, "f32"], timeMajor: [3, "u8"] } },
  gather: { type: 23, fields: { axis: [0, "i32"], batchDims: [1, "i32"] } },
  stridedSlice: { type: 32, fields: { beginMask: [0, "i32"], endMask: [1, "i32"], shrinkAxisMask: [4, "i32"] } },
  callOnce: { type: 103, fields: { subgraph: [0, "i32"] } },
  varHandle: { type: 111, fields: { name: [1, "string"] } },
} as const satisfies Record<string, { type: number; fields: Record<string, readonly [number, Kind]> }>;

/** A tensor of a file. */
export interface TensorOfFile {
  name?: string;
  type: number;
  shape: readonly number[];
  /** constant data; the tensor has none without it */
  data?: Uint8Array;
  scales?: readonly number[];
  zeroPoints?: readonly number[];
  dimension?: number;
  isVariable?: boolean;
}

/** An operator of a file. */
export interface OperatorOfFile {
  code: number;
  version?: number;
  custom?: string;
  /** FlexBuffers, of a custom operator */
  customOptions?: Uint8Array;
  inputs: readonly number[];
  outputs: readonly number[];
  options?: { kind: keyof typeof OPTIONS } & Record<string, number | string>;
}

/** A subgraph of a file. */
export interface GraphOfFile {
  tensors: readonly TensorOfFile[];
  operators: readonly OperatorOfFile[];
  inputs: readonly number[];
  outputs: readonly number[];
}

/** A file: its first subgraph, and the others. */
export interface ModelFile extends GraphOfFile {
  others?: readonly GraphOfFile[];
  version?: number;
}

function vector(builder: Builder, bytes: number, count: number, add: (index: number) => void): number {
  builder.startVector(bytes, count, bytes);
  for (let index = count - 1; index >= 0; index--) add(index);
  return builder.endVector();
}

const int32s = (builder: Builder, values: readonly number[]): number => vector(builder, 4, values.length, (i) => builder.addInt32(values[i]!));
const offsets = (builder: Builder, values: readonly number[]): number => vector(builder, 4, values.length, (i) => builder.addOffset(values[i]!));

function table(builder: Builder, fields: number, fill: () => void): number {
  builder.startObject(fields);
  fill();
  return builder.endObject();
}

function writeTensor(builder: Builder, tensor: TensorOfFile, buffer: number): number {
  const { scales = [], zeroPoints = scales.map(() => 0) } = tensor;
  const name = builder.createString(tensor.name ?? "");
  const shape = int32s(builder, tensor.shape);
  const scale = vector(builder, 4, scales.length, (i) => builder.addFloat32(scales[i]!));
  const zeroPoint = vector(builder, 8, zeroPoints.length, (i) => builder.addInt64(BigInt(zeroPoints[i]!)));
  const quantization = table(builder, 7, () => {
    builder.addFieldOffset(2, scale, 0);
    builder.addFieldOffset(3, zeroPoint, 0);
    builder.addFieldInt32(6, tensor.dimension ?? 0, 0);
  });
  return table(builder, 7, () => {
    builder.addFieldOffset(0, shape, 0);
    builder.addFieldInt8(1, tensor.type, 0);
    builder.addFieldInt32(2, buffer, 0);
    builder.addFieldOffset(3, name, 0);
    builder.addFieldOffset(4, quantization, 0);
    builder.addFieldInt8(5, tensor.isVariable ? 1 : 0, 0);
  });
}

function writeOptions(builder: Builder, { kind, ...values }: NonNullable<OperatorOfFile["options"]>): number {
  const fields: Record<string, readonly [number, Kind]> = OPTIONS[kind].fields;
  const strings = new Map(Object.entries(values).flatMap(([name, value]) => (typeof value === "string" ? [[name, builder.createString(value)]] : [])));
  return table(builder, 7, () => {
    for (const [name, value] of Object.entries(values)) {
      const [field, type] = fields[name] ?? [];
      if (field === undefined) throw new Error(`expected a field of ${kind}, got ${name}`);
      if (typeof value === "string") {
        builder.addFieldOffset(field, strings.get(name)!, 0);
        continue;
      }
      if (type === "u8") builder.addFieldInt8(field, value, 0);
      // A default that no test sets, so that every value is written.
      else if (type === "i32") builder.addFieldInt32(field, value, -123456);
      else builder.addFieldFloat32(field, value, 0);
    }
  });
}

/** `firstCode` is the operator code of the graph's first operator. */
function writeSubgraph(builder: Builder, model: GraphOfFile, buffers: readonly number[], firstCode: number): number {
  const tensors = offsets(builder, model.tensors.map((tensor, i) => writeTensor(builder, tensor, buffers[i]!)));
  const operators = model.operators.map((operator, index) => {
    const options = operator.options && writeOptions(builder, operator.options);
    const inputs = int32s(builder, operator.inputs);
    const outputs = int32s(builder, operator.outputs);
    const custom = operator.customOptions && builder.createByteVector(operator.customOptions);
    return table(builder, 6, () => {
      builder.addFieldInt32(0, firstCode + index, 0);
      builder.addFieldOffset(1, inputs, 0);
      builder.addFieldOffset(2, outputs, 0);
      if (operator.options !== undefined && options !== undefined) {
        builder.addFieldInt8(3, OPTIONS[operator.options.kind].type, 0);
        builder.addFieldOffset(4, options, 0);
      }
      if (custom !== undefined) builder.addFieldOffset(5, custom, 0);
    });
  });
  const operatorVector = offsets(builder, operators);
  const inputs = int32s(builder, model.inputs);
  const outputs = int32s(builder, model.outputs);
  return table(builder, 4, () => {
    builder.addFieldOffset(0, tensors, 0);
    builder.addFieldOffset(1, inputs, 0);
    builder.addFieldOffset(2, outputs, 0);
    builder.addFieldOffset(3, operatorVector, 0);
  });
}

/** The bytes of a file. Every operator has an operator code of its own. */
export function modelFile(model: ModelFile): Uint8Array {
  const builder = new Builder(1024);
  // Buffer 0 is empty, as the schema wants it.
  const empty = table(builder, 1, () => {});
  const buffers = [empty];
  const bufferOf = (tensor: TensorOfFile): number => {
    if (tensor.data === undefined) return 0;
    const data = tensor.data;
    builder.startVector(1, data.length, 16);
    for (let i = data.length - 1; i >= 0; i--) builder.addInt8(data[i]!);
    const bytes = builder.endVector();
    return buffers.push(table(builder, 1, () => builder.addFieldOffset(0, bytes, 0))) - 1;
  };
  const graphs = [model, ...(model.others ?? [])];
  const tables: number[] = [];
  let firstCode = 0;
  for (const graph of graphs) {
    tables.push(writeSubgraph(builder, graph, graph.tensors.map(bufferOf), firstCode));
    firstCode += graph.operators.length;
  }
  const subgraphs = offsets(builder, tables);
  const codes = offsets(
    builder,
    graphs.flatMap(({ operators }) => operators).map(({ code, version = 1, custom }) => {
      const name = custom === undefined ? 0 : builder.createString(custom);
      return table(builder, 4, () => {
        builder.addFieldInt8(0, Math.min(code, 127), 0);
        builder.addFieldOffset(1, name, 0);
        builder.addFieldInt32(2, version, 1);
        builder.addFieldInt32(3, code, 0);
      });
    }),
  );
  const bufferVector = offsets(builder, buffers);
  const root = table(builder, 5, () => {
    builder.addFieldInt32(0, model.version ?? 3, 0);
    builder.addFieldOffset(1, codes, 0);
    builder.addFieldOffset(2, subgraphs, 0);
    builder.addFieldOffset(4, bufferVector, 0);
  });
  builder.finish(root, "TFL3");
  return builder.asUint8Array();
}

/** The bytes of int8 values. */
export const int8Bytes = (values: readonly number[]): Uint8Array => new Uint8Array(Int8Array.from(values).buffer);

/** The bytes of int16 values. */
export const int16Bytes = (values: readonly number[]): Uint8Array => new Uint8Array(Int16Array.from(values).buffer);

/** The bytes of float32 values. */
export const float32Bytes = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

/** The bytes of int32 values. */
export const int32Bytes = (values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

const pattern = (count: number, factor: number, range: number): number[] => Array.from({ length: count }, (_, i) => ((i * factor + 17) % (2 * range + 1)) - range);

/** An image of 4 × 4: CONV_2D to 2 channels with RELU, MAX_POOL_2D, RESHAPE, FULLY_CONNECTED to 3 classes, SOFTMAX. */
export const tiny: ModelFile = {
  tensors: [
    { name: "image", type: TYPE.int8, shape: [1, 4, 4, 1], scales: [0.02], zeroPoints: [-10] },
    { name: "filters", type: TYPE.int8, shape: [2, 3, 3, 1], scales: [0.001, 0.002], data: int8Bytes(pattern(18, 53, 127)) },
    { name: "filter-bias", type: TYPE.int32, shape: [2], scales: [0.00002, 0.00004], data: int32Bytes([2500, -3000]) },
    { name: "features", type: TYPE.int8, shape: [1, 4, 4, 2], scales: [0.03], zeroPoints: [-128] },
    { name: "pooled", type: TYPE.int8, shape: [1, 2, 2, 2], scales: [0.03], zeroPoints: [-128] },
    { name: "flat", type: TYPE.int8, shape: [1, 8], scales: [0.03], zeroPoints: [-128] },
    { name: "weights", type: TYPE.int8, shape: [3, 8], scales: [0.002], data: int8Bytes(pattern(24, 71, 127)) },
    { name: "bias", type: TYPE.int32, shape: [3], scales: [0.00006], data: int32Bytes([9000, -12000, 400]) },
    { name: "logits", type: TYPE.int8, shape: [1, 3], scales: [0.1], zeroPoints: [3] },
    { name: "classes", type: TYPE.int8, shape: [1, 3], scales: [1 / 256], zeroPoints: [-128] },
  ],
  operators: [
    { code: OPERATOR.conv2d, version: 3, inputs: [0, 1, 2], outputs: [3], options: { kind: "conv2d", padding: 0, strideW: 1, strideH: 1, activation: 1 } },
    { code: OPERATOR.maxPool2d, version: 2, inputs: [3], outputs: [4], options: { kind: "pool2d", padding: 1, strideW: 2, strideH: 2, filterW: 2, filterH: 2 } },
    { code: OPERATOR.reshape, inputs: [4], outputs: [5] },
    { code: OPERATOR.fullyConnected, version: 4, inputs: [5, 6, 7], outputs: [8], options: { kind: "fullyConnected" } },
    { code: OPERATOR.softmax, version: 2, inputs: [8], outputs: [9], options: { kind: "softmax", beta: 1 } },
  ],
  inputs: [0],
  outputs: [9],
};
