/**
 * A tfjs layers model as the graph of TensorFlow Lite operators that compute it, still in floating point.
 */
import type * as tf from "@tensorflow/tfjs";
import type { FloatGraph, FloatOperation, FloatStep } from "./float-operation.ts";
import { fused, withFewReshapes } from "./fusion.ts";
import { readModel } from "./read-model.ts";
import { withMatchingScales } from "./requantization.ts";
import { TrainError } from "./train-error.ts";
import { inOrder } from "./value.ts";

/** A lone one is called by its role, several by their layers. */
function namesOf(role: string, values: readonly { readonly name: string }[]): string[] {
  return values.length === 1 ? [role] : values.map(({ name }) => name);
}

/**
 * Reads a layers model, sequential or functional.
 *
 * @throws TrainError `UNSUPPORTED_LAYER`, `UNSUPPORTED_OPTION`, `UNSUPPORTED_GRAPH`, `BAD_WEIGHTS`
 */
export function floatGraphOf(model: tf.LayersModel): FloatGraph {
  const { inputs, outputs: read } = readModel(model);
  const outputs = withMatchingScales(withFewReshapes(fused(read)));
  if (new Set([...inputs, ...outputs]).size !== inputs.length + outputs.length) throw new TrainError("UNSUPPORTED_GRAPH", `model ${model.name}: expected outputs that are computed, and each only once`);
  const values = inOrder(outputs).filter(({ operation }) => operation.kind !== "input");
  const numbers = new Map([...inputs, ...values].map((value, index) => [value, index]));
  const inputNames = namesOf("input", inputs);
  const outputNames = namesOf("output", model.outputs.map(({ sourceLayer }) => sourceLayer));
  return {
    name: model.name,
    inputs: inputs.map(({ shape }, index) => ({ name: inputNames[index]!, shape })),
    steps: values.map((value): FloatStep => ({
      name: value.name,
      operation: value.operation as FloatOperation,
      inputs: value.inputs.map((input) => numbers.get(input)!),
      outputShape: value.shape,
    })),
    outputs: outputs.map((value, index) => ({ name: outputNames[index]!, value: numbers.get(value)! })),
  };
}
