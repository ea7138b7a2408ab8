/**
 * Post-training quantization to int8 as TensorFlow Lite's specification demands
 * (https://ai.google.dev/edge/litert/models/quantization_spec): activations per tensor, weights symmetric in [−127, 127] (convolutions per output
 * channel, fully connected per tensor), bias int32 with scale = input scale × weight scale, pools and reshapes without a change of
 * scale, softmax with scale 1/256 and zero point −128.
 */
import type { FloatGraph } from "./float-graph.ts";
import { runFloat } from "./float-run.ts";
import type { Quantization, TfliteModel, TfliteOperator, TfliteOptions, TfliteTensor } from "./tflite-model.ts";
import { TrainError } from "./train-error.ts";

/** Inputs that run through tfjs together during calibration: bounds its memory. */
const CALIBRATION_BATCH = 256;

/** The largest bias, in units of its scale, that quantization aims at: leaves the accumulator a bit of int32 for the products. */
const LARGEST_BIAS = 2 ** 30;

interface Range {
  min: number;
  max: number;
}

function widen(range: Range, values: Float32Array): void {
  for (const value of values) {
    if (value < range.min) range.min = value;
    if (value > range.max) range.max = value;
  }
}

/** C's `round`: halves away from zero, as the reference quantizer rounds. */
function roundHalfAway(x: number): number {
  return x < 0 ? -Math.round(-x) : Math.round(x);
}

function clampToInt8(q: number): number {
  return Math.max(-128, Math.min(127, q));
}

/** Features as a model's int8 input, as the engine on the device quantizes them: divided in binary32, halves away from zero, clamped. */
export function quantizeInput(values: Float32Array, scale: number, zeroPoint: number): Int8Array {
  return Int8Array.from(values, (value) => clampToInt8(roundHalfAway(Math.fround(value / scale)) + zeroPoint));
}

/** int8 over a range that includes 0, so that 0 (padding, ReLU) is exact. A range of nothing but 0 gets scale 1: any does. */
function activationQuantization({ min, max }: Range): Quantization {
  const scale = Math.fround((max - min) / 255) || 1;
  return { scales: [scale], zeroPoints: [clampToInt8(roundHalfAway(-128 - min / scale))], dimension: 0 };
}

/** Smallest and largest value of the input and of each step's output over the calibration data, 0 included. */
function calibrate(graph: FloatGraph, calibration: readonly Float32Array[]): { input: Range; steps: Range[] } {
  const values = graph.inputShape.reduce((product, size) => product * size, 1);
  if (calibration.length === 0) throw new TrainError("BAD_DATA", "calibration data: expected at least one input, got none");
  const input = { min: 0, max: 0 };
  const steps = graph.steps.map(() => ({ min: 0, max: 0 }));
  for (const [index, sample] of calibration.entries()) {
    if (sample.length !== values || !sample.every(Number.isFinite)) throw new TrainError("BAD_DATA", `calibration input ${index}: expected ${values} finite values, got ${sample.length}`);
    widen(input, sample);
  }
  for (let start = 0; start < calibration.length; start += CALIBRATION_BATCH) {
    runFloat(graph, calibration.slice(start, start + CALIBRATION_BATCH), (step, output) => widen(steps[step]!, output));
  }
  return { input, steps };
}

interface QuantizedWeights {
  readonly weights: TfliteTensor;
  readonly bias: TfliteTensor;
}

/**
 * @param channelOf which output channel a weight belongs to, by its index
 * @param perChannel the channels' dimension, or undefined for one scale for all
 */
function quantizeWeights(name: string, source: { weights: Float32Array; weightsShape: readonly number[]; bias: Float32Array }, inputScale: number, channelOf: (index: number) => number, perChannel?: number): QuantizedWeights {
  const groups = perChannel === undefined ? 1 : source.bias.length;
  const groupOf = (channel: number): number => (perChannel === undefined ? 0 : channel);
  const largest = new Float64Array(groups);
  source.weights.forEach((weight, index) => (largest[groupOf(channelOf(index))] = Math.max(largest[groupOf(channelOf(index))]!, Math.abs(weight))));
  const scales = Array.from(largest, (magnitude) => magnitude / 127);
  // Weights close to nothing beside a bias: a coarser scale, or the bias would not fit in 32 bits.
  source.bias.forEach((bias, channel) => (scales[groupOf(channel)] = Math.max(scales[groupOf(channel)]!, Math.abs(bias) / (inputScale * LARGEST_BIAS))));
  // Weights of nothing, or of less than binary32 can scale, become zeros: any scale does.
  scales.forEach((scale, group) => (scales[group] = Math.fround(inputScale * Math.fround(scale)) > 0 ? Math.fround(scale) : 1));
  const biasScales = scales.map((scale) => Math.fround(inputScale * scale));
  const zeros = scales.map(() => 0);
  return {
    weights: {
      name: `${name}/weights`,
      shape: source.weightsShape,
      type: "int8",
      quantization: { scales, zeroPoints: zeros, dimension: perChannel ?? 0 },
      data: Int8Array.from(source.weights, (weight, index) => Math.max(-127, Math.min(127, roundHalfAway(weight / scales[groupOf(channelOf(index))]!)))),
    },
    bias: {
      name: `${name}/bias`,
      shape: [source.bias.length],
      type: "int32",
      quantization: { scales: biasScales, zeroPoints: zeros, dimension: 0 },
      data: Int32Array.from(source.bias, (bias, channel) => roundHalfAway(bias / biasScales[groupOf(channel)]!)),
    },
  };
}

/**
 * Quantizes a graph.
 *
 * @param calibration inputs like those that the model will see, each row-major; a few hundred do. They fix the ranges of all activations: what
 * lies outside is clamped.
 * @throws TrainError `BAD_DATA`
 */
export function quantize(graph: FloatGraph, calibration: readonly Float32Array[]): TfliteModel {
  const ranges = calibrate(graph, calibration);
  const tensors: TfliteTensor[] = [{ name: "input", shape: graph.inputShape, type: "int8", quantization: activationQuantization(ranges.input) }];
  const operators: TfliteOperator[] = [];
  let current = 0;
  const append = (tensor: TfliteTensor): number => tensors.push(tensor) - 1;
  graph.steps.forEach(({ name, operation, outputShape }, step) => {
    const inputQuantization = tensors[current]!.quantization!;
    const inputScale = inputQuantization.scales[0]!;
    const constants: TfliteTensor[] = [];
    let quantization = activationQuantization(ranges.steps[step]!);
    let options: TfliteOptions;
    switch (operation.kind) {
      case "conv2d": {
        const { weights, weightsShape, bias, ...rest } = operation;
        const perOutput = weights.length / bias.length;
        const quantized = quantizeWeights(name, operation, inputScale, (index) => Math.floor(index / perOutput), 0);
        constants.push(quantized.weights, quantized.bias);
        options = rest;
        break;
      }
      case "depthwiseConv2d": {
        const { weights, weightsShape, bias, ...rest } = operation;
        const quantized = quantizeWeights(name, operation, inputScale, (index) => index % bias.length, 3);
        constants.push(quantized.weights, quantized.bias);
        options = rest;
        break;
      }
      case "fullyConnected": {
        const perOutput = operation.weights.length / operation.bias.length;
        const quantized = quantizeWeights(name, operation, inputScale, (index) => Math.floor(index / perOutput));
        constants.push(quantized.weights, quantized.bias);
        options = { kind: "fullyConnected", activation: operation.activation };
        break;
      }
      case "averagePool2d":
      case "maxPool2d":
        quantization = inputQuantization;
        options = operation;
        break;
      case "reshape":
        quantization = inputQuantization;
        constants.push({ name: `${name}/shape`, shape: [outputShape.length], type: "int32", data: Int32Array.from(outputShape) });
        options = { kind: "reshape", newShape: outputShape };
        break;
      case "softmax":
        quantization = { scales: [1 / 256], zeroPoints: [-128], dimension: 0 };
        options = { kind: "softmax", beta: 1 };
        break;
    }
    const inputs = [current, ...constants.map(append)];
    current = append({ name: step === graph.steps.length - 1 ? "output" : `${name}/${operation.kind}`, shape: outputShape, type: "int8", quantization });
    operators.push({ options, inputs, outputs: [current] });
  });
  return { name: graph.name, tensors, operators, inputs: [0], outputs: [current] };
}
