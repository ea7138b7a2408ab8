/**
 * Post-training quantization to int8 as TensorFlow Lite's specification demands
 * (https://ai.google.dev/edge/litert/models/quantization_spec): activations per tensor (activation-scales.ts), weights symmetric, convolutions' per output
 * channel, fully connected layers' per tensor (quantized-weights.ts).
 */
import { activationQuantizations, type Range } from "./activation-scales.ts";
import type { FloatGraph, FloatStep } from "./float-operation.ts";
import { partsOf, runFloat, type Sample } from "./float-run.ts";
import { quantizeConstant, quantizeWeights } from "./quantized-weights.ts";
import { clampToInt8, roundHalfAway } from "./rounding.ts";
import type { TfliteModel, TfliteOperator, TfliteOptions, TfliteTensor } from "./tflite-model.ts";
import { TrainError } from "./train-error.ts";

/** Inputs that run through tfjs together during calibration: bounds its memory. */
const CALIBRATION_BATCH = 256;

/** How to quantize. */
export interface QuantizeOptions {
  /** type of the model's inputs and outputs: int8, or float32 with QUANTIZE after each input and DEQUANTIZE before each output (default int8) */
  readonly io?: "int8" | "float32";
}

function widen(range: Range, values: Float32Array): void {
  for (const value of values) {
    if (value < range.min) range.min = value;
    if (value > range.max) range.max = value;
  }
}

/** Features as a model's int8 input, as the engine on the device quantizes them: divided in binary32, halves away from zero, clamped. */
export function quantizeInput(values: Float32Array, scale: number, zeroPoint: number): Int8Array {
  return Int8Array.from(values, (value) => clampToInt8(roundHalfAway(Math.fround(value / scale)) + zeroPoint));
}

/** Smallest and largest value of each input and of each step's output over the calibration data, 0 included. */
function calibrate(graph: FloatGraph, calibration: readonly Sample[]): Range[] {
  const sizes = graph.inputs.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  if (calibration.length === 0) throw new TrainError("BAD_DATA", "calibration data: expected at least one input, got none");
  const ranges = Array.from({ length: sizes.length + graph.steps.length }, () => ({ min: 0, max: 0 }));
  for (const [index, sample] of calibration.entries()) {
    const parts = partsOf(sample);
    const lengths = parts.map(({ length }) => length).join(" and ");
    if (lengths !== sizes.join(" and ") || !parts.every((part) => part.every(Number.isFinite))) throw new TrainError("BAD_DATA", `calibration input ${index}: expected ${sizes.join(" and ")} finite values, got ${lengths}`);
    parts.forEach((part, input) => widen(ranges[input]!, part));
  }
  for (let start = 0; start < calibration.length; start += CALIBRATION_BATCH) {
    runFloat(graph, calibration.slice(start, start + CALIBRATION_BATCH), (step, output) => widen(ranges[sizes.length + step]!, output));
  }
  ranges.slice(sizes.length).forEach(({ min, max }, step) => {
    if (!Number.isFinite(max - min)) throw new TrainError("BAD_WEIGHTS", `layer ${graph.steps[step]!.name}: expected finite outputs, got ${min} to ${max} on the calibration data`);
  });
  return ranges;
}

/** A constant of indices or sizes. */
function integers(name: string, shape: readonly number[], values: readonly number[]): TfliteTensor {
  return { name, shape, type: "int32", data: Int32Array.from(values) };
}

interface Parameters {
  readonly options: TfliteOptions;
  /** constants after the operator's other inputs, or before them */
  readonly constants: readonly TfliteTensor[];
  readonly before?: readonly TfliteTensor[];
}

/** An operator's options and the constants among its inputs. */
function parametersOf({ name, operation, outputShape }: FloatStep, inputScale: number): Parameters {
  const row = (role: string, values: readonly number[]): TfliteTensor => integers(`${name}/${role}`, [values.length], values);
  switch (operation.kind) {
    case "transposeConv2d": {
      const { weights: _, weightsShape: __, bias: ___, ...options } = operation;
      const { weights, bias } = quantizeWeights(name, operation, inputScale);
      return { options, before: [row("shape", outputShape), weights], constants: [bias] };
    }
    case "conv2d":
    case "depthwiseConv2d":
    case "fullyConnected": {
      const { weights: _, weightsShape: __, bias: ___, ...options } = operation;
      const { weights, bias } = quantizeWeights(name, operation, inputScale);
      return { options, constants: [weights, bias] };
    }
    case "reshape":
      return { options: { kind: "reshape", newShape: outputShape }, constants: [row("shape", outputShape)] };
    case "prelu":
      return { options: { kind: "prelu" }, constants: [quantizeConstant(`${name}/slopes`, operation.slopes, operation.slopesShape)] };
    case "pad":
      return { options: { kind: "pad" }, constants: [integers(`${name}/paddings`, [operation.paddings.length, 2], operation.paddings.flat())] };
    case "mean":
      return { options: { kind: "mean" }, constants: [row("axes", operation.axes)] };
    case "resizeNearestNeighbor":
    case "resizeBilinear":
      return { options: { kind: operation.kind }, constants: [row("size", [operation.height, operation.width])] };
    case "slice":
      return { options: { kind: "slice" }, constants: [row("begin", operation.begin), row("size", outputShape)] };
    case "transpose":
      return { options: { kind: "transpose" }, constants: [row("permutation", operation.permutation)] };
    case "softmax":
      return { options: { kind: "softmax", beta: 1 }, constants: [] };
    case "requantize":
      return { options: { kind: "quantize" }, constants: [] };
    default:
      return { options: operation, constants: [] };
  }
}

/** Collects tensors under names that differ. */
class Tensors {
  readonly all: TfliteTensor[] = [];
  private readonly names = new Set<string>();

  /** @returns its index */
  add(tensor: TfliteTensor): number {
    let name = tensor.name;
    for (let count = 2; this.names.has(name); count++) name = `${tensor.name}_${count}`;
    this.names.add(name);
    return this.all.push({ ...tensor, name }) - 1;
  }
}

/**
 * Quantizes a graph.
 *
 * @param calibration inputs like those that the model will see, each row-major, of a model with several inputs an array per input; a few hundred do. They fix the ranges of all activations: what
 * lies outside is clamped.
 * @throws TrainError `BAD_DATA`
 */
export function quantize(graph: FloatGraph, calibration: readonly Sample[], { io = "int8" }: QuantizeOptions = {}): TfliteModel {
  const quantizations = activationQuantizations(graph, calibrate(graph, calibration));
  const real = io === "float32";
  const tensors = new Tensors();
  const operators: TfliteOperator[] = [];
  const activation = (name: string, shape: readonly number[], value: number): number => tensors.add({ name, shape, type: "int8", quantization: quantizations[value]! });
  const computed = (options: TfliteOptions, inputs: readonly number[], output: number): number => {
    operators.push({ options, inputs, outputs: [output] });
    return output;
  };
  const inputs = graph.inputs.map(({ name, shape }, value) => (real ? tensors.add({ name, shape, type: "float32" }) : activation(name, shape, value)));
  /** the int8 tensor of each value so far */
  const places = graph.inputs.map(({ name, shape }, value) => (real ? computed({ kind: "quantize" }, [inputs[value]!], activation(`${name}/quantize`, shape, value)) : inputs[value]!));
  const outputNames = new Map(graph.outputs.map(({ name, value }) => [value, name]));
  for (const step of graph.steps) {
    const { options, constants, before = [] } = parametersOf(step, quantizations[step.inputs[0]!]!.scales[0]!);
    const [first, last] = [before, constants].map((some) => some.map((constant) => tensors.add(constant))) as [number[], number[]];
    const taken = [...first, ...step.inputs.map((value) => places[value]!), ...last];
    const name = (real ? undefined : outputNames.get(places.length)) ?? `${step.name}/${step.operation.kind}`;
    places.push(computed(options, taken, activation(name, step.outputShape, places.length)));
  }
  const outputs = graph.outputs.map(({ name, value }) => {
    const place = places[value]!;
    return real ? computed({ kind: "dequantize" }, [place], tensors.add({ name, shape: tensors.all[place]!.shape, type: "float32" })) : place;
  });
  return { name: graph.name, tensors: tensors.all, operators, inputs, outputs };
}
