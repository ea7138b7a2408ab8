/** Layers that move values without computing, and those that do nothing once trained. */
import { reshaped, valueOf } from "../value.ts";
import { expectChannelsLast, type LayerReader } from "./layer.ts";

const reshape: LayerReader = ({ name, inputs, outputShape }) => reshaped(name, inputs[0]!, outputShape);

const flatten: LayerReader = (use) => {
  expectChannelsLast(use);
  return reshape(use);
};

const zeroPadding2d: LayerReader = (use) => {
  expectChannelsLast(use);
  const [height, width] = (use.config["padding"] ?? [[1, 1], [1, 1]]) as [[number, number], [number, number]];
  return valueOf(use.name, { kind: "pad", paddings: [[0, 0], height, width, [0, 0]] }, use.inputs, use.outputShape);
};

const identity: LayerReader = ({ inputs }) => inputs[0]!;

/** Readers by the layer's class. */
export const shapingLayers: Readonly<Record<string, LayerReader>> = {
  Flatten: flatten,
  Reshape: reshape,
  ZeroPadding2D: zeroPadding2d,
  Dropout: identity,
  SpatialDropout1D: identity,
  AlphaDropout: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
};
