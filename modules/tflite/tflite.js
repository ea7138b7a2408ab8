/**
 * Models of TensorFlow Lite on XS. int8 results equal those of TensorFlow Lite for Microcontrollers' reference kernels to the bit, on
 * every board. The interpreter is in C (tflite.h), which checks the whole file before it runs: a model may come from anywhere.
 *
 * A model in flash is read there; one on the XS heap is copied once. Its tensors lie outside of the XS heap, in memory that is taken when the
 * model is made and freed by `close` (or by the collector).
 */
import { LoadedModel } from "assay/tflite/loaded-model";
import { ModelError } from "assay/tflite/model-error";
const load = native("xs_tflite_load");
const variant = native("xs_tflite_variant");
const rejected = native("xs_tflite_rejected");
const selfCheck = native("xs_tflite_selfCheck");
const natives = {
    close: native("xs_tflite_close"),
    counts: native("xs_tflite_counts"),
    operator: native("xs_tflite_operator"),
    tensor: native("xs_tflite_tensor"),
    write: native("xs_tflite_write"),
    invoke: native("xs_tflite_invoke"),
    reset: native("xs_tflite_reset"),
    readInto: native("xs_tflite_readInto"),
    selfCheck,
    kernels: (model) => ({ variant: variant(model), rejected: rejected(model)?.join(": "), selfCheck: selfCheck(model) }),
};
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
export class Model extends LoadedModel {
    /** Kept alive: a model in flash is read in place. */
    bytes;
    /**
     * Checks the model (a `.tflite` file) and takes memory for it.
     *
     * @throws ModelError with any code but `INPUT` and `CLOSED`
     */
    constructor(bytes) {
        const model = load(bytes);
        if (typeof model === "string")
            throw ModelError.fromEngine(model);
        super(natives, model, bytes.byteLength);
        this.bytes = bytes;
    }
}
