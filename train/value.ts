/**
 * A network while it is read and rewritten: values that know the values that they are computed from. What nobody asks for any more drops out by itself.
 */
import type { FloatOperation } from "./float-operation.ts";

/** What a network computes at one place. */
export interface Value {
  /** the layer's name */
  readonly name: string;
  /** with the batch dimension, which is 1 */
  readonly shape: readonly number[];
  operation: FloatOperation | { readonly kind: "input" } | PerChannel;
  inputs: readonly Value[];
}

/** factor × x + offset, one of each per channel (the last axis): batch normalization once trained. No operator of TFLite's; fusion.ts finds its place. */
export interface PerChannel {
  readonly kind: "perChannel";
  readonly factors: Float64Array;
  readonly offsets: Float64Array;
}

/** A value of an operation without state of its own. */
export function valueOf(name: string, operation: Value["operation"], inputs: readonly Value[], shape: readonly number[]): Value {
  return { name, operation, inputs, shape };
}

/** A value with another shape, row-major order kept. */
export function reshaped(name: string, value: Value, shape: readonly number[]): Value {
  return valueOf(name, { kind: "reshape" }, [value], shape);
}

/** Every value that the outputs need, each after what it is computed from. */
export function inOrder(outputs: readonly Value[]): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  const visit = (value: Value): void => {
    if (seen.has(value)) return;
    seen.add(value);
    value.inputs.forEach(visit);
    order.push(value);
  };
  outputs.forEach(visit);
  return order;
}

/** Rewrites from the input on: `rule` sees each value with inputs that are rewritten already, and says what stands in its place. */
export function rewritten(outputs: readonly Value[], rule: (value: Value) => Value): Value[] {
  const replacements = new Map<Value, Value>();
  for (const value of inOrder(outputs)) {
    value.inputs = value.inputs.map((input) => replacements.get(input)!);
    replacements.set(value, rule(value));
  }
  return outputs.map((output) => replacements.get(output)!);
}

/** How many values are computed from each; to be an output counts as one more. */
export function usesOf(outputs: readonly Value[]): Map<Value, number> {
  const uses = new Map<Value, number>();
  const count = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  outputs.forEach(count);
  for (const { inputs } of inOrder(outputs)) inputs.forEach(count);
  return uses;
}
