/**
 * Models of TensorFlow Lite in Node and in browsers: the devices' engine as WebAssembly, with the same results to the bit, and the same interface as
 * `assay/tflite` on XS. Nothing is taken from outside of engine.wasm, which has no imports.
 */
import { LoadedModel } from "assay/tflite/loaded-model";
import { type ModelMemory, openEngine, type WasmEngine, type WasmInstance } from "assay/tflite/wasm/engine";

/**
 * A model that is ready to run. Each has memory of its own; what it takes is known once it is loaded, and does not grow.
 *
 * @example
 * import { loadModel } from "assay/tflite/wasm";
 *
 * const model = await loadModel(bytes);
 * const scores = model.run(features); // a Float32Array is quantized; Int8Array out, if the model's output is int8
 * model.close();
 */
export class Model extends LoadedModel<WasmInstance> {
  /** What the model takes. */
  readonly memory: ModelMemory;

  /**
   * Checks the model (a `.tflite` file) and takes memory for it: for who has opened an engine and does not want to wait.
   *
   * @throws ModelError with any code but `INPUT` and `CLOSED`
   */
  constructor(bytes: ArrayBuffer | Uint8Array, engine: WasmEngine) {
    const instance = engine.load(bytes);
    super(engine, instance, bytes.byteLength);
    this.memory = instance.memory;
  }
}

let opening: Promise<WasmEngine> | undefined;

/** The engine beside this module, compiled at the first call. */
function engineBeside(): Promise<WasmEngine> {
  opening ??= openEngine().catch((error: unknown) => {
    // What could not be fetched may be there the next time.
    opening = undefined;
    throw error;
  });
  return opening;
}

/**
 * Loads a model (a `.tflite` file).
 *
 * @param engine of `openEngine`, if engine.wasm does not lie beside this module
 * @throws ModelError with any code but `INPUT` and `CLOSED`; the errors of `openEngine`
 */
export async function loadModel(bytes: ArrayBuffer | Uint8Array, engine?: WasmEngine): Promise<Model> {
  return new Model(bytes, engine ?? (await engineBeside()));
}
