import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { floatGraphOf } from "../../train/float-graph.ts";
import { runFloat } from "../../train/float-run.ts";
import { TrainError, type TrainErrorCode } from "../../train/train-error.ts";
import { everyLayer, randomInputs, uniform } from "./models.ts";

function outputs(model: tf.LayersModel, inputs: Float32Array[]): { graph: Float32Array; layers: Float32Array } {
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  let graph = new Float32Array();
  const read = floatGraphOf(model);
  runFloat(read, inputs, (step, values) => {
    if (step === read.steps.length - 1) graph = values.slice();
  });
  const layers = tf.tidy(() => (model.predict(tf.stack(inputs.map((input) => tf.tensor(input, shape)))) as tf.Tensor).dataSync().slice() as Float32Array);
  return { graph, layers };
}

test("the operators compute what the layers compute", (t) => {
  const { graph, layers } = outputs(everyLayer(), randomInputs(8, 9 * 8 * 3));
  t.is(graph.length, 8 * 4);
  graph.forEach((value, index) => t.true(Math.abs(value - layers[index]!) < 1e-6, `${value} against ${layers[index]}`));
});

test("a global pool over space becomes a pool and a reshape", (t) => {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ inputShape: [6, 5, 2], filters: 3, kernelSize: 3, kernelInitializer: uniform() }));
  model.add(tf.layers.globalAveragePooling2d({} as never));
  t.deepEqual(floatGraphOf(model).steps.map(({ operation, outputShape }) => [operation.kind, outputShape]), [
    ["conv2d", [1, 4, 3, 3]],
    ["averagePool2d", [1, 1, 1, 3]],
    ["reshape", [1, 3]],
  ]);
  const { graph, layers } = outputs(model, randomInputs(3, 60));
  graph.forEach((value, index) => t.true(Math.abs(value - layers[index]!) < 1e-6));
});

test("a functional model is read like a sequential one", (t) => {
  const input = tf.input({ shape: [4, 4, 1] });
  const output = tf.layers.softmax().apply(tf.layers.flatten().apply(tf.layers.conv2d({ filters: 1, kernelSize: 3 }).apply(input))) as tf.SymbolicTensor;
  t.deepEqual(floatGraphOf(tf.model({ inputs: input, outputs: output })).steps.map(({ operation }) => operation.kind), ["conv2d", "reshape", "softmax"]);
});

function refuses(title: string, code: TrainErrorCode, message: RegExp, build: () => tf.LayersModel): void {
  test(`${title} is refused`, (t) => {
    const error = t.throws(() => floatGraphOf(build()), { instanceOf: TrainError });
    t.is(error.code, code);
    t.regex(error.message, message);
  });
}

const sequential = (...layers: tf.layers.Layer[]): tf.Sequential => tf.sequential({ layers });

refuses("a layer that the writer does not know", "UNSUPPORTED_LAYER", /layer lstm_LSTM1: expected one of Conv1D, Conv2D, .* got LSTM/, () => sequential(tf.layers.lstm({ inputShape: [4, 2], units: 3 })));
refuses("an activation without an operator", "UNSUPPORTED_OPTION", /expected the activation linear, .* got softplus/, () => sequential(tf.layers.dense({ inputShape: [4], units: 3, activation: "softplus" })));
refuses("a ReLU with another bound than 6", "UNSUPPORTED_OPTION", /got 4/, () => sequential(tf.layers.dense({ inputShape: [4], units: 3 }), tf.layers.reLU({ maxValue: 4 })));
refuses("a softmax over another axis", "UNSUPPORTED_OPTION", /over the last axis, got 1/, () => sequential(tf.layers.softmax({ inputShape: [4, 4], axis: 1 })));
refuses("batch normalization of another axis", "UNSUPPORTED_OPTION", /of the last axis, got 1/, () => sequential(tf.layers.batchNormalization({ inputShape: [4, 3], axis: 1 })));
refuses("causal padding", "UNSUPPORTED_OPTION", /same or valid, got causal/, () => sequential(tf.layers.conv1d({ inputShape: [4, 3], filters: 1, kernelSize: 2, padding: "causal" })));
refuses("channels first", "UNSUPPORTED_OPTION", /channelsLast/, () => sequential(tf.layers.maxPooling2d({ inputShape: [1, 4, 4], poolSize: 2, dataFormat: "channelsFirst" })));
refuses("an input of unknown size", "UNSUPPORTED_OPTION", /sizes that are known/, () => sequential(tf.layers.conv2d({ inputShape: [null, null, 1], filters: 1, kernelSize: 3 })));
refuses("a sum of inputs with different numbers of axes", "UNSUPPORTED_OPTION", /same number of axes, got 2 and 3/, () => {
  const input = tf.input({ shape: [4] });
  return tf.model({ inputs: input, outputs: tf.layers.add().apply([input, tf.layers.reshape({ targetShape: [4, 1] }).apply(input) as tf.SymbolicTensor]) as tf.SymbolicTensor });
});
refuses("a model that computes nothing", "UNSUPPORTED_GRAPH", /outputs that are computed/, () => sequential(tf.layers.dropout({ inputShape: [4], rate: 0.5 })));
refuses("a model whose weights are not finite", "BAD_WEIGHTS", /finite weights/, () => sequential(tf.layers.dense({ inputShape: [2], units: 1, weights: [tf.tensor2d([[NaN], [1]]), tf.tensor1d([0])] })));
