/**
 * The engine in C (tflite.h), compiled to WebAssembly: one code for Node and browsers. It is compiled once; each model gets an instance with a linear memory
 * of its own, which grows while the model is loaded and never after.
 */
import type { Engine, Kernels, TensorType } from "assay/tflite/loaded-model";
import { ModelError } from "assay/tflite/model-error";

/** The functions of engine.c. Addresses and counts are unsigned, though JavaScript gets them as signed numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  reserve(fileBytes: number): number;
  variant(index: number): number;
  load(variant: number): number;
  input_count(): number;
  output_count(): number;
  operator_count(): number;
  memory_of(): number;
  operator_name(index: number): number;
  input(index: number): number;
  output(index: number): number;
  type_name(type: number): number;
  staging(): number;
  store_floats(index: number, count: number): number;
  invoke(): void;
  reset(): void;
  self_check(variant: number): number;
}

/** Where the members of a tflite_tensor lie: all are 4 bytes. */
const MEMBER = { name: 0, nameBytes: 4, type: 8, rank: 12, shape: 16, bytes: 48, scale: 52, zeroPoint: 56, data: 60 };

/** Where the members of a tflite_memory lie: the last has 8 bytes. */
const MEMORY_MEMBER = { planning: 0, kept: 4, run: 8, arena: 12, work: 16 };

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

/** What a model takes, in bytes: with the portable kernels, on any machine of 32 bits. */
export interface ModelMemory {
  /** what loading works in, and how much of it is kept */
  readonly planningBytes: number;
  readonly keptBytes: number;
  /** kernels' constants and the arena in which tensors share memory */
  readonly runBytes: number;
  readonly tensorArenaBytes: number;
  /** not in bytes: what one invoke costs, in multiply-accumulates and what takes about as long as one */
  readonly work: number;
}

/** A terminated string of the engine: ASCII. */
function textAt(heap: Uint8Array, address: number): string {
  return String.fromCharCode(...heap.subarray(address, heap.indexOf(0, address)));
}

/** A model in an instance of its own. */
export class WasmInstance {
  readonly exports: Exports;
  readonly inputs: readonly Placed[];
  readonly outputs: readonly Placed[];
  readonly memory: ModelMemory;
  /** all of linear memory, which no longer moves */
  readonly heap: Uint8Array;

  /** @throws ModelError */
  constructor(module: WebAssembly.Module, variant: number, model: Uint8Array) {
    const exports = new WebAssembly.Instance(module).exports as Exports;
    this.exports = exports;
    const address = exports.reserve(model.length) >>> 0;
    if (address === 0) throw new ModelError("MEMORY", "expected memory for the model");
    new Uint8Array(exports.memory.buffer).set(model, address);
    const error = exports.load(variant) >>> 0;
    this.heap = new Uint8Array(exports.memory.buffer);
    if (error !== 0) throw ModelError.fromEngine(textAt(this.heap, error));
    this.inputs = Array.from({ length: exports.input_count() }, (_, index) => this.placed(exports.input(index) >>> 0));
    this.outputs = Array.from({ length: exports.output_count() }, (_, index) => this.placed(exports.output(index) >>> 0));
    const view = new DataView(this.heap.buffer, exports.memory_of() >>> 0);
    this.memory = {
      planningBytes: view.getUint32(MEMORY_MEMBER.planning, true),
      keptBytes: view.getUint32(MEMORY_MEMBER.kept, true),
      runBytes: view.getUint32(MEMORY_MEMBER.run, true),
      tensorArenaBytes: view.getUint32(MEMORY_MEMBER.arena, true),
      work: Number(view.getBigUint64(MEMORY_MEMBER.work, true)),
    };
  }

  private placed(address: number): Placed {
    const view = new DataView(this.heap.buffer, address);
    const member = (offset: number): number => view.getUint32(offset, true);
    const name = this.heap.subarray(member(MEMBER.name), member(MEMBER.name) + Math.min(member(MEMBER.nameBytes), MOST_NAME_CHARACTERS));
    return {
      name: Array.from(name, (byte) => (byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "?")).join(""),
      type: textAt(this.heap, this.exports.type_name(member(MEMBER.type)) >>> 0) as TensorType,
      shape: Array.from({ length: member(MEMBER.rank) }, (_, i) => member(MEMBER.shape + 4 * i)),
      scale: view.getFloat32(MEMBER.scale, true),
      zeroPoint: view.getInt32(MEMBER.zeroPoint, true),
      data: member(MEMBER.data),
      bytes: member(MEMBER.bytes),
    };
  }
}

/** The engine, compiled, and one of its sets of kernels. Opened by {@link openEngine}. */
export class WasmEngine implements Engine<WasmInstance> {
  private readonly module: WebAssembly.Module;
  private readonly index: number;
  private readonly checked: Kernels;

  /** Runs the kernels' built-in vectors, once for all models. @throws RangeError if there are no such kernels */
  constructor(module: WebAssembly.Module, variant: string | undefined) {
    const exports = new WebAssembly.Instance(module).exports as Exports;
    const text = (address: number): string | undefined => (address === 0 ? undefined : textAt(new Uint8Array(exports.memory.buffer), address >>> 0));
    const names: string[] = [];
    for (let name = text(exports.variant(0)); name !== undefined; name = text(exports.variant(names.length))) names.push(name);
    if (variant !== undefined && !names.includes(variant)) throw new RangeError(`expected kernels ${names.join(" or ")}, got ${variant}`);
    let rejected: string | undefined;
    let index = variant === undefined ? 0 : names.indexOf(variant);
    let failed = text(exports.self_check(index));
    // The fastest that get their vectors right; the last are in plain C.
    while (variant === undefined && failed !== undefined && index + 1 < names.length) {
      rejected ??= `${names[index]}: ${failed}`;
      failed = text(exports.self_check(++index));
    }
    this.module = module;
    this.index = index;
    this.checked = { variant: names[index]!, rejected, selfCheck: failed === undefined };
  }

  /** @throws ModelError with any code but `INPUT` and `CLOSED` */
  load(model: ArrayBuffer | Uint8Array): WasmInstance {
    return new WasmInstance(this.module, this.index, model instanceof Uint8Array ? model : new Uint8Array(model));
  }

  /** Nothing to do: memory goes with the instance, once nobody refers to it. */
  close(): void {}

  counts({ exports, memory }: WasmInstance): [inputs: number, outputs: number, operators: number, bytes: number] {
    return [exports.input_count(), exports.output_count(), exports.operator_count(), memory.keptBytes + memory.runBytes];
  }

  operator({ exports, heap }: WasmInstance, index: number): string {
    return textAt(heap, exports.operator_name(index) >>> 0);
  }

  tensor({ inputs, outputs }: WasmInstance, index: number, output: boolean): [name: string, type: TensorType, scale: number, zeroPoint: number, ...shape: number[]] {
    const { name, type, scale, zeroPoint, shape } = (output ? outputs : inputs)[index]!;
    return [name, type, scale, zeroPoint, ...shape];
  }

  write({ exports, inputs, heap }: WasmInstance, index: number, bytes: Uint8Array, floats: boolean): boolean {
    const { type, shape, data, bytes: size } = inputs[index]!;
    if (!floats || type === "float32") {
      if (bytes.length !== size) return false;
      heap.set(bytes, data);
      return true;
    }
    const count = shape.reduce((a, b) => a * b, 1);
    if (bytes.length !== 4 * count || (type !== "int8" && type !== "uint8" && type !== "int16")) return false;
    heap.set(bytes, exports.staging() >>> 0);
    return exports.store_floats(index, count) !== 0;
  }

  invoke({ exports }: WasmInstance): void {
    exports.invoke();
  }

  reset({ exports }: WasmInstance): void {
    exports.reset();
  }

  readInto({ outputs, heap }: WasmInstance, index: number, bytes: Uint8Array): boolean {
    const { data, bytes: size } = outputs[index]!;
    if (bytes.length !== size) return false;
    bytes.set(heap.subarray(data, data + size));
    return true;
  }

  selfCheck({ exports }: WasmInstance): boolean {
    return exports.self_check(this.index) === 0;
  }

  kernels(): Kernels {
    return this.checked;
  }
}

/** Where the engine comes from: the bytes of engine.wasm, or what they are compiled to (which can be sent to workers), or where they lie. */
export type EngineSource = ArrayBuffer | Uint8Array | WebAssembly.Module | URL;

/** Options of {@link openEngine}. */
export interface EngineOptions {
  /** default: the file engine.wasm beside this module */
  readonly source?: EngineSource;
  /** "wasm-simd" or "portable", with the same results (default: the fastest that pass their self check); the latter tells what a model takes on a board of 32 bits */
  readonly kernels?: string;
}

/**
 * Compiles the engine.
 *
 * @throws Error if the file cannot be read, WebAssembly.CompileError if it is none or the machine lacks SIMD, RangeError if there are no such kernels
 */
export async function openEngine({ source = new URL("./engine.wasm", import.meta.url), kernels }: EngineOptions = {}): Promise<WasmEngine> {
  const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source instanceof URL ? await fileAt(source) : source);
  return new WasmEngine(module, kernels);
}

async function fileAt(url: URL): Promise<ArrayBuffer | Uint8Array> {
  // Node's fetch reads no files. Asked for in this way, the module does not have to exist where there are none to read.
  if (url.protocol === "file:") return process.getBuiltinModule("node:fs").readFileSync(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`expected the engine at ${url.href}, got status ${response.status}`);
  return response.arrayBuffer();
}
