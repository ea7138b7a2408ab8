/**
 * A loaded model as its users see it, the same on every machine: on XS over natives (tflite.ts), elsewhere over WebAssembly (wasm/). What differs is the
 * {@link Engine} under it.
 */
import { ModelError } from "assay/tflite/model-error";
/** The typed arrays that hold the values of a type. JavaScript has none for the others. */
export const ARRAYS = {
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
};
function bytesOf({ buffer, byteOffset, byteLength }) {
    return new Uint8Array(buffer, byteOffset, byteLength);
}
function countOf({ shape }) {
    return shape.reduce((a, b) => a * b, 1);
}
function describe(engine, handle, count, output) {
    const tensors = [];
    for (let index = 0; index < count; index++) {
        const [name, type, scale, zeroPoint, ...shape] = engine.tensor(handle, index, output);
        tensors.push({ name, type, shape, scale, zeroPoint });
    }
    return tensors;
}
/** A model that is ready to run. Machines make it by their own `Model`. */
export class LoadedModel {
    /** The inputs and outputs of the graph, in its order. */
    inputs;
    outputs;
    /** Names of the operators as in the schema, in the order in which they run. */
    operators;
    /** Bytes of the model's file. */
    modelBytes;
    /** Bytes of memory that the model takes outside of the JavaScript heap: what the interpreter keeps, the kernels' constants, and the tensors. */
    arenaBytes;
    /** Which kernels run; the vectors were run when the model was made, or before. */
    kernels;
    engine;
    handle;
    /** @param handle of a model of so many bytes that `engine` has loaded */
    constructor(engine, handle, modelBytes) {
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
    run(...inputs) {
        if (inputs.length !== this.inputs.length)
            throw new ModelError("INPUT", `expected values for ${this.inputs.length} inputs, got them for ${inputs.length}`);
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
    write(index, values) {
        const handle = this.opened();
        const input = this.inputs[index];
        if (input === undefined)
            throw new ModelError("INPUT", `expected the index of one of ${this.inputs.length} inputs, got ${index}`);
        const floats = values instanceof Float32Array;
        if ((!floats && values.constructor !== ARRAYS[input.type]) || !this.engine.write(handle, index, bytesOf(values), floats)) {
            throw new ModelError("INPUT", `input ${index} "${input.name}": expected ${input.type} or float values of shape [${input.shape.join(", ")}], got ${values.constructor.name} of ${values.length}`);
        }
    }
    /** Runs all operators once. @throws ModelError with `CLOSED` */
    invoke() {
        this.engine.invoke(this.opened());
    }
    /** Sets the model's variables to what they were when it was loaded: the next `invoke` is the first of a new sequence. @throws ModelError with `CLOSED` */
    reset() {
        this.engine.reset(this.opened());
    }
    /**
     * A copy of an output's stored values.
     *
     * @param into where to, if not to a new array: an array of the output's type and length
     * @throws ModelError with `INPUT`, `CLOSED`, or `UNSUPPORTED` if no typed array has that type
     */
    read(index, into) {
        const handle = this.opened();
        const output = this.outputs[index];
        if (output === undefined)
            throw new ModelError("INPUT", `expected the index of one of ${this.outputs.length} outputs, got ${index}`);
        const { name, type, shape } = output;
        const Values = ARRAYS[type];
        if (Values === undefined)
            throw new ModelError("UNSUPPORTED", `output ${index} "${name}": expected a type that typed arrays have, got ${type}`);
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
    selfCheck() {
        return this.engine.selfCheck(this.opened());
    }
    /** Frees the model's memory now. Closing twice is no error. */
    close() {
        if (this.handle !== undefined)
            this.engine.close(this.handle);
        this.handle = undefined;
    }
    opened() {
        if (this.handle === undefined)
            throw new ModelError("CLOSED", "expected an open model, got a closed one");
        return this.handle;
    }
}
