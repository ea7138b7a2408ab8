/** Small networks with random but seeded weights, for the tests of this folder. */
import * as tf from "@tensorflow/tfjs";
import { useDeterministicBackend } from "../../train/classifier.ts";
import { SeededRandom } from "../../train/seeded-random.ts";

await useDeterministicBackend();

let seed = 1;
export const uniform = (limit = 0.6): ReturnType<typeof tf.initializers.randomUniform> => tf.initializers.randomUniform({ minval: -limit, maxval: limit, seed: seed++ });

/** Every supported layer and option at least once. Input [9, 8, 3], output 4 classes. */
export function everyLayer(): tf.Sequential {
  const model = tf.sequential({ name: "every-layer" });
  model.add(tf.layers.conv2d({ inputShape: [9, 8, 3], filters: 5, kernelSize: [3, 2], strides: [1, 1], padding: "same", activation: "relu6", kernelInitializer: uniform(), biasInitializer: uniform() }));
  model.add(tf.layers.depthwiseConv2d({ kernelSize: [3, 3], strides: [1, 1], padding: "same", depthMultiplier: 2, useBias: false, depthwiseInitializer: uniform() }));
  model.add(tf.layers.reLU({ maxValue: 6 }));
  model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2], padding: "same" }));
  model.add(tf.layers.conv2d({ filters: 6, kernelSize: [2, 2], dilationRate: [2, 1], padding: "valid", kernelInitializer: uniform(), biasInitializer: uniform() }));
  model.add(tf.layers.activation({ activation: "relu" }));
  model.add(tf.layers.averagePooling2d({ poolSize: [2, 2], strides: [1, 1] }));
  model.add(tf.layers.dropout({ rate: 0.5 }));
  model.add(tf.layers.reshape({ targetShape: [1, 4, 6] }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 7, activation: "relu", kernelInitializer: uniform(), biasInitializer: uniform() }));
  model.add(tf.layers.dense({ units: 4, activation: "softmax", kernelInitializer: uniform(), biasInitializer: uniform() }));
  return model;
}

/** Inputs that scatter around 0. */
export function randomInputs(count: number, values: number, from = 5): Float32Array[] {
  const random = new SeededRandom(from);
  return Array.from({ length: count }, () => Float32Array.from({ length: values }, () => random.between(-2, 3)));
}

/** Initializers of a layer with a kernel and a bias. */
export function weights(): { kernelInitializer: ReturnType<typeof uniform>; biasInitializer: ReturnType<typeof uniform> } {
  return { kernelInitializer: uniform(), biasInitializer: uniform() };
}

/** Batch normalization as training leaves it. */
export function normalization(options: { scale?: boolean; center?: boolean } = {}): tf.layers.Layer {
  const between = (minval: number, maxval: number): ReturnType<typeof uniform> => tf.initializers.randomUniform({ minval, maxval, seed: seed++ });
  return tf.layers.batchNormalization({ ...options, gammaInitializer: between(-1.5, 1.5), betaInitializer: between(-1, 1), movingMeanInitializer: between(-1, 1), movingVarianceInitializer: between(0.3, 3) });
}
