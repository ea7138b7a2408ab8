/**
 * Runs a `.tflite` file in `@tensorflow/tfjs-tflite` (TensorFlow's own interpreter with XNNPACK, as WASM): somebody else's reading of what the writer wrote.
 *
 * That package's own loader needs a browser, so its WASM module is loaded here directly. Results may differ from the reference kernels in the last
 * bit of a tensor; labels agree.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { TrainError } from "./train-error.ts";

/** The parts of the package's WASM module (emscripten, embind) that are used here. */
interface WasmModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  readonly TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(address: number, bytes: number, options: { numThreads: number; enableProfiling: boolean; maxProfilingBufferEntries: number }): { ok(): boolean; errorMessage(): string; value(): WasmRunner };
  };
}
interface WasmRunner {
  GetInputs(): WasmTensors;
  GetOutputs(): WasmTensors;
  Infer(): boolean;
  delete(): void;
}
interface WasmTensors {
  size(): number;
  get(index: number): { data(): unknown };
  delete(): void;
}

/** What a tensor holds. */
type Numbers = Int8Array | Float32Array;

/** A model that is loaded in tfjs-tflite. */
export interface WasmModel {
  /** The first output for the only input, which has the same type. @throws TrainError `RUN_FAILED`, `BAD_DATA` */
  run<Values extends Numbers>(input: Values): Values;
  /** The outputs for the inputs, all of one type. @throws TrainError `RUN_FAILED`, `BAD_DATA` */
  runAll<Values extends Numbers>(inputs: readonly Values[]): Values[];
  close(): void;
}

let loading: Promise<WasmModule> | undefined;

async function load(): Promise<WasmModule> {
  const require = createRequire(import.meta.url);
  const script = require.resolve("@tensorflow/tfjs-tflite/wasm/tflite_web_api_cc_simd.js");
  const factory = require(script) as (options: { wasmBinary: Uint8Array; print: (line: string) => void; printErr: (line: string) => void }) => Promise<WasmModule>;
  const quiet = (): void => {}; // "Created TensorFlow Lite XNNPACK delegate"; errors come as error messages
  return factory({ wasmBinary: await readFile(script.replace(/\.js$/, ".wasm")), print: quiet, printErr: quiet });
}

/** The memory of all inputs or outputs, which must have the type of the values given. */
function views<Values extends Numbers>(tensors: WasmTensors, given: Values | undefined, role: string): Values[] {
  const all = Array.from({ length: tensors.size() }, (_, index) => tensors.get(index).data());
  tensors.delete();
  for (const data of all) if (data?.constructor !== given?.constructor) throw new TrainError("BAD_DATA", `model ${role}: expected ${data?.constructor.name}, got ${given?.constructor.name}`);
  return all as Values[];
}

/**
 * Loads a model whose inputs and outputs are all int8 or all float32.
 *
 * @throws TrainError `RUN_FAILED` if tfjs-tflite refuses it
 */
export async function openInWasm(file: Uint8Array): Promise<WasmModel> {
  const wasm = await (loading ??= load());
  const address = wasm._malloc(file.length);
  wasm.HEAPU8.set(file, address);
  const created = wasm.TFLiteWebModelRunner.CreateFromBufferAndOptions(address, file.length, { numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 1024 });
  if (!created.ok()) {
    wasm._free(address);
    throw new TrainError("RUN_FAILED", `tfjs-tflite: expected a model that loads, got "${created.errorMessage()}"`);
  }
  const runner = created.value();
  const runAll = <Values extends Numbers>(inputs: readonly Values[]): Values[] => {
    const places = views(runner.GetInputs(), inputs[0], "input");
    const [expected, got] = [places, inputs].map((all) => all.map(({ length }) => length).join(" and "));
    if (expected !== got) throw new TrainError("BAD_DATA", `model input: expected ${expected} values, got ${got}`);
    places.forEach((place, index) => place.set(inputs[index]!));
    if (!runner.Infer()) throw new TrainError("RUN_FAILED", "tfjs-tflite: expected the model to run");
    return views(runner.GetOutputs(), inputs[0], "output").map((output) => output.slice() as Values);
  };
  return {
    runAll,
    run: (input) => runAll([input])[0]!,
    close() {
      runner.delete();
      wasm._free(address);
    },
  };
}
