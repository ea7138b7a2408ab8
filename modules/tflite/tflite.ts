/**
 * Models of TensorFlow Lite on XS. int8 results equal those of TensorFlow Lite for Microcontrollers' reference kernels to the bit, on
 * every board. The interpreter is in C (tflite.h), which checks the whole file before it runs: a model may come from anywhere.
 *
 * A model in flash is read there; one on the XS heap is copied once. Its tensors lie outside of the XS heap, in memory that is taken when the
 * model is made and freed by `close` (or by the collector).
 */
import { type Engine, LoadedModel, type TensorType } from "assay/tflite/loaded-model";
import { ModelError } from "assay/tflite/model-error";

export type { Kernels, Tensor, TensorType, TensorValues } from "assay/tflite/loaded-model";

/** A loaded model in C. */
type HostModel = object;

const load = native<(bytes: ArrayBuffer | Uint8Array) => HostModel | string>("xs_tflite_load");
const variant = native<(model: HostModel) => string>("xs_tflite_variant");
const rejected = native<(model: HostModel) => [variant: string, operator: string] | undefined>("xs_tflite_rejected");
const selfCheck = native<(model: HostModel) => boolean>("xs_tflite_selfCheck");

const natives: Engine<HostModel> = Object.freeze({
  close: native<(model: HostModel) => void>("xs_tflite_close"),
  counts: native<(model: HostModel) => [inputs: number, outputs: number, operators: number, bytes: number]>("xs_tflite_counts"),
  operator: native<(model: HostModel, index: number) => string>("xs_tflite_operator"),
  tensor: native<(model: HostModel, index: number, output: boolean) => [name: string, type: TensorType, scale: number, zeroPoint: number, ...shape: number[]]>("xs_tflite_tensor"),
  write: native<(model: HostModel, index: number, bytes: Uint8Array, floats: boolean) => boolean>("xs_tflite_write"),
  invoke: native<(model: HostModel) => void>("xs_tflite_invoke"),
  reset: native<(model: HostModel) => void>("xs_tflite_reset"),
  readInto: native<(model: HostModel, index: number, bytes: Uint8Array) => boolean>("xs_tflite_readInto"),
  selfCheck,
  kernels: (model: HostModel) => ({ variant: variant(model), rejected: rejected(model)?.join(": "), selfCheck: selfCheck(model) }),
});

/**
 * A model that is ready to run.
 *
 * @example
 * import { Model } from "assay/tflite";
 * import bytes from "./model.tflite";
 *
 * const model = new Model(bytes);
 * const [scale, zeroPoint] = [model.outputs[0].scale, model.outputs[0].zeroPoint];
 * const scores = model.run(features); // a Float32Array is quantized; Int8Array out, if the model's output is int8
 */
export class Model extends LoadedModel<HostModel> {
  /** Kept alive: a model in flash is read in place. */
  protected readonly bytes: ArrayBuffer | Uint8Array;

  /**
   * Checks the model (a `.tflite` file) and takes memory for it.
   *
   * @throws ModelError with any code but `INPUT` and `CLOSED`
   */
  constructor(bytes: ArrayBuffer | Uint8Array) {
    const model = load(bytes);
    if (typeof model === "string") throw ModelError.fromEngine(model);
    super(natives, model, bytes.byteLength);
    this.bytes = bytes;
  }
}
