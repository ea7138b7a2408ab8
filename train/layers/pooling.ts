/** Pools. In one dimension they run over a picture of height 1. */
import { reshaped, valueOf, type Value } from "../value.ts";
import type { Geometry } from "../float-operation.ts";
import { asPicture, expectChannelsLast, geometryOf, numbers, type LayerReader } from "./layer.ts";

type Pool = "averagePool2d" | "maxPool2d";

function pool(kind: Pool): LayerReader {
  return (use) => {
    const [filterHeight, filterWidth] = numbers(use, "poolSize", 2) as [number, number];
    return valueOf(use.name, { kind, filterHeight, filterWidth, ...geometryOf(use, 2) }, use.inputs, use.outputShape);
  };
}

function pool1d(kind: Pool): LayerReader {
  return (use) => {
    const [filterWidth] = numbers(use, "poolSize", 1) as [number];
    const picture = reshaped(use.name, use.inputs[0]!, asPicture(use.inputs[0]!.shape));
    return reshaped(use.name, valueOf(use.name, { kind, filterHeight: 1, filterWidth, ...geometryOf(use, 1) }, [picture], asPicture(use.outputShape)), use.outputShape);
  };
}

/** One pool over all of a picture: what microcontrollers' kernels compute fastest. */
function overPicture(kind: Pool, name: string, picture: Value, outputShape: readonly number[]): Value {
  const [, filterHeight, filterWidth, channels] = picture.shape as [number, number, number, number];
  const geometry: Geometry = { padding: "valid", strideHeight: 1, strideWidth: 1 };
  return reshaped(name, valueOf(name, { kind, filterHeight, filterWidth, ...geometry }, [picture], [1, 1, 1, channels]), outputShape);
}

function globalPool(kind: Pool): LayerReader {
  return (use) => {
    expectChannelsLast(use);
    return overPicture(kind, use.name, use.inputs[0]!, use.outputShape);
  };
}

/** Its output has a scale of its own, which suits a mean: its range is narrower. */
const globalAveragePooling1d: LayerReader = ({ name, inputs, outputShape }) => valueOf(name, { kind: "mean", axes: [1] }, inputs, outputShape);

const globalMaxPooling1d: LayerReader = ({ name, inputs, outputShape }) => overPicture("maxPool2d", name, reshaped(name, inputs[0]!, asPicture(inputs[0]!.shape)), outputShape);

/** Readers by the layer's class. */
export const poolingLayers: Readonly<Record<string, LayerReader>> = {
  AveragePooling1D: pool1d("averagePool2d"),
  AveragePooling2D: pool("averagePool2d"),
  MaxPooling1D: pool1d("maxPool2d"),
  MaxPooling2D: pool("maxPool2d"),
  GlobalAveragePooling1D: globalAveragePooling1d,
  GlobalAveragePooling2D: globalPool("averagePool2d"),
  GlobalMaxPooling1D: globalMaxPooling1d,
  GlobalMaxPooling2D: globalPool("maxPool2d"),
};
