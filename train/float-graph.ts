/**
 * A tfjs layers model as the graph of TensorFlow Lite operators that compute it, still in floating point.
 */
import type * as tf from "@tensorflow/tfjs";
import type { FloatGraph, FloatOperation, FloatStep } from "./float-operation.ts";
import { fused, withFewReshapes } from "./fusion.ts";
import { readModel } from "./read-model.ts";
import { withMatchingScales } from "./requantization.ts";
import { TrainError } from "./train-error.ts";
import { inOrder, type Value } from "./value.ts";

/**
 * Reads a layers model, sequential or functional, with one input and one output.
 *
 * @throws TrainError `UNSUPPORTED_LAYER`, `UNSUPPORTED_OPTION`, `UNSUPPORTED_GRAPH`, `BAD_WEIGHTS`
 */
export function floatGraphOf(model: tf.LayersModel): FloatGraph {
  const { input, output } = readModel(model);
  const values = inOrder(withMatchingScales(withFewReshapes(fused(output)))).filter((value) => value !== input);
  if (values.length === 0) throw new TrainError("UNSUPPORTED_GRAPH", `model ${model.name}: expected at least one layer that computes`);
  const numbers = new Map<Value, number>([[input, 0], ...values.map((value, step) => [value, step + 1] as const)]);
  const steps = values.map(({ name, operation, inputs, shape }): FloatStep => ({
    name,
    operation: operation as FloatOperation,
    inputs: inputs.map((value) => numbers.get(value)!),
    outputShape: shape,
  }));
  return { name: model.name, inputShape: input.shape, steps };
}
