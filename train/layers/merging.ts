/** Layers that take several values. */
import { valueOf, type Value } from "../value.ts";
import { unsupported, type LayerReader, type LayerUse } from "./layer.ts";

/** Numbers of axes must agree: the operators line shapes up at their end, tfjs at their beginning. */
function expectSameRank(use: LayerUse): void {
  const ranks = use.inputs.map(({ shape }) => shape.length);
  if (new Set(ranks).size !== 1) throw unsupported(use, "inputs with the same number of axes", ranks.join(" and "));
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  return a.map((size, axis) => Math.max(size, b[axis]!));
}

/** The operators take two at a time. */
function inPairs(operation: Value["operation"]): LayerReader {
  return (use) => {
    expectSameRank(use);
    return use.inputs.reduce((sum, input) => valueOf(use.name, operation, [sum, input], broadcast(sum.shape, input.shape)));
  };
}

const add = inPairs({ kind: "add", activation: "none" });

const average: LayerReader = (use) => {
  const channels = use.outputShape.at(-1)!;
  return valueOf(use.name, { kind: "perChannel", factors: new Float64Array(channels).fill(1 / use.inputs.length), offsets: new Float64Array(channels) }, [add(use)], use.outputShape);
};

const concatenate: LayerReader = (use) => {
  expectSameRank(use);
  const rank = use.outputShape.length;
  const given = (use.config["axis"] as number | undefined) ?? -1;
  const axis = given < 0 ? given + rank : given;
  if (!(axis > 0 && axis < rank)) throw unsupported(use, `an axis of 1 to ${rank - 1}`, given);
  return valueOf(use.name, { kind: "concatenation", axis }, use.inputs, use.outputShape);
};

/** Readers by the layer's class. */
export const mergingLayers: Readonly<Record<string, LayerReader>> = {
  Add: add,
  Average: average,
  Multiply: inPairs({ kind: "multiply", activation: "none" }),
  Maximum: inPairs({ kind: "maximum" }),
  Minimum: inPairs({ kind: "minimum" }),
  Concatenate: concatenate,
};
