/**
 * The engine in C (tflite.h), compiled to WebAssembly: one code for Node and browsers. It is compiled once; each model gets an instance with a linear memory
 * of its own, which grows while the model is loaded and never after.
 */
import type { Engine, TensorType } from "assay/tflite/loaded-model";
import { ModelError } from "assay/tflite/model-error";

/** The functions of engine.c. Addresses and counts are unsigned, though JavaScript gets them as signed numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  reserve(fileBytes: number): number;
  load(): number;
  input_count(): number;
  output_count(): number;
  operator_count(): number;
  arena_bytes(): number;
  operator_name(index: number): number;
  input(index: number): number;
  output(index: number): number;
  type_name(type: number): number;
  staging(): number;
  store_floats(index: number, count: number): number;
  invoke(): void;
  variant(): number;
  self_check(): number;
}

/** Where the members of a tflite_tensor lie: all are 4 bytes. */
const MEMBER = { name: 0, nameBytes: 4, type: 8, rank: 12, shape: 16, bytes: 48, scale: 52, zeroPoint: 56, data: 60 };

/** As on XS: names longer than this are cut. */
const MOST_NAME_CHARACTERS = 127;

/** A tensor as the engine describes it. */
interface Placed {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  /** its values in linear memory */
  readonly data: number;
  readonly bytes: number;
}

/** A model in an instance of its own. */
export class WasmInstance {
  readonly exports: Exports;
  readonly inputs: readonly Placed[];
  readonly outputs: readonly Placed[];
  /** all of linear memory, which no longer moves */
  readonly memory: Uint8Array;

  /** @throws ModelError */
  constructor(module: WebAssembly.Module, model: Uint8Array) {
    const exports = new WebAssembly.Instance(module).exports as Exports;
    this.exports = exports;
    const address = exports.reserve(model.length) >>> 0;
    if (address === 0) throw new ModelError("MEMORY", "expected memory for the model");
    new Uint8Array(exports.memory.buffer).set(model, address);
    const error = exports.load() >>> 0;
    this.memory = new Uint8Array(exports.memory.buffer);
    if (error !== 0) throw ModelError.fromEngine(this.text(error));
    this.inputs = Array.from({ length: exports.input_count() }, (_, index) => this.placed(exports.input(index) >>> 0));
    this.outputs = Array.from({ length: exports.output_count() }, (_, index) => this.placed(exports.output(index) >>> 0));
  }

  /** A terminated string of the engine: ASCII. */
  text(address: number): string {
    return String.fromCharCode(...this.memory.subarray(address, this.memory.indexOf(0, address)));
  }

  private placed(address: number): Placed {
    const view = new DataView(this.memory.buffer, address);
    const member = (offset: number): number => view.getUint32(offset, true);
    const name = this.memory.subarray(member(MEMBER.name), member(MEMBER.name) + Math.min(member(MEMBER.nameBytes), MOST_NAME_CHARACTERS));
    return {
      name: Array.from(name, (byte) => (byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "?")).join(""),
      type: this.text(this.exports.type_name(member(MEMBER.type)) >>> 0) as TensorType,
      shape: Array.from({ length: member(MEMBER.rank) }, (_, i) => member(MEMBER.shape + 4 * i)),
      scale: view.getFloat32(MEMBER.scale, true),
      zeroPoint: view.getInt32(MEMBER.zeroPoint, true),
      data: member(MEMBER.data),
      bytes: member(MEMBER.bytes),
    };
  }
}

/** The engine, compiled. Opened by {@link openEngine}. */
export class WasmEngine implements Engine<WasmInstance> {
  private readonly module: WebAssembly.Module;

  constructor(module: WebAssembly.Module) {
    this.module = module;
  }

  /** @throws ModelError with any code but `INPUT` and `CLOSED` */
  load(model: ArrayBuffer | Uint8Array): WasmInstance {
    return new WasmInstance(this.module, model instanceof Uint8Array ? model : new Uint8Array(model));
  }

  /** Nothing to do: memory goes with the instance, once nobody refers to it. */
  close(): void {}

  counts({ exports }: WasmInstance): [inputs: number, outputs: number, operators: number, bytes: number] {
    return [exports.input_count(), exports.output_count(), exports.operator_count(), exports.arena_bytes() >>> 0];
  }

  operator(instance: WasmInstance, index: number): string {
    return instance.text(instance.exports.operator_name(index) >>> 0);
  }

  tensor({ inputs, outputs }: WasmInstance, index: number, output: boolean): [name: string, type: TensorType, scale: number, zeroPoint: number, ...shape: number[]] {
    const { name, type, scale, zeroPoint, shape } = (output ? outputs : inputs)[index]!;
    return [name, type, scale, zeroPoint, ...shape];
  }

  write({ exports, inputs, memory }: WasmInstance, index: number, bytes: Uint8Array, floats: boolean): boolean {
    const { type, shape, data, bytes: size } = inputs[index]!;
    if (!floats || type === "float32") {
      if (bytes.length !== size) return false;
      memory.set(bytes, data);
      return true;
    }
    const count = shape.reduce((a, b) => a * b, 1);
    if (bytes.length !== 4 * count || (type !== "int8" && type !== "uint8" && type !== "int16")) return false;
    memory.set(bytes, exports.staging() >>> 0);
    return exports.store_floats(index, count) !== 0;
  }

  invoke({ exports }: WasmInstance): void {
    exports.invoke();
  }

  read({ outputs, memory }: WasmInstance, index: number): ArrayBuffer {
    const { data, bytes } = outputs[index]!;
    return memory.slice(data, data + bytes).buffer;
  }

  variant(instance: WasmInstance): string {
    return instance.text(instance.exports.variant() >>> 0);
  }

  selfCheck({ exports }: WasmInstance): boolean {
    return exports.self_check() !== 0;
  }
}

/** Where the engine comes from: the bytes of engine.wasm, or what it is compiled to (which workers can be sent), or where it lies. */
export type EngineSource = ArrayBuffer | Uint8Array | WebAssembly.Module | URL;

/**
 * Compiles the engine.
 *
 * @param source if it is not the file engine.wasm beside this module
 * @throws Error if the file cannot be read, WebAssembly.CompileError if it is none or SIMD is missing
 */
export async function openEngine(source: EngineSource = new URL("./engine.wasm", import.meta.url)): Promise<WasmEngine> {
  if (source instanceof WebAssembly.Module) return new WasmEngine(source);
  return new WasmEngine(await WebAssembly.compile(source instanceof URL ? await fileAt(source) : source));
}

async function fileAt(url: URL): Promise<ArrayBuffer | Uint8Array> {
  // Node's fetch reads no files. Asked for in this way, the module does not have to exist where there are none to read.
  if (url.protocol === "file:") return process.getBuiltinModule("node:fs").readFileSync(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`expected the engine at ${url.href}, got status ${response.status}`);
  return response.arrayBuffer();
}
