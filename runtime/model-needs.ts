/** What a `.tflite` file asks of the engine: operators and types, of all its subgraphs. */
import { RuntimeError } from "./runtime-error.ts";

/** An operator code of a file. */
export interface NeededOperator {
  /** BuiltinOperator; 32 is a custom operator */
  readonly builtin: number;
  /** what the file calls a custom operator; else empty */
  readonly custom: string;
  readonly version: number;
}

/** What a file asks for. */
export interface ModelNeeds {
  readonly operators: readonly NeededOperator[];
  /** TensorType of every tensor that is computed, given by the caller, or the first input of an operator; weights, too, unless they are int32 or int64 (biases, shapes, axes) */
  readonly types: ReadonlySet<number>;
  readonly subgraphs: number;
}

const [INT32, INT64] = [2, 4];

/** A table of a flatbuffer; fields by their number in the schema. Reads outside the file end in a RangeError. */
class Table {
  private readonly view: DataView;
  private readonly position: number;
  constructor(view: DataView, position: number) {
    this.view = view;
    this.position = position;
  }
  private field(number: number): number {
    const vtable = this.position - this.view.getInt32(this.position, true);
    const slot = 4 + 2 * number;
    const offset = slot < this.view.getUint16(vtable, true) ? this.view.getUint16(vtable + slot, true) : 0;
    return offset === 0 ? 0 : this.position + offset;
  }
  private target(number: number): number {
    const at = this.field(number);
    return at === 0 ? 0 : at + this.view.getUint32(at, true);
  }
  int8(number: number): number {
    const at = this.field(number);
    return at === 0 ? 0 : this.view.getInt8(at);
  }
  int32(number: number, whenAbsent = 0): number {
    const at = this.field(number);
    return at === 0 ? whenAbsent : this.view.getInt32(at, true);
  }
  /** Elements of a vector, 0 if the field is absent. */
  length(number: number): number {
    const at = this.target(number);
    return at === 0 ? 0 : this.view.getUint32(at, true);
  }
  string(number: number): string {
    const at = this.target(number);
    if (at === 0) return "";
    return new TextDecoder().decode(new Uint8Array(this.view.buffer, this.view.byteOffset + at + 4, this.length(number)));
  }
  /** The first element of a vector of int32, undefined if there is none. */
  first(number: number): number | undefined {
    return this.length(number) === 0 ? undefined : this.view.getInt32(this.target(number) + 4, true);
  }
  tables(number: number): Table[] {
    const at = this.target(number);
    // Its offsets must fit the file: a damaged length must not make an array of billions.
    if (this.length(number) > this.view.byteLength / 4) throw new RangeError("a vector longer than the file");
    return Array.from({ length: this.length(number) }, (_, index) => at + 4 + 4 * index).map((entry) => new Table(this.view, entry + this.view.getUint32(entry, true)));
  }
}

function read(file: Uint8Array): ModelNeeds {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(4, true) !== 0x334c4654) throw new RangeError("no TFL3 at byte 4");
  const model = new Table(view, view.getUint32(0, true));
  const buffers = model.tables(4);
  // Newer files keep the builtin code in a wider field; the greater of the two counts.
  const operators = model.tables(1).map((code) => ({ builtin: Math.max(code.int8(0), code.int32(3)), custom: code.string(1), version: code.int32(2, 1) }));
  const types = new Set<number>();
  const subgraphs = model.tables(2);
  for (const subgraph of subgraphs) {
    const firstInputs = new Set(subgraph.tables(3).map((operator) => operator.first(1)));
    for (const [index, tensor] of subgraph.tables(0).entries()) {
      const type = tensor.int8(1);
      const constant = (buffers[tensor.int32(2)]?.length(0) ?? 0) > 0;
      if (!constant || (type !== INT32 && type !== INT64) || firstInputs.has(index)) types.add(type);
    }
  }
  return { operators, types, subgraphs: subgraphs.length };
}

/**
 * Reads what a model asks for.
 *
 * @param name what a message calls the model
 * @throws RuntimeError `INVALID_MODEL` if the bytes are no sound `.tflite` file
 */
export function modelNeeds(file: Uint8Array, name: string): ModelNeeds {
  try {
    return read(file);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RuntimeError("INVALID_MODEL", `${name}: expected a sound TensorFlow Lite file, got ${file.length} bytes that are none`, { cause });
  }
}
