/**
 * A script for `assay model run --engine xs`, which puts it beside a model and its inputs: runs every set of inputs on one interpreter and prints each set's
 * outputs, all bytes of them in hexadecimal, on a line. What is refused is a line "!CODE: message".
 */
import { Model, type Tensor, type TensorValues } from "assay/tflite";
import { ARRAYS } from "assay/tflite/loaded-model";
import { ModelError } from "assay/tflite/model-error";
import inputs from "./input.bin";
import bytes from "./model.tflite";

function valuesOf({ name, type, shape }: Tensor): TensorValues {
  const Values = ARRAYS[type];
  if (Values === undefined) throw new ModelError("UNSUPPORTED", `tensor "${name}": expected a type that typed arrays have, got ${type}`);
  return new Values(shape.reduce((product, size) => product * size, 1));
}

const bytesOf = (values: TensorValues): Uint8Array => new Uint8Array(values.buffer as ArrayBuffer);

function run(): void {
  const model = new Model(bytes);
  const [from, to] = [model.inputs.map(valuesOf), model.outputs.map(valuesOf)];
  const setBytes = from.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const sets = setBytes === 0 ? 1 : inputs.byteLength / setBytes;
  if (setBytes === 0 ? inputs.byteLength > 0 : inputs.byteLength === 0 || !Number.isInteger(sets)) throw new ModelError("INPUT", `expected sets of ${setBytes} bytes, got ${inputs.byteLength} bytes`);
  let at = 0;
  for (let set = 0; set < sets; set++) {
    from.forEach((values, index) => {
      bytesOf(values).set(new Uint8Array(inputs.slice(at, at + values.byteLength)));
      model.write(index, values);
      at += values.byteLength;
    });
    model.invoke();
    const outputs = to.map((values, index) => Array.from(bytesOf(model.read(index, values)), (byte) => byte.toString(16).padStart(2, "0")).join(""));
    console.log(outputs.join(""));
  }
}

try {
  run();
} catch (error) {
  if (!(error instanceof ModelError)) throw error;
  console.log(`!${error.code}: ${error.message}`);
}
