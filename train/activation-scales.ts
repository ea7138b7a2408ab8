/**
 * Scale and zero point of every activation, from the ranges that calibration saw and from what TensorFlow Lite's specification
 * (https://ai.google.dev/edge/litert/models/quantization_spec) demands of the operators.
 */
import type { FloatGraph, FloatOperation } from "./float-operation.ts";
import { clampToInt8, roundHalfAway } from "./rounding.ts";
import type { Quantization } from "./tflite-model.ts";

/** Smallest and largest value, 0 between them or one of them. */
export interface Range {
  min: number;
  max: number;
}

type Kind = FloatOperation["kind"] | "input";

/** What the specification says of an operator's output whatever its values; undefined where the values decide. */
export function fixedQuantization(kind: Kind): Quantization | undefined {
  switch (kind) {
    case "softmax":
    case "sigmoid":
      return { scales: [1 / 256], zeroPoints: [-128], dimension: 0 };
    case "tanh":
      return { scales: [1 / 128], zeroPoints: [0], dimension: 0 };
    default:
      return undefined;
  }
}

/** RELU6 is among them since microcontrollers' kernels only clamp there. */
const KEEPING: ReadonlySet<Kind> = new Set(["averagePool2d", "maxPool2d", "reshape", "pad", "concatenation", "maximum", "minimum", "relu6", "resizeNearestNeighbor", "resizeBilinear", "slice", "transpose"] as const);

/** Whether an operator moves or picks numbers without computing on their scale, so that all its inputs and its output have the same. */
export function keepsScale(kind: Kind): boolean {
  return KEEPING.has(kind);
}

/** The reference's ADD aligns its inputs by 20 bits: it refuses an output scale that is finer than 2⁻¹⁹ of an input's. One that is hardly finer is useless anyway. */
const FINEST_SUM = 2 ** -18;

/** int8 over a range that includes 0, so that 0 (padding, ReLU) is exact. A range of nothing but 0 gets scale 1: any does. */
function quantizationOf({ min, max }: Range): Quantization {
  const scale = Math.fround((max - min) / 255) || 1;
  return { scales: [scale], zeroPoints: [clampToInt8(roundHalfAway(-128 - min / scale))], dimension: 0 };
}

/**
 * One for each of the graph's inputs and one for each step's output, in this order. Values that must have the same scale share the range over all of them.
 *
 * @param ranges in the same order
 */
export function activationQuantizations(graph: FloatGraph, ranges: readonly Range[]): Quantization[] {
  const from = graph.inputs.length;
  const leaders = ranges.map((_, value) => value);
  const leaderOf = (value: number): number => (leaders[value] === value ? value : (leaders[value] = leaderOf(leaders[value]!)));
  graph.steps.forEach(({ operation, inputs }, step) => {
    if (keepsScale(operation.kind)) for (const input of inputs) leaders[leaderOf(from + step)] = leaderOf(input);
  });
  const kindOf = (value: number): Kind => (value < from ? "input" : graph.steps[value - from]!.operation.kind);
  // What an operator that keeps the scale puts out lies within what it takes, so its own range has no say.
  const shared = new Map<number, Range>();
  const fixed = new Map<number, Quantization>();
  ranges.forEach(({ min, max }, value) => {
    const leader = leaderOf(value);
    const own = fixedQuantization(kindOf(value));
    if (own !== undefined) fixed.set(leader, own);
    if (keepsScale(kindOf(value))) return;
    const range = shared.get(leader) ?? { min: 0, max: 0 };
    shared.set(leader, { min: Math.min(range.min, min), max: Math.max(range.max, max) });
  });
  const scaleOf = (value: number): number => (fixed.get(leaderOf(value)) ?? quantizationOf(shared.get(leaderOf(value))!)).scales[0]!;
  graph.steps.forEach(({ operation, inputs }, step) => {
    const range = shared.get(leaderOf(from + step))!;
    if (operation.kind === "add") range.max = Math.max(range.max, range.min + 255 * FINEST_SUM * Math.max(...inputs.map(scaleOf)));
  });
  return ranges.map((_, value) => fixed.get(leaderOf(value)) ?? quantizationOf(shared.get(leaderOf(value))!));
}
