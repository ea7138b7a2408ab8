import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { trainClassifier, useDeterministicBackend, type Examples } from "../../train/classifier.ts";
import { SeededRandom } from "../../train/seeded-random.ts";
import { TrainError } from "../../train/train-error.ts";

await useDeterministicBackend();

function network(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 2, activation: "softmax", kernelInitializer: tf.initializers.glorotUniform({ seed: 4 }) })] });
}

function examples(): Examples {
  const random = new SeededRandom(9);
  const inputs = Array.from({ length: 200 }, () => Float32Array.of(random.between(-1, 1), random.between(-1, 1)));
  return { inputs, labels: inputs.map(([x, y]) => (x! > y! ? 1 : 0)) };
}

const options = { epochs: 20, batchSize: 16, learningRate: 0.1, seed: 3 };

test("training learns, and gives the same bits in a second run", (t) => {
  const weights = [network(), network()].map((model) => {
    const losses: number[] = [];
    trainClassifier(model, examples(), { ...options, onEpoch: (_, loss) => losses.push(loss) });
    t.true(losses.at(-1)! < losses[0]! / 2);
    return model.getWeights().map((weight) => [...weight.dataSync()]);
  });
  t.deepEqual(weights[0], weights[1]);
});

test("training leaves no tensors behind", (t) => {
  const model = network();
  const before = tf.memory().numTensors;
  trainClassifier(model, examples(), { ...options, epochs: 1 });
  t.is(tf.memory().numTensors, before);
});

test("data that does not fit the model is refused", (t) => {
  const bad: Examples[] = [
    { inputs: [], labels: [] },
    { inputs: [Float32Array.of(1, 2)], labels: [] },
    { inputs: [Float32Array.of(1, 2, 3)], labels: [0] },
    { inputs: [Float32Array.of(1, Infinity)], labels: [0] },
    { inputs: [Float32Array.of(1, 2)], labels: [2] },
  ];
  for (const data of bad) t.is(t.throws(() => trainClassifier(network(), data, options), { instanceOf: TrainError }).code, "BAD_DATA");
});

test("training that diverges says so", (t) => {
  const model = network();
  model.layers[0]!.setWeights([tf.fill([2, 2], NaN), tf.zeros([2])]);
  t.is(t.throws(() => trainClassifier(model, examples(), { ...options, epochs: 1 }), { instanceOf: TrainError }).code, "BAD_WEIGHTS");
});
