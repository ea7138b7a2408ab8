/** Small networks of several kinds, trained on synthetic data: what the layers learnt, the written model says everywhere. */
import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { trainClassifier, useDeterministicBackend, type Examples } from "../../train/classifier.ts";
import { floatGraphOf } from "../../train/float-graph.ts";
import { quantize } from "../../train/quantize.ts";
import { SeededRandom } from "../../train/seeded-random.ts";
import { writeTflite } from "../../train/tflite-writer.ts";
import { runEverywhere } from "./engines.ts";
import { uniform } from "./models.ts";

await useDeterministicBackend();

const CLASSES = 3;
const LENGTH = 32;
const CHANNELS = 2;

/** A noisy wave in two channels whose class is its frequency; amplitude and phase vary. */
function waves(count: number, seed: number): Examples {
  const random = new SeededRandom(seed);
  const labels = Array.from({ length: count }, (_, index) => index % CLASSES);
  const inputs = labels.map((label) => {
    const [frequency, phase, amplitude] = [[0.3, 0.9, 1.8][label]!, random.between(0, 6.3), random.between(0.5, 2)];
    return Float32Array.from({ length: LENGTH * CHANNELS }, (_, index) => amplitude * Math.sin(frequency * Math.floor(index / CHANNELS) + phase + (index % CHANNELS)) + random.between(-0.9, 0.9));
  });
  return { inputs, labels };
}

type Tensor = tf.SymbolicTensor;
const apply = (layer: tf.layers.Layer, ...inputs: Tensor[]): Tensor => layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor;
const kernel = (): { kernelInitializer: ReturnType<typeof uniform> } => ({ kernelInitializer: uniform(0.4) });
const labelled = (value: Tensor): Tensor => apply(tf.layers.dense({ units: CLASSES, activation: "softmax", ...kernel() }), value);
/** A layer without options of its own; tfjs's types demand some. */
const NONE = {} as never;

const networks: Readonly<Record<string, (input: Tensor) => Tensor>> = {
  "convolutions in one dimension with batch normalization": (input) => {
    const block = (value: Tensor, filters: number): Tensor => apply(tf.layers.reLU(), apply(tf.layers.batchNormalization(), apply(tf.layers.conv1d({ filters, kernelSize: 5, strides: 2, padding: "same", useBias: false, ...kernel() }), value)));
    return labelled(apply(tf.layers.globalAveragePooling1d(NONE), block(block(input, 6), 8)));
  },
  "a residual network": (input) => {
    const first = apply(tf.layers.conv1d({ filters: 6, kernelSize: 5, strides: 2, padding: "same", activation: "relu", ...kernel() }), input);
    const branch = apply(tf.layers.batchNormalization(), apply(tf.layers.conv1d({ filters: 6, kernelSize: 3, padding: "same", ...kernel() }), first));
    const sum = apply(tf.layers.reLU(), apply(tf.layers.add(), first, branch));
    return labelled(apply(tf.layers.flatten(), apply(tf.layers.maxPooling1d({ poolSize: 2 }), sum)));
  },
  "separable convolutions beside each other": (input) => {
    const picture = apply(tf.layers.zeroPadding2d({ padding: [[1, 1], [0, 0]] }), apply(tf.layers.reshape({ targetShape: [LENGTH, 1, CHANNELS] }), input));
    const branch = (size: number): Tensor =>
      apply(tf.layers.separableConv2d({ filters: 6, kernelSize: [size, 1], padding: "same", depthMultiplier: 2, activation: "relu6", depthwiseInitializer: uniform(), pointwiseInitializer: uniform() }), picture);
    const joined = apply(tf.layers.concatenate(), branch(3), branch(5), branch(7));
    return labelled(apply(tf.layers.dropout({ rate: 0.1, seed: 5 }), apply(tf.layers.globalAveragePooling2d(NONE), joined)));
  },
  "dense layers with hyperbolic tangents": (input) => {
    const hidden = apply(tf.layers.dense({ units: 24, activation: "tanh", ...kernel() }), apply(tf.layers.flatten(), apply(tf.layers.batchNormalization(), input)));
    return labelled(apply(tf.layers.leakyReLU({ alpha: 0.2 }), apply(tf.layers.dense({ units: 12, ...kernel() }), hidden)));
  },
};

/** The index of the largest value of each row, the first of equals. */
function labelsOf(outputs: Float32Array | Int8Array): number[] {
  return Array.from({ length: outputs.length / CLASSES }, (_, row) => {
    const values = [...outputs.subarray(row * CLASSES, (row + 1) * CLASSES)];
    return values.indexOf(Math.max(...values));
  });
}

for (const [title, build] of Object.entries(networks)) {
  test(`${title}: every engine gives tfjs-tflite's labels on held-out data, hardly worse than the layers'`, async (t) => {
    const input = tf.input({ shape: [LENGTH, CHANNELS] });
    const model = tf.model({ inputs: input, outputs: build(input) });
    const training = waves(300, 1);
    trainClassifier(model, training, { epochs: 8, batchSize: 20, learningRate: 0.02, seed: 7 });
    const file = writeTflite(quantize(floatGraphOf(model), training.inputs));

    const heldOut = waves(240, 2);
    const { real, tfjsTflite, wasm, native, scale, zeroPoint } = await runEverywhere(model, file, heldOut.inputs);
    t.deepEqual(native, wasm);
    t.deepEqual(labelsOf(native), labelsOf(tfjsTflite));
    const right = (labels: number[]): number => labels.filter((label, index) => label === heldOut.labels[index]).length;
    const [before, after] = [right(labelsOf(real)), right(labelsOf(native))];
    const worst = Math.max(...Array.from(native, (q, index) => Math.abs((q - zeroPoint) * scale - real[index]!)));
    t.log(`${before} of ${heldOut.labels.length} right before quantization, ${after} after it; largest difference of a probability ${worst.toFixed(3)}; ${file.length} bytes`);
    t.true(before >= 0.9 * heldOut.labels.length, `${before} right before quantization`);
    t.true(after >= before - 3, `${after} right after quantization, ${before} before`);
    t.true(worst < 0.2, `a probability is off by ${worst}`);
  });
}
