// Runs a model on XS: the one in this image (read in place) and a copy of it on the heap.
import { Model, type TensorValues } from "assay/tflite";
import { ModelError } from "assay/tflite/model-error";
import config from "mc/config";
import bytes from "../tiny.tflite";

const code = (action: () => void): string => {
  try {
    action();
    return "none";
  } catch (error) {
    return error instanceof ModelError ? `${error.code}: ${error.message}` : String(error);
  }
};

const model = new Model(bytes);
const { inputs, outputs, operators, arenaBytes, kernels } = model;
console.log(JSON.stringify({ inputs, outputs, operators, arenaBytes, kernels, modelBytes: model.modelBytes }));
const values = Float32Array.from(config["input"] as number[]);
const classes = (of: Model, input: TensorValues): string => JSON.stringify(Array.from(of.run(input) as Int8Array));
console.log(classes(model, values));
const place = new Int8Array(3);
console.log(model.read(0, place) === place && JSON.stringify(Array.from(place)) === classes(model, values));
const copy = new Uint8Array(bytes.slice(0));
const second = new Model(copy);
copy.fill(0);
console.log(classes(second, values));
second.reset();
console.log(classes(second, new Int8Array(values.length)));
console.log(code(() => second.run(new Float32Array(values.length + 1))));
console.log(code(() => second.run(new Int16Array(values.length))));
console.log(code(() => second.read(1)));
console.log(code(() => second.read(0, new Int8Array(4))));
console.log(code(() => second.read(0, new Uint8Array(3))));
second.close();
second.close();
console.log(code(() => second.run(values)));
console.log(code(() => new Model(bytes.slice(0, 100))));
console.log(code(() => new Model(new Uint8Array(0))));
// The collector runs destructors of models that nobody closed.
for (let i = 0; i < 200; i++) new Model(bytes).run(values);
console.log(model.selfCheck());
console.log("done");
