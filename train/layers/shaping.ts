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

const cropping2d: LayerReader = (use) => {
  expectChannelsLast(use);
  const [[top], [left]] = use.config["cropping"] as [[number, number], [number, number]];
  return valueOf(use.name, { kind: "slice", begin: [0, top, left, 0] }, use.inputs, use.outputShape);
};

const upSampling2d: LayerReader = (use) => {
  expectChannelsLast(use);
  const [, height, width] = use.outputShape as [number, number, number, number];
  const interpolation = use.config["interpolation"] ?? "nearest";
  return valueOf(use.name, { kind: interpolation === "nearest" ? "resizeNearestNeighbor" : "resizeBilinear", height, width }, use.inputs, use.outputShape);
};

/** The layer counts axes from 1: the batch has no number. */
const permute: LayerReader = ({ name, config, inputs, outputShape }) => {
  return valueOf(name, { kind: "transpose", permutation: [0, ...(config["dims"] as number[])] }, inputs, outputShape);
};

const identity: LayerReader = ({ inputs }) => inputs[0]!;

/** Readers by the layer's class. */
export const shapingLayers: Readonly<Record<string, LayerReader>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  ZeroPadding2D: zeroPadding2d,
  Cropping2D: cropping2d,
  UpSampling2D: upSampling2d,
  Dropout: identity,
  SpatialDropout1D: identity,
  AlphaDropout: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
};
