/**
 * Reads back what a `.tflite` file says of its tensors and operators. For files of one's own (the engine in `modules/tflite` is the reader that stands hostile ones).
 */
import { ByteBuffer } from "flatbuffers";

/** A tensor as the file describes it. */
export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  /** TensorType: 0 float32, 2 int32, 9 int8 */
  readonly type: number;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly quantizedDimension: number;
  /** where the tensor's constant stands in the file, bytes; undefined without one */
  readonly data?: { readonly offset: number; readonly length: number };
}

/** An operator as the file describes it. */
export interface OperatorInfo {
  /** BuiltinOperator */
  readonly code: number;
  readonly version: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** What a file says. */
export interface TfliteInfo {
  readonly description: string;
  readonly tensors: readonly TensorInfo[];
  readonly operators: readonly OperatorInfo[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A table of a flatbuffer; fields by their number in the schema. */
class Table {
  private readonly buffer: ByteBuffer;
  private readonly position: number;
  constructor(buffer: ByteBuffer, position: number) {
    this.buffer = buffer;
    this.position = position;
  }
  private field(number: number): number {
    const offset = this.buffer.__offset(this.position, 4 + 2 * number);
    return offset === 0 ? 0 : this.position + offset;
  }
  int8(number: number): number {
    const at = this.field(number);
    return at === 0 ? 0 : this.buffer.readInt8(at);
  }
  int32(number: number, whenAbsent = 0): number {
    const at = this.field(number);
    return at === 0 ? whenAbsent : this.buffer.readInt32(at);
  }
  string(number: number): string {
    const at = this.field(number);
    return at === 0 ? "" : (this.buffer.__string(at) as string);
  }
  table(number: number): Table | undefined {
    const at = this.field(number);
    return at === 0 ? undefined : new Table(this.buffer, this.buffer.__indirect(at));
  }
  /** The positions of a vector's elements of `size` bytes. */
  elements(number: number, size: number): number[] {
    const at = this.field(number);
    if (at === 0) return [];
    const start = this.buffer.__vector(at);
    return Array.from({ length: this.buffer.__vector_len(at) }, (_, index) => start + index * size);
  }
  int32s(number: number): number[] {
    return this.elements(number, 4).map((at) => this.buffer.readInt32(at));
  }
  float32s(number: number): number[] {
    return this.elements(number, 4).map((at) => this.buffer.readFloat32(at));
  }
  int64s(number: number): number[] {
    return this.elements(number, 8).map((at) => Number(this.buffer.readInt64(at)));
  }
  tables(number: number): Table[] {
    return this.elements(number, 4).map((at) => new Table(this.buffer, this.buffer.__indirect(at)));
  }
}

/** Reads the first subgraph of a file. */
export function readTflite(file: Uint8Array): TfliteInfo {
  const buffer = new ByteBuffer(file);
  const model = new Table(buffer, buffer.readInt32(0));
  const buffers = model.tables(4).map((entry) => entry.elements(0, 1));
  const codes = model.tables(1).map((entry) => ({ code: Math.max(entry.int8(0), entry.int32(3)), version: entry.int32(2, 1) }));
  const graph = model.tables(2)[0]!;
  return {
    description: model.string(3),
    tensors: graph.tables(0).map((tensor) => {
      const quantization = tensor.table(4);
      const data = buffers[tensor.int32(2)] ?? [];
      return {
        name: tensor.string(3),
        shape: tensor.int32s(0),
        type: tensor.int8(1),
        scales: quantization?.float32s(2) ?? [],
        zeroPoints: quantization?.int64s(3) ?? [],
        quantizedDimension: quantization?.int32(6) ?? 0,
        ...(data.length > 0 ? { data: { offset: data[0]!, length: data.length } } : {}),
      };
    }),
    operators: graph.tables(3).map((operator) => ({ ...codes[operator.int32(0)]!, inputs: operator.int32s(1), outputs: operator.int32s(2) })),
    inputs: graph.int32s(1),
    outputs: graph.int32s(2),
  };
}
