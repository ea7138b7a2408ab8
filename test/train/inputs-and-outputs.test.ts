import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { loadModel } from "assay/tflite/wasm";
import { floatGraphOf } from "../../train/float-graph.ts";
import { quantize } from "../../train/quantize.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";
import { writeTflite } from "../../train/tflite-writer.ts";
import { TrainError } from "../../train/train-error.ts";
import { randomInputs, weights } from "./models.ts";

type Tensor = tf.SymbolicTensor;
const apply = (layer: tf.layers.Layer, ...inputs: Tensor[]): Tensor => layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor;

/** A picture and a few numbers in; what is there, where, and the features that both come from, out. */
function detector(): tf.LayersModel {
  const picture = tf.input({ shape: [6, 6, 2], name: "picture" });
  const surroundings = tf.input({ shape: [4], name: "surroundings" });
  const seen = apply(tf.layers.globalAveragePooling2d({} as never), apply(tf.layers.conv2d({ filters: 6, kernelSize: 3, activation: "relu", ...weights() }), picture));
  const features = apply(tf.layers.concatenate({ name: "features" }), seen, apply(tf.layers.dense({ units: 5, ...weights() }), surroundings));
  const what = apply(tf.layers.dense({ name: "what", units: 3, activation: "softmax", ...weights() }), features);
  const where = apply(tf.layers.dense({ name: "where", units: 4, ...weights() }), features);
  return tf.model({ inputs: [picture, surroundings], outputs: [where, what, features] });
}

const model = detector();
const [pictures, surroundings] = [randomInputs(24, 72, 3), randomInputs(24, 4, 4)];
const samples = pictures.map((picture, index) => [picture, surroundings[index]!] as const);

test("a model with several inputs and outputs keeps their order and gives them their layers' names", (t) => {
  const { inputs, outputs, tensors } = readTflite(writeTflite(quantize(floatGraphOf(model), samples)));
  t.deepEqual(inputs.map((index) => tensors[index]!.name), ["picture", "surroundings"]);
  t.deepEqual(outputs.map((index) => tensors[index]!.name), ["where", "what", "features"]);
});

test("with float32 at the ends, every output of every engine is close to the layers'", async (t) => {
  const graph = floatGraphOf(model);
  const file = writeTflite(quantize(graph, samples, { io: "float32" }));
  const { tensors, outputs } = quantize(graph, samples);
  const scales = outputs.map((index) => tensors[index]!.quantization!.scales[0]!);
  const [theirs, ours] = [await openInWasm(file), await loadModel(file)];
  for (const [picture, numbers] of samples) {
    const wanted = tf.tidy(() => (model.predict([tf.tensor(picture, [1, 6, 6, 2]), tf.tensor(numbers, [1, 4])]) as tf.Tensor[]).map((output) => output.dataSync().slice() as Float32Array));
    ours.write(0, picture);
    ours.write(1, numbers);
    ours.invoke();
    for (const given of [theirs.runAll([picture, numbers]), wanted.map((_, index) => ours.read(index) as Float32Array)]) {
      given.forEach((values, output) => {
        t.is(values.length, wanted[output]!.length);
        values.forEach((value, index) => t.true(Math.abs(value - wanted[output]![index]!) < 6 * scales[output]!, `output ${output}: ${value} instead of ${wanted[output]![index]}`));
      });
    }
  }
  theirs.close();
  ours.close();
});

test("calibration data needs a part of the right size for each input", (t) => {
  for (const sample of [[pictures[0]!], [surroundings[0]!, pictures[0]!], pictures[0]!]) {
    const error = t.throws(() => quantize(floatGraphOf(model), [sample]), { instanceOf: TrainError });
    t.is(error.code, "BAD_DATA");
    t.regex(error.message, /expected 72 and 4 finite values/);
  }
});

test("an output that is given twice, or is an input, is refused", (t) => {
  const input = tf.input({ shape: [4] });
  const hidden = apply(tf.layers.dense({ units: 2 }), input);
  for (const outputs of [[hidden, apply(tf.layers.dropout({ rate: 0.5 }), hidden)], [hidden, input]]) {
    t.is(t.throws(() => floatGraphOf(tf.model({ inputs: input, outputs })), { instanceOf: TrainError }).code, "UNSUPPORTED_GRAPH");
  }
});
