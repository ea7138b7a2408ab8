/**
 * Reads a tfjs layers model, sequential or functional, along its tensors from the outputs back to the inputs. Models inside the model are read in place; a
 * layer that is used twice is computed twice.
 */
import * as tf from "@tensorflow/tfjs";
import { activationLayers } from "./layers/activations.ts";
import type { LayerReader } from "./layers/layer.ts";
import { mergingLayers } from "./layers/merging.ts";
import { poolingLayers } from "./layers/pooling.ts";
import { shapingLayers } from "./layers/shaping.ts";
import { weightedLayers } from "./layers/weighted.ts";
import { TrainError } from "./train-error.ts";
import { valueOf, type Value } from "./value.ts";

const READERS: Readonly<Record<string, LayerReader>> = { ...weightedLayers, ...poolingLayers, ...activationLayers, ...mergingLayers, ...shapingLayers };

/** Classes of layers that can be read. */
export const supportedLayers: readonly string[] = Object.keys(READERS);

function sizesOf(name: string, shape: readonly (number | null)[]): number[] {
  const sizes = shape.map((size, axis) => (axis === 0 ? 1 : size));
  if (!sizes.every((size) => size !== null && size > 0)) throw new TrainError("UNSUPPORTED_OPTION", `layer ${name}: expected sizes that are known, got ${JSON.stringify(shape)}`);
  return sizes as number[];
}

/** A node of tfjs: one use of a layer. Its class is not exported. */
interface Node {
  readonly inputTensors: readonly tf.SymbolicTensor[];
}

/** The value of a tensor. @param known values of tensors that are computed elsewhere or already; what is read is added */
function read(tensor: tf.SymbolicTensor, known: Map<tf.SymbolicTensor, Value>): Value {
  const done = known.get(tensor);
  if (done !== undefined) return done;
  const layer = tensor.sourceLayer;
  const className = layer.getClassName();
  const { inputTensors } = layer.inboundNodes[tensor.nodeIndex] as unknown as Node;
  // Of a layer's several tensors, those that a use of it puts out: its own for a model inside the model, whose inputs are bound to what it is used on.
  const inputs = inputTensors.map((input) => read(input, known));
  let value: Value;
  if (layer instanceof tf.LayersModel) {
    value = read(layer.outputs[tensor.tensorIndex]!, new Map(layer.inputs.map((input, index) => [input, inputs[index]!])));
  } else {
    const reader = Object.hasOwn(READERS, className) ? READERS[className]! : undefined;
    if (reader === undefined) throw new TrainError("UNSUPPORTED_LAYER", `layer ${layer.name}: expected one of ${supportedLayers.join(", ")}, got ${className}`);
    value = reader({ layer, name: layer.name, config: layer.getConfig(), inputs, outputShape: sizesOf(layer.name, tensor.shape) });
  }
  known.set(tensor, value);
  return value;
}

/**
 * The network of a model: its inputs and outputs in the model's order.
 *
 * @throws TrainError `UNSUPPORTED_LAYER`, `UNSUPPORTED_OPTION`, `BAD_WEIGHTS`
 */
export function readModel(model: tf.LayersModel): { readonly inputs: readonly Value[]; readonly outputs: readonly Value[] } {
  const inputs = model.inputs.map(({ sourceLayer, shape }) => valueOf(sourceLayer.name, { kind: "input" }, [], sizesOf(sourceLayer.name, shape)));
  const known = new Map(model.inputs.map((tensor, index) => [tensor, inputs[index]!]));
  return { inputs, outputs: model.outputs.map((tensor) => read(tensor, known)) };
}
