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

/** A model that is loaded in tfjs-tflite. */
export interface WasmModel {
  /** The output for an input, which has the same type. @throws TrainError `RUN_FAILED`, `BAD_DATA` */
  run<Values extends Int8Array | Float32Array>(input: Values): Values;
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

/** The memory of the only input or output, which must have the type of the values given. */
function view<Values extends Int8Array | Float32Array>(tensors: WasmTensors, given: Values, role: string): Values {
  const data = tensors.size() === 1 ? tensors.get(0).data() : undefined;
  tensors.delete();
  if (data?.constructor !== given.constructor) throw new TrainError("BAD_DATA", `model ${role}: expected the type of the model's only ${role}, got ${given.constructor.name}`);
  return data as Values;
}

/**
 * Loads a model with one input and one output, both int8 or both float32.
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
  return {
    run(input) {
      const place = view(runner.GetInputs(), input, "input");
      if (place.length !== input.length) throw new TrainError("BAD_DATA", `model input: expected ${place.length} values, got ${input.length}`);
      place.set(input);
      if (!runner.Infer()) throw new TrainError("RUN_FAILED", "tfjs-tflite: expected the model to run");
      return view(runner.GetOutputs(), input, "output").slice() as typeof input;
    },
    close() {
      runner.delete();
      wasm._free(address);
    },
  };
}
