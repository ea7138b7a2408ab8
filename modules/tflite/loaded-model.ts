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
  /** "portable": plain C; "avx2", "avx512-vnni", "neon", "wasm-simd": vectors, which give the same bits */
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
  reset(handle: Handle): void;
  /** false if the output has not that many bytes */
  readInto(handle: Handle, index: number, bytes: Uint8Array): boolean;
  kernels(handle: Handle): Kernels;
  /** runs the built-in vectors now */
  selfCheck(handle: Handle): boolean;
}

/** The typed arrays that hold the values of a type. JavaScript has none for the others. */
export const ARRAYS: Readonly<Partial<Record<TensorType, new (length: number) => TensorValues>>> = Object.freeze({
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
});

function bytesOf({ buffer, byteOffset, byteLength }: TensorValues): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function countOf({ shape }: Tensor): number {
  return shape.reduce((a, b) => a * b, 1);
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
  /** Which kernels run; the vectors were run when the model was made, or before. */
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
    this.kernels = engine.kernels(handle);
  }

  /**
   * Runs the model once: `write` of each input, `invoke`, `read(0)`.
   *
   * @throws ModelError with `INPUT`, `CLOSED`, or `UNSUPPORTED` if no typed array has the output's type
   */
  run(...inputs: readonly TensorValues[]): TensorValues {
    if (inputs.length !== this.inputs.length) throw new ModelError("INPUT", `expected values for ${this.inputs.length} inputs, got them for ${inputs.length}`);
    inputs.forEach((values, index) => this.write(index, values));
    this.invoke();
    return this.read(0);
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
    if ((!floats && values.constructor !== ARRAYS[input.type]) || !this.engine.write(handle, index, bytesOf(values), floats)) {
      throw new ModelError("INPUT", `input ${index} "${input.name}": expected ${input.type} or float values of shape [${input.shape.join(", ")}], got ${values.constructor.name} of ${values.length}`);
    }
  }

  /** Runs all operators once. @throws ModelError with `CLOSED` */
  invoke(): void {
    this.engine.invoke(this.opened());
  }

  /** Sets the model's variables to what they were when it was loaded: the next `invoke` is the first of a new sequence. @throws ModelError with `CLOSED` */
  reset(): void {
    this.engine.reset(this.opened());
  }

  /**
   * A copy of an output's stored values.
   *
   * @param into where to, if not to a new array: an array of the output's type and length
   * @throws ModelError with `INPUT`, `CLOSED`, or `UNSUPPORTED` if no typed array has that type
   */
  read(index: number, into?: TensorValues): TensorValues {
    const handle = this.opened();
    const output = this.outputs[index];
    if (output === undefined) throw new ModelError("INPUT", `expected the index of one of ${this.outputs.length} outputs, got ${index}`);
    const { name, type, shape } = output;
    const Values = ARRAYS[type];
    if (Values === undefined) throw new ModelError("UNSUPPORTED", `output ${index} "${name}": expected a type that typed arrays have, got ${type}`);
    const values = into ?? new Values(countOf(output));
    if (values.constructor !== Values || !this.engine.readInto(handle, index, bytesOf(values))) {
      throw new ModelError("INPUT", `output ${index} "${name}": expected a place for ${type} values of shape [${shape.join(", ")}], got ${values.constructor.name} of ${values.length}`);
    }
    return values;
  }

  /**
   * Runs the built-in vectors through the model's kernels again: whether every operator gets them right. `kernels` says how that came out when the kernels were picked.
   *
   * @throws ModelError with `CLOSED`
   */
  selfCheck(): boolean {
    return this.engine.selfCheck(this.opened());
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
