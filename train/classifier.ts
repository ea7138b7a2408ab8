/**
 * Trains a classifier so that a second run gives the same bits: tfjs on its plain JavaScript backend, batches in an order of our own. The caller seeds
 * the initializers of the layers (`tf.initializers.glorotUniform({ seed })`).
 */
import * as tf from "@tensorflow/tfjs";
import { SeededRandom } from "./seeded-random.ts";
import { TrainError } from "./train-error.ts";

/** Labelled examples. */
export interface Examples {
  /** all of one length, the model's input without the batch dimension, row-major */
  readonly inputs: readonly Float32Array[];
  /** one class index per input */
  readonly labels: readonly number[];
}

/** How to train. */
export interface TrainOptions {
  readonly epochs: number;
  readonly batchSize: number;
  /** Adam's step size at the start; it falls to a tenth along half a cosine */
  readonly learningRate: number;
  /** seed of the order of the examples */
  readonly seed: number;
  /** called after each epoch with the mean loss */
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/** Chooses the backend whose results do not depend on the machine; call before building a model. */
export async function useDeterministicBackend(): Promise<void> {
  // Production mode also keeps tfjs from advertising its native backend on stderr.
  tf.enableProdMode();
  await tf.setBackend("cpu");
  await tf.ready();
}

/**
 * Trains `model` (softmax output) in place with categorical cross-entropy.
 *
 * @throws TrainError `BAD_DATA`, `BAD_WEIGHTS`
 */
export function trainClassifier(model: tf.LayersModel, examples: Examples, options: TrainOptions): void {
  const inputShape = model.inputs[0]!.shape.slice(1) as number[];
  const classes = model.outputs[0]!.shape.at(-1)!;
  const values = inputShape.reduce((product, size) => product * size, 1);
  const { inputs, labels } = examples;
  if (inputs.length === 0 || inputs.length !== labels.length) throw new TrainError("BAD_DATA", `training data: expected one label per input and at least one, got ${inputs.length} inputs and ${labels.length} labels`);
  inputs.forEach((input, index) => {
    if (input.length !== values || !input.every(Number.isFinite)) throw new TrainError("BAD_DATA", `training input ${index}: expected ${values} finite values, got ${input.length}`);
    if (!(labels[index]! >= 0 && labels[index]! < classes)) throw new TrainError("BAD_DATA", `training label ${index}: expected 0 to ${classes - 1}, got ${labels[index]}`);
  });
  const order = inputs.map((_, index) => index);
  const random = new SeededRandom(options.seed);
  const optimizer = tf.train.adam(options.learningRate);
  const batches = Math.ceil(order.length / options.batchSize);
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    random.shuffle(order);
    let lossSum = 0;
    for (let batch = 0; batch < batches; batch++) {
      const progress = (epoch + batch / batches) / options.epochs;
      // tfjs declares the field protected and has no setter for it on Adam; it is read anew at every step.
      (optimizer as unknown as { learningRate: number }).learningRate = options.learningRate * (0.1 + 0.45 * (1 + Math.cos(Math.PI * progress)));
      const members = order.slice(batch * options.batchSize, (batch + 1) * options.batchSize);
      lossSum += tf.tidy(() => {
        const data = new Float32Array(members.length * values);
        members.forEach((member, row) => data.set(inputs[member]!, row * values));
        const x = tf.tensor(data, [members.length, ...inputShape]);
        const y = tf.oneHot(tf.tensor1d(members.map((member) => labels[member]!), "int32"), classes);
        const loss = optimizer.minimize(() => tf.metrics.categoricalCrossentropy(y, model.apply(x, { training: true }) as tf.Tensor).mean() as tf.Scalar, true);
        return loss!.dataSync()[0]!;
      });
    }
    if (!Number.isFinite(lossSum)) throw new TrainError("BAD_WEIGHTS", `training: expected a finite loss, got ${lossSum} in epoch ${epoch + 1}; a smaller learning rate may help`);
    options.onEpoch?.(epoch + 1, lossSum / batches);
  }
  optimizer.dispose();
}
