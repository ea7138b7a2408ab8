import * as tf from "@tensorflow/tfjs";
import test from "ava";
import { floatGraphOf } from "../../train/float-graph.ts";
import { quantize } from "../../train/quantize.ts";
import type { Quantization, TfliteModel } from "../../train/tflite-model.ts";
import { randomInputs, weights } from "./models.ts";

type Tensor = tf.SymbolicTensor;
const apply = (layer: tf.layers.Layer, ...inputs: Tensor[]): Tensor => layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor;
const conv2d = (input: Tensor, filters: number, more: object = {}): Tensor => apply(tf.layers.conv2d({ filters, kernelSize: 1, ...weights(), ...more }), input);
const activation = (name: "sigmoid" | "tanh", input: Tensor): Tensor => apply(tf.layers.activation({ activation: name }), input);

function quantized(build: (input: Tensor) => Tensor): TfliteModel {
  const input = tf.input({ shape: [4, 4, 2] });
  return quantize(floatGraphOf(tf.model({ inputs: input, outputs: build(input) })), randomInputs(16, 32));
}

/** Scales of what an operator takes and puts out, constants left out. */
function scalesAround({ tensors, operators }: TfliteModel, kind: string): { inputs: Quantization[]; output: Quantization } {
  const { inputs, outputs } = operators.find(({ options }) => options.kind === kind)!;
  return { inputs: inputs.map((index) => tensors[index]!).filter(({ data }) => data === undefined).map(({ quantization }) => quantization!), output: tensors[outputs[0]!]!.quantization! };
}

for (const [kind, merge] of [["concatenation", tf.layers.concatenate], ["maximum", tf.layers.maximum], ["minimum", tf.layers.minimum]] as const) {
  test(`${kind} takes and puts out one scale, which covers all inputs`, (t) => {
    const { inputs, output } = scalesAround(quantized((input) => apply(merge(), input, conv2d(input, 2), apply(tf.layers.maxPooling2d({ poolSize: 1 }), conv2d(input, 2)))), kind);
    for (const quantization of inputs) t.deepEqual(quantization, output);
  });
}

for (const kind of ["pad", "maxPool2d", "averagePool2d", "relu6"] as const) {
  test(`${kind} keeps its input's scale`, (t) => {
    const layer = {
      pad: () => tf.layers.zeroPadding2d(),
      maxPool2d: () => tf.layers.maxPooling2d({ poolSize: 2 }),
      averagePool2d: () => tf.layers.averagePooling2d({ poolSize: 2 }),
      relu6: () => tf.layers.reLU({ maxValue: 6 }),
    }[kind]();
    const { inputs, output } = scalesAround(quantized((input) => apply(layer, input)), kind);
    t.deepEqual(inputs, [output]);
  });
}

test("sigmoid puts out 1/256 steps from -128, tanh 1/128 steps around 0, also through what keeps the scale", (t) => {
  const pooled = (name: "sigmoid" | "tanh"): TfliteModel => quantized((input) => apply(tf.layers.flatten(), apply(tf.layers.maxPooling2d({ poolSize: 2 }), activation(name, input))));
  for (const [name, scale, zeroPoint] of [["sigmoid", 1 / 256, -128], ["tanh", 1 / 128, 0]] as const) {
    const model = pooled(name);
    for (const kind of [name, "maxPool2d", "reshape"]) t.deepEqual(scalesAround(model, kind).output, { scales: [scale], zeroPoints: [zeroPoint], dimension: 0 });
  }
});

test("what joins a fixed scale and another gets the fixed one requantized", (t) => {
  const model = quantized((input) => apply(tf.layers.concatenate(), activation("tanh", input), activation("sigmoid", input)));
  const { inputs, output } = scalesAround(model, "concatenation");
  t.deepEqual(model.operators.map(({ options }) => options.kind), ["tanh", "quantize", "sigmoid", "quantize", "concatenation"]);
  for (const quantization of inputs) t.deepEqual(quantization, output);
  t.true(output.scales[0]! > 1.5 / 255);
});

test("a sum, a product and a mean have scales of their own", (t) => {
  const model = quantized((input) => apply(tf.layers.globalAveragePooling1d({} as never), apply(tf.layers.reshape({ targetShape: [16, 2] }), apply(tf.layers.multiply(), apply(tf.layers.add(), input, input), input))));
  const scales = ["add", "multiply", "mean"].flatMap((kind) => scalesAround(model, kind).output.scales);
  t.is(new Set([...scales, model.tensors[0]!.quantization!.scales[0]]).size, 4);
});

test("a sum that is nothing beside its inputs gets a scale that ADD can align", (t) => {
  const model = quantized((input) => {
    const twin = { filters: 1, kernelSize: 1, useBias: false };
    const kernel = (value: number): tf.Tensor => tf.fill([1, 1, 2, 1], value);
    return apply(tf.layers.add(), apply(tf.layers.conv2d({ ...twin, weights: [kernel(1000)] }), input), apply(tf.layers.conv2d({ ...twin, weights: [kernel(-1000.0001)] }), input));
  });
  const { inputs, output } = scalesAround(model, "add");
  t.true((2 * Math.max(...inputs.map(({ scales }) => scales[0]!))) / (2 ** 20 * output.scales[0]!) < 1);
});

test("tensors have names that differ", (t) => {
  const { tensors } = quantized((input) => {
    const shared = tf.layers.conv2d({ filters: 2, kernelSize: 1, ...weights() });
    return apply(tf.layers.add(), apply(shared, input), apply(shared, apply(shared, input)), input);
  });
  t.is(new Set(tensors.map(({ name }) => name)).size, tensors.length);
});
