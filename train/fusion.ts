/**
 * What the operator before can compute along with its own: batch normalization goes into weights, ReLU and ReLU6 into the operator's fused activation.
 * Reshapes in between don't matter. Batch normalization that has no weights before it becomes a depthwise convolution of one place, whose weights
 * have a scale per channel and whose bias has 32 bits, where a multiplication and an addition would round twice.
 */
import { channelsOf, type WeightedOperation } from "./float-operation.ts";
import { reshaped, rewritten, usesOf, valueOf, type PerChannel, type Value } from "./value.ts";

/** What a value was computed by, behind reshapes, if nobody else sees it in between. @param keepsChannels stop at a reshape that changes the last axis */
function soleSource(value: Value, uses: ReadonlyMap<Value, number>, keepsChannels: boolean): Value | undefined {
  for (let source = value.inputs[0]!; uses.get(source) === 1; source = source.inputs[0]!) {
    if (source.operation.kind !== "reshape") return source;
    if (keepsChannels && source.shape.at(-1) !== source.inputs[0]!.shape.at(-1)) return undefined;
  }
  return undefined;
}

function isWeighted(operation: Value["operation"]): operation is WeightedOperation {
  return "weights" in operation;
}

/** Whether a layer's numbers leave it as they were summed up. */
function isLinear(operation: Value["operation"]): boolean {
  return !("activation" in operation) || operation.activation === "none";
}

function scaled(operation: WeightedOperation, { factors, offsets }: PerChannel): WeightedOperation {
  const channelOf = channelsOf(operation);
  return {
    ...operation,
    weights: operation.weights.map((weight, index) => weight * factors[channelOf(index)]!),
    bias: operation.bias.map((bias, channel) => bias * factors[channel]! + offsets[channel]!),
  };
}

/** In 4 dimensions, as a depthwise convolution takes it. */
function onePlaceConvolution(value: Value, { factors, offsets }: PerChannel): Value {
  const { name, shape, inputs } = value;
  const channels = shape.at(-1)!;
  const picture = [1, 1, shape.slice(0, -1).reduce((product, size) => product * size, 1), channels];
  const operation: WeightedOperation = {
    kind: "depthwiseConv2d",
    weights: Float32Array.from(factors),
    weightsShape: [1, 1, 1, channels],
    bias: Float32Array.from(offsets),
    activation: "none",
    padding: "valid",
    strideHeight: 1,
    strideWidth: 1,
    dilationHeight: 1,
    dilationWidth: 1,
    depthMultiplier: 1,
  };
  if (shape.length === 4) return valueOf(name, operation, inputs, shape);
  return reshaped(name, valueOf(name, operation, [reshaped(name, inputs[0]!, picture)], picture), shape);
}

/** Rewrites a network so that it has no per-channel operation of its own and no ReLU that could be fused. */
export function fused(outputs: readonly Value[]): Value[] {
  const uses = usesOf(outputs);
  const absorbed = (value: Value): Value => {
    uses.set(value.inputs[0]!, uses.get(value)!);
    return value.inputs[0]!;
  };
  return rewritten(outputs, (value) => {
    const { operation } = value;
    if (operation.kind === "perChannel") {
      const source = soleSource(value, uses, true);
      if (source !== undefined && isWeighted(source.operation) && isLinear(source.operation)) {
        source.operation = scaled(source.operation, operation);
        return absorbed(value);
      }
      const convolution = onePlaceConvolution(value, operation);
      uses.set(convolution, uses.get(value)!);
      if (convolution.operation.kind === "reshape") uses.set(convolution.inputs[0]!, 1);
      return convolution;
    }
    if (operation.kind === "relu" || operation.kind === "relu6") {
      const source = soleSource(value, uses, false);
      if (source !== undefined && "activation" in source.operation && source.operation.activation === "none") {
        source.operation = { ...source.operation, activation: operation.kind };
        return absorbed(value);
      }
    }
    return value;
  });
}

function sameShape(a: Value, b: Value): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

/** Rewrites a network so that no reshape follows another, and none keeps the shape. */
export function withFewReshapes(outputs: readonly Value[]): Value[] {
  return rewritten(outputs, (value) => {
    if (value.operation.kind !== "reshape") return value;
    const [input] = value.inputs as readonly [Value];
    const source = input.operation.kind === "reshape" ? input.inputs[0]! : input;
    for (const same of [input, source]) if (sameShape(same, value)) return same;
    return source === input ? value : reshaped(value.name, source, value.shape);
  });
}
