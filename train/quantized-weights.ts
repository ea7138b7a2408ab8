/** Quantizes weights and biases: weights symmetric in [−127, 127], the bias int32 with scale = input scale × weight scale. */
import { channelsOf, type WeightedOperation } from "./float-operation.ts";
import { roundHalfAway } from "./rounding.ts";
import type { TfliteTensor } from "./tflite-model.ts";

/** The largest bias, in units of its scale, that quantization aims at: leaves the accumulator a bit of int32 for the products. */
const LARGEST_BIAS = 2 ** 30;

/** Constants of an operator. */
export interface QuantizedWeights {
  readonly weights: TfliteTensor;
  readonly bias: TfliteTensor;
}

/**
 * The dimension of the output channels, each of which has a scale of its own; undefined where one scale stands for all. A fully connected layer may have one per
 * channel only from version 12 of the operator on, which tfjs-tflite refuses to load.
 */
function channelDimension(kind: WeightedOperation["kind"]): number | undefined {
  return { conv2d: 0, transposeConv2d: 0, depthwiseConv2d: 3, fullyConnected: undefined }[kind];
}

/** A constant in int8, one scale for all; of nothing but 0, any does. */
export function quantizeConstant(name: string, values: Float32Array, shape: readonly number[]): TfliteTensor {
  const scale = Math.fround(values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127) || 1;
  const data = Int8Array.from(values, (value) => Math.max(-127, Math.min(127, roundHalfAway(value / scale))));
  return { name, shape, type: "int8", quantization: { scales: [scale], zeroPoints: [0], dimension: 0 }, data };
}

/** @param name what the constants' names begin with */
export function quantizeWeights(name: string, source: WeightedOperation, inputScale: number): QuantizedWeights {
  const perChannel = channelDimension(source.kind);
  const channelOf = channelsOf(source);
  const groups = perChannel === undefined ? 1 : source.bias.length;
  const groupOf = (channel: number): number => (perChannel === undefined ? 0 : channel);
  const largest = new Float64Array(groups);
  source.weights.forEach((weight, index) => (largest[groupOf(channelOf(index))] = Math.max(largest[groupOf(channelOf(index))]!, Math.abs(weight))));
  const scales = Array.from(largest, (magnitude) => magnitude / 127);
  // Weights close to nothing beside a bias: a coarser scale, or the bias would not fit in 32 bits.
  source.bias.forEach((bias, channel) => (scales[groupOf(channel)] = Math.max(scales[groupOf(channel)]!, Math.abs(bias) / (inputScale * LARGEST_BIAS))));
  // Weights of nothing, or of less than binary32 can scale, become zeros: any scale does.
  scales.forEach((scale, group) => (scales[group] = Math.fround(inputScale * Math.fround(scale)) > 0 ? Math.fround(scale) : 1));
  const biasScales = scales.map((scale) => Math.fround(inputScale * scale));
  const zeros = scales.map(() => 0);
  return {
    weights: {
      name: `${name}/weights`,
      shape: source.weightsShape,
      type: "int8",
      quantization: { scales, zeroPoints: zeros, dimension: perChannel ?? 0 },
      data: Int8Array.from(source.weights, (weight, index) => Math.max(-127, Math.min(127, roundHalfAway(weight / scales[groupOf(channelOf(index))]!)))),
    },
    bias: {
      name: `${name}/bias`,
      shape: [source.bias.length],
      type: "int32",
      quantization: { scales: biasScales, zeroPoints: zeros, dimension: 0 },
      data: Int32Array.from(source.bias, (bias, channel) => roundHalfAway(bias / biasScales[groupOf(channel)]!)),
    },
  };
}
