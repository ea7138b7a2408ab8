/**
 * A loaded model as its users see it, the same on every machine: on XS over natives (tflite.ts), elsewhere over WebAssembly (wasm/). What differs is the
 * {@link Engine} under it.
 */
import { ModelError } from "assay/tflite/model-error";

/** What a tensor's elements are. */
export type TensorType = "float32" | "float16" | "int32" | "uint8" | "int64" | "bool" | "int16" | "int8" | "float64" | "uint64" | "uint32" | "uint16" | "int4";

/** An input or output of a model. */
export interface Tensor {
  /** as in the file; whatever is no printable ASCII as `?`, at most 127 characters */
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** real value = scale × (stored value − zeroPoint); scale is 0 where the tensor is not quantized */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Which kernels run, and whether they got their built-in vectors right. */
export interface Kernels {
  /** "portable": plain C; "avx2", "avx512-vnni", "neon", "wasm": vectors, which give the same bits */
  readonly variant: string;
  /** a faster variant that the machine could run but that failed its self check, and at which operator: "avx2: CONV_2D" */
  readonly rejected: string | undefined;
  readonly selfCheck: boolean;
}

/** Values of a tensor, in the type that it stores, or real numbers as a `Float32Array`. */
export type TensorValues = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array;

/** The engine in C, as functions over a model that it has loaded. Indices are in range. */
export interface Engine<Handle extends object> {
  close(handle: Handle): void;
  counts(handle: Handle): [inputs: number, outputs: number, operators: number, bytes: number];
  operator(handle: Handle, index: number): string;
  tensor(handle: Handle, index: number, output: boolean): [name: string, type: TensorType, scale: number, zeroPoint: number, ...shape: number[]];
  /** false if the bytes, or the floats, do not fit the input */
  write(handle: Handle, index: number, bytes: Uint8Array, floats: boolean): boolean;
  invoke(handle: Handle): void;
  /** a copy */
  read(handle: Handle, index: number): ArrayBuffer;
  variant(handle: Handle): string;
  /** see {@link Kernels}; not there where there is one variant only */
  rejected?(handle: Handle): string | undefined;
  selfCheck(handle: Handle): boolean;
}

/** The values of a buffer. The types that JavaScript has no array of are refused. */
function valuesOf(type: TensorType, buffer: ArrayBuffer): TensorValues {
  switch (type) {
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "uint64":
      return new BigUint64Array(buffer);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    default:
      throw new ModelError("UNSUPPORTED", `expected a tensor of a type that typed arrays have, got ${type}`);
  }
}

function describe<Handle extends object>(engine: Engine<Handle>, handle: Handle, count: number, output: boolean): Tensor[] {
  const tensors: Tensor[] = [];
  for (let index = 0; index < count; index++) {
    const [name, type, scale, zeroPoint, ...shape] = engine.tensor(handle, index, output);
    tensors.push({ name, type, shape, scale, zeroPoint });
  }
  return tensors;
}

/** A model that is ready to run. Machines make it by their own `Model`. */
export class LoadedModel<Handle extends object> {
  /** The inputs and outputs of the graph, in its order. */
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Names of the operators as in the schema, in the order in which they run. */
  readonly operators: readonly string[];
  /** Bytes of the model's file. */
  readonly modelBytes: number;
  /** Bytes of memory that the model takes outside of the JavaScript heap: what the interpreter keeps, the kernels' constants, and the tensors. */
  readonly arenaBytes: number;
  /** Which kernels run; the vectors were run when the model was made. */
  readonly kernels: Kernels;
  private readonly engine: Engine<Handle>;
  private handle: Handle | undefined;

  /** @param handle of a model of so many bytes that `engine` has loaded */
  protected constructor(engine: Engine<Handle>, handle: Handle, modelBytes: number) {
    const [inputs, outputs, operators, arenaBytes] = engine.counts(handle);
    this.engine = engine;
    this.handle = handle;
    this.modelBytes = modelBytes;
    this.inputs = describe(engine, handle, inputs, false);
    this.outputs = describe(engine, handle, outputs, true);
    this.operators = Array.from({ length: operators }, (_, index) => engine.operator(handle, index));
    this.arenaBytes = arenaBytes;
    this.kernels = { variant: engine.variant(handle), rejected: engine.rejected?.(handle), selfCheck: engine.selfCheck(handle) };
  }

  /**
   * Runs a model of one input and an int8 output: `write(0, input)`, `invoke()`, `read(0)`.
   *
   * @throws ModelError with `INPUT`, `CLOSED`, or `UNSUPPORTED` if the output is not int8
   */
  run(input: TensorValues): Int8Array {
    if (this.inputs.length !== 1) throw new ModelError("INPUT", `expected values for ${this.inputs.length} inputs, got them for 1`);
    this.write(0, input);
    this.invoke();
    const output = this.read(0);
    if (!(output instanceof Int8Array)) throw new ModelError("UNSUPPORTED", `expected a model whose output is int8, got ${this.outputs[0]?.type}`);
    return output;
  }

  /**
   * Writes an input: stored values in its own type, or real numbers, which are quantized as round(value / scale) + zeroPoint in float32, half away
   * from zero, saturated. Write all inputs before each `invoke`: they share memory with what comes later.
   *
   * @throws ModelError with `INPUT` or `CLOSED`
   */
  write(index: number, values: TensorValues): void {
    const handle = this.opened();
    const input = this.inputs[index];
    if (input === undefined) throw new ModelError("INPUT", `expected the index of one of ${this.inputs.length} inputs, got ${index}`);
    const floats = values instanceof Float32Array;
    const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
    const sameType = floats || valuesOf(input.type, new ArrayBuffer(0)).constructor === values.constructor;
    if (!sameType || !this.engine.write(handle, index, bytes, floats)) {
      throw new ModelError("INPUT", `input ${index} "${input.name}": expected ${input.type} or float values of shape [${input.shape.join(", ")}], got ${values.constructor.name} of ${values.length}`);
    }
  }

  /** Runs all operators once. @throws ModelError with `CLOSED` */
  invoke(): void {
    this.engine.invoke(this.opened());
  }

  /** A copy of an output's stored values. @throws ModelError with `INPUT`, `CLOSED`, or `UNSUPPORTED` if no typed array has that type */
  read(index: number): TensorValues {
    const handle = this.opened();
    const output = this.outputs[index];
    if (output === undefined) throw new ModelError("INPUT", `expected the index of one of ${this.outputs.length} outputs, got ${index}`);
    return valuesOf(output.type, this.engine.read(handle, index));
  }

  /** Frees the model's memory now. Closing twice is no error. */
  close(): void {
    if (this.handle !== undefined) this.engine.close(this.handle);
    this.handle = undefined;
  }

  private opened(): Handle {
    if (this.handle === undefined) throw new ModelError("CLOSED", "expected an open model, got a closed one");
    return this.handle;
  }
}
