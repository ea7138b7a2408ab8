/**
 * Models of TensorFlow Lite on XS. int8 results equal those of TensorFlow Lite for Microcontrollers' reference kernels to the bit, on
 * every board. The interpreter is in C (tflite.h), which checks the whole file before it runs: a model may come from anywhere.
 *
 * A model in flash is read there; one on the XS heap is copied once. Its tensors lie outside of the XS heap, in memory that is taken when the
 * model is made and freed by `close` (or by the collector).
 */
import { ModelError } from "assay/tflite/model-error";

/** A loaded model in C. */
type Engine = object;

const load = native<(bytes: ArrayBuffer | Uint8Array) => Engine | string>("xs_tflite_load");
const close = native<(engine: Engine) => void>("xs_tflite_close");
const counts = native<(engine: Engine) => [inputs: number, outputs: number, operators: number, bytes: number]>("xs_tflite_counts");
const operator = native<(engine: Engine, index: number) => string>("xs_tflite_operator");
const tensor = native<(engine: Engine, index: number, output: boolean) => [name: string, type: TensorType, scale: number, zeroPoint: number, ...shape: number[]]>("xs_tflite_tensor");
const write = native<(engine: Engine, index: number, bytes: Uint8Array, floats: boolean) => boolean>("xs_tflite_write");
const invoke = native<(engine: Engine) => void>("xs_tflite_invoke");
const read = native<(engine: Engine, index: number) => ArrayBuffer>("xs_tflite_read");
const variant = native<() => string>("xs_tflite_variant");
const selfCheck = native<() => boolean>("xs_tflite_selfCheck");

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
  /** "portable": plain C */
  readonly variant: string;
  readonly selfCheck: boolean;
}

/** Values of a tensor, in the type that it stores, or real numbers as a `Float32Array`. */
export type TensorValues = Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array;

/** The types whose values have a typed array of their own. */
function valuesOf(type: TensorType, buffer: ArrayBuffer): TensorValues {
  switch (type) {
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "float32":
      return new Float32Array(buffer);
    default:
      throw new ModelError("UNSUPPORTED", `expected a tensor of int8, uint8, bool, int16, int32 or float32, got ${type}`);
  }
}

function describe(engine: Engine, count: number, output: boolean): Tensor[] {
  const tensors: Tensor[] = [];
  for (let index = 0; index < count; index++) {
    const [name, type, scale, zeroPoint, ...shape] = tensor(engine, index, output);
    tensors.push({ name, type, shape, scale, zeroPoint });
  }
  return tensors;
}

/**
 * A model that is ready to run.
 *
 * @example
 * import { Model } from "assay/tflite";
 * import bytes from "./model.tflite";
 *
 * const model = new Model(bytes);
 * const [scale, zeroPoint] = [model.outputs[0].scale, model.outputs[0].zeroPoint];
 * const scores = model.run(features); // Float32Array in, Int8Array out
 */
export class Model {
  /** The inputs and outputs of the graph, in its order. */
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Names of the operators as in the schema, in the order in which they run. */
  readonly operators: readonly string[];
  /** Bytes of memory that the model takes beside the XS heap: what the interpreter keeps, the kernels' constants, and the tensors. */
  readonly arenaBytes: number;
  /** Which kernels run; the vectors were run when the model was made. */
  readonly kernels: Kernels;
  private engine: Engine | undefined;
  /** Kept alive: a model in flash is read in place. */
  private readonly bytes: ArrayBuffer | Uint8Array;

  /**
   * Checks the model (a `.tflite` file) and takes memory for it.
   *
   * @throws ModelError with any code but `INPUT` and `CLOSED`
   */
  constructor(bytes: ArrayBuffer | Uint8Array) {
    const engine = load(bytes);
    if (typeof engine === "string") throw ModelError.fromEngine(engine);
    const [inputs, outputs, operators, arenaBytes] = counts(engine);
    this.bytes = bytes;
    this.engine = engine;
    this.inputs = describe(engine, inputs, false);
    this.outputs = describe(engine, outputs, true);
    this.operators = Array.from({ length: operators }, (_, index) => operator(engine, index));
    this.arenaBytes = arenaBytes;
    this.kernels = { variant: variant(), selfCheck: selfCheck() };
  }

  /** Bytes of the model's file. */
  get modelBytes(): number {
    return this.bytes.byteLength;
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
    const engine = this.opened();
    const input = this.inputs[index];
    if (input === undefined) throw new ModelError("INPUT", `expected the index of one of ${this.inputs.length} inputs, got ${index}`);
    const floats = values instanceof Float32Array;
    const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
    const sameType = floats || valuesOf(input.type, new ArrayBuffer(0)).constructor === values.constructor;
    if (!sameType || !write(engine, index, bytes, floats)) {
      throw new ModelError("INPUT", `input ${index} "${input.name}": expected ${input.type} or float values of shape [${input.shape.join(", ")}], got ${values.constructor.name} of ${values.length}`);
    }
  }

  /** Runs all operators once. @throws ModelError with `CLOSED` */
  invoke(): void {
    invoke(this.opened());
  }

  /** A copy of an output's stored values. @throws ModelError with `INPUT`, `CLOSED`, or `UNSUPPORTED` if no typed array has that type */
  read(index: number): TensorValues {
    const engine = this.opened();
    const output = this.outputs[index];
    if (output === undefined) throw new ModelError("INPUT", `expected the index of one of ${this.outputs.length} outputs, got ${index}`);
    return valuesOf(output.type, read(engine, index));
  }

  /** Frees the model's memory now. Closing twice is no error. */
  close(): void {
    if (this.engine !== undefined) close(this.engine);
    this.engine = undefined;
  }

  private opened(): Engine {
    if (this.engine === undefined) throw new ModelError("CLOSED", "expected an open model, got a closed one");
    return this.engine;
  }
}
