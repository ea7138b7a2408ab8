/** Networks drawn at random: whatever layers meet, the operators compute what the layers compute, and the engine runs what is written. */
import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { floatGraphOf } from "../../train/float-graph.ts";
import { runFloat } from "../../train/float-run.ts";
import { quantize } from "../../train/quantize.ts";
import { SeededRandom } from "../../train/seeded-random.ts";
import { writeTflite } from "../../train/tflite-writer.ts";
import { predicted, runEverywhere } from "./engines.ts";
import { normalization, randomInputs, uniform, weights } from "./models.ts";

const NETWORKS = 16;

type Tensor = tf.SymbolicTensor;
const apply = (layer: tf.layers.Layer, ...inputs: Tensor[]): Tensor => layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor;

/** Layers that keep a picture's shape, so that any two of their outputs can be merged. */
const keeping: readonly (() => tf.layers.Layer)[] = [
  () => tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", ...weights() }),
  () => tf.layers.conv2d({ filters: 4, kernelSize: 1, activation: "relu", ...weights() }),
  () => tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "same", depthwiseInitializer: uniform() }),
  () => tf.layers.separableConv2d({ filters: 4, kernelSize: 3, padding: "same", depthwiseInitializer: uniform(), pointwiseInitializer: uniform() }),
  () => tf.layers.dense({ units: 4, ...weights() }),
  () => normalization(),
  () => tf.layers.reLU(),
  () => tf.layers.reLU({ maxValue: 6 }),
  () => tf.layers.leakyReLU({ alpha: 0.2 }),
  () => tf.layers.activation({ activation: "sigmoid" }),
  () => tf.layers.activation({ activation: "tanh" }),
  () => tf.layers.maxPooling2d({ poolSize: 3, strides: 1, padding: "same" }),
  () => tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
];
const merging: readonly (() => tf.layers.Layer)[] = [() => tf.layers.add(), () => tf.layers.average(), () => tf.layers.maximum(), () => tf.layers.minimum()];

function network(random: SeededRandom): tf.LayersModel {
  const input = tf.input({ shape: [5, 4, 4] });
  const pick = <T>(items: readonly T[]): T => items[random.integer(0, items.length - 1)]!;
  const values = [input];
  for (let count = random.integer(4, 9); count > 0; count--) {
    const recent = (): Tensor => pick(values.slice(-3));
    // tfjs itself trips over a layer that merges a tensor with itself.
    const two = (): [Tensor, Tensor] => random.shuffle(values.slice(-3)).slice(0, 2) as [Tensor, Tensor];
    if (values.length > 1 && random.chance(0.25)) values.push(apply(pick(merging)(), ...two()));
    else if (values.length > 1 && random.chance(0.2)) values.push(apply(tf.layers.conv2d({ filters: 4, kernelSize: 1, ...weights() }), apply(tf.layers.concatenate(), ...two())));
    else values.push(apply(pick(keeping)(), recent()));
  }
  const last = values.at(-1)!;
  const head = pick([() => tf.layers.flatten(), () => tf.layers.globalAveragePooling2d({} as never), () => tf.layers.globalMaxPooling2d({} as never), () => tf.layers.reshape({ targetShape: [20, 4] })]);
  return tf.model({ inputs: input, outputs: apply(tf.layers.dense({ units: 3, ...weights() }), apply(head(), last)) });
}

for (let number = 1; number <= NETWORKS; number++) {
  test(`network ${number}`, async (t) => {
    const model = network(new SeededRandom(number));
    const graph = floatGraphOf(model);
    const kinds = graph.steps.map(({ operation }) => operation.kind);
    t.log(kinds.join(", "));
    const inputs = randomInputs(16, 5 * 4 * 4, number);
    const layers = predicted(model, inputs);
    const largest = Math.max(...layers.map(Math.abs));
    runFloat(graph, inputs, (step, values) => {
      if (step < graph.steps.length - 1) return;
      values.forEach((value, index) => Math.abs(value - layers[index]!) < 1e-4 * Math.max(1, largest) || t.fail(`output ${index}: ${value} instead of ${layers[index]}`));
    });
    const { real, tfjsTflite, wasm, native, scale, zeroPoint } = await runEverywhere(model, writeTflite(quantize(graph, inputs)), inputs);
    t.deepEqual(native, wasm);
    const squares = (values: ArrayLike<number>): number => Array.from(values, (value) => value * value).reduce((sum, square) => sum + square, 0);
    const mean = real.reduce((sum, value) => sum + value, 0) / real.length;
    const noise = (outputs: Int8Array): number => squares(Array.from(outputs, (q, index) => (q - zeroPoint) * scale - real[index]!)) / squares(real.map((value) => value - mean));
    const [ours, theirs] = [noise(native), noise(tfjsTflite)];
    t.log(`noise beside signal: ${ours.toExponential(1)}, in tfjs-tflite ${theirs.toExponential(1)}`);
    t.true(ours < 0.01 && theirs < 0.01);
  });
}
