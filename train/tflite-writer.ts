/**
 * Writes a model as a `.tflite` file: the flatbuffer of TensorFlow Lite's schema version 3 (tensorflow/compiler/mlir/lite/schema/schema.fbs).
 * Field numbers below are the schema's. The same model gives the same bytes.
 */
import { Builder } from "flatbuffers";
import type { Quantization, TfliteModel, TfliteOperator, TfliteOptions, TfliteTensor } from "./tflite-model.ts";
import { int32Vector, OPERATOR, writeOptions } from "./tflite-options.ts";

/** Version of the schema; the file identifier goes with it. */
const SCHEMA_VERSION = 3;
const FILE_IDENTIFIER = "TFL3";

/** Constants stand at multiples of 16 bytes of the file, as TensorFlow Lite's readers may assume (`force_align: 16` in the schema). */
const BUFFER_ALIGNMENT = 16;

const TENSOR_TYPE = { float32: 0, int32: 2, int8: 9 } as const;

function offsetVector(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

/** A constant in little-endian order. */
function bytesOf(data: Int8Array | Int32Array): Uint8Array {
  const bytes = new Uint8Array(data.length * data.BYTES_PER_ELEMENT);
  const view = new DataView(bytes.buffer);
  data.forEach((value, index) => (data instanceof Int32Array ? view.setInt32(index * 4, value, true) : view.setInt8(index, value)));
  return bytes;
}

/** The buffers of a file and which of them is each tensor's. Buffer 0 is empty by the schema's convention: it is that of every tensor without data. Equal constants share one. */
function buffersOf(tensors: readonly TfliteTensor[]): { buffers: readonly (Uint8Array | undefined)[]; indices: readonly number[] } {
  const buffers: (Uint8Array | undefined)[] = [undefined];
  const known = new Map<string, number>();
  const indices = tensors.map(({ data }) => {
    if (data === undefined) return 0;
    const bytes = bytesOf(data);
    const key = Buffer.from(bytes).toString("latin1");
    if (!known.has(key)) known.set(key, buffers.push(bytes) - 1);
    return known.get(key)!;
  });
  return { buffers, indices };
}

/** table Buffer { data: [ubyte] (force_align: 16) } */
function writeBuffer(builder: Builder, bytes: Uint8Array | undefined): number {
  let vector = 0;
  if (bytes !== undefined) {
    builder.startVector(1, bytes.length, BUFFER_ALIGNMENT);
    for (const byte of bytes.toReversed()) builder.addInt8(byte);
    vector = builder.endVector();
  }
  builder.startObject(1);
  builder.addFieldOffset(0, vector, 0);
  return builder.endObject();
}

/** table QuantizationParameters { min, max, scale: [float], zero_point: [long], details (a union), quantized_dimension: int } */
function writeQuantization(builder: Builder, { scales, zeroPoints, dimension }: Quantization): number {
  builder.startVector(8, zeroPoints.length, 8);
  for (const zeroPoint of zeroPoints.toReversed()) builder.addInt64(BigInt(zeroPoint));
  const zeroPointVector = builder.endVector();
  builder.startVector(4, scales.length, 4);
  for (const scale of scales.toReversed()) builder.addFloat32(scale);
  const scaleVector = builder.endVector();
  builder.startObject(7);
  builder.addFieldOffset(2, scaleVector, 0);
  builder.addFieldOffset(3, zeroPointVector, 0);
  builder.addFieldInt32(6, dimension, 0);
  return builder.endObject();
}

/** table Tensor { shape: [int], type: byte, buffer: uint, name: string, quantization, … } */
function writeTensor(builder: Builder, tensor: TfliteTensor, buffer: number): number {
  const name = builder.createString(tensor.name);
  const shape = int32Vector(builder, tensor.shape);
  const quantization = tensor.quantization === undefined ? 0 : writeQuantization(builder, tensor.quantization);
  builder.startObject(10);
  builder.addFieldOffset(0, shape, 0);
  builder.addFieldInt8(1, TENSOR_TYPE[tensor.type], 0);
  builder.addFieldInt32(2, buffer, 0);
  builder.addFieldOffset(3, name, 0);
  builder.addFieldOffset(4, quantization, 0);
  return builder.endObject();
}

/** table Operator { opcode_index: uint, inputs: [int], outputs: [int], builtin_options (a union: type, value), … } */
function writeOperator(builder: Builder, operator: TfliteOperator, opcodeIndex: number): number {
  const options = writeOptions(builder, operator.options);
  const outputs = int32Vector(builder, operator.outputs);
  const inputs = int32Vector(builder, operator.inputs);
  builder.startObject(9);
  builder.addFieldInt32(0, opcodeIndex, 0);
  builder.addFieldOffset(1, inputs, 0);
  builder.addFieldOffset(2, outputs, 0);
  builder.addFieldInt8(3, OPERATOR[operator.options.kind].options ?? 0, 0);
  builder.addFieldOffset(4, options, 0);
  return builder.endObject();
}

/** table OperatorCode { deprecated_builtin_code: byte, custom_code: string, version: int = 1, builtin_code: BuiltinOperator } */
function writeOperatorCode(builder: Builder, kind: TfliteOptions["kind"]): number {
  const { code, version } = OPERATOR[kind];
  builder.startObject(4);
  builder.addFieldInt8(0, code, 0); // where readers of schema 3 looked before 3a; all codes here are below its 127
  builder.addFieldInt32(2, version, 1);
  builder.addFieldInt32(3, code, 0);
  return builder.endObject();
}

/** The bytes of a `.tflite` file. */
export function writeTflite(model: TfliteModel): Uint8Array {
  const builder = new Builder(4096);
  const kinds = [...new Set(model.operators.map(({ options }) => options.kind))];
  const { buffers: data, indices } = buffersOf(model.tensors);
  const buffers = offsetVector(builder, data.map((bytes) => writeBuffer(builder, bytes)));
  const tensors = offsetVector(builder, model.tensors.map((tensor, index) => writeTensor(builder, tensor, indices[index]!)));
  const operators = offsetVector(builder, model.operators.map((operator) => writeOperator(builder, operator, kinds.indexOf(operator.options.kind))));
  const operatorCodes = offsetVector(builder, kinds.map((kind) => writeOperatorCode(builder, kind)));
  const inputs = int32Vector(builder, model.inputs);
  const outputs = int32Vector(builder, model.outputs);
  const subgraphName = builder.createString("main");
  // table SubGraph { tensors, inputs: [int], outputs: [int], operators, name }
  builder.startObject(5);
  builder.addFieldOffset(0, tensors, 0);
  builder.addFieldOffset(1, inputs, 0);
  builder.addFieldOffset(2, outputs, 0);
  builder.addFieldOffset(3, operators, 0);
  builder.addFieldOffset(4, subgraphName, 0);
  const subgraphs = offsetVector(builder, [builder.endObject()]);
  const description = builder.createString(model.name);
  // table Model { version: uint, operator_codes, subgraphs, description: string, buffers, … }
  builder.startObject(8);
  builder.addFieldInt32(0, SCHEMA_VERSION, 0);
  builder.addFieldOffset(1, operatorCodes, 0);
  builder.addFieldOffset(2, subgraphs, 0);
  builder.addFieldOffset(3, description, 0);
  builder.addFieldOffset(4, buffers, 0);
  builder.finish(builder.endObject(), FILE_IDENTIFIER);
  return builder.asUint8Array().slice();
}
