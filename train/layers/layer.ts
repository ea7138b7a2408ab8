/** A layer of a tfjs model as its readers see it: its configuration, checked where it is used, and the values that it takes. */
import type * as tf from "@tensorflow/tfjs";
import type { Geometry } from "../float-operation.ts";
import { TrainError } from "../train-error.ts";
import type { Value } from "../value.ts";

/** One use of a layer. */
export interface LayerUse {
  readonly layer: tf.layers.Layer;
  readonly name: string;
  /** what the layer's `getConfig()` says */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Value[];
  /** with the batch dimension, which is 1 */
  readonly outputShape: readonly number[];
}

/** Says what a use of a layer computes. @throws TrainError `UNSUPPORTED_OPTION`, `BAD_WEIGHTS` */
export type LayerReader = (use: LayerUse) => Value;

/** An option without a counterpart. */
export function unsupported({ name }: { name: string }, expected: string, got: unknown): TrainError {
  return new TrainError("UNSUPPORTED_OPTION", `layer ${name}: expected ${expected}, got ${String(got)}`);
}

/** A number per spatial dimension; one stands for all. */
export function numbers(use: LayerUse, key: string, dimensions: number): number[] {
  const value = use.config[key] ?? 1;
  const given = Array.isArray(value) ? (value as number[]) : [value as number];
  return Array.from({ length: dimensions }, (_, index) => given[index] ?? given[0]!);
}

/** Refuses the data format channels first. */
export function expectChannelsLast(use: LayerUse): void {
  const format = use.config["dataFormat"] ?? "channelsLast";
  if (format !== "channelsLast" && format !== "channels_last") throw unsupported(use, "the data format channelsLast", format);
}

/** Strides and padding over height and width. In one dimension, the height is 1. */
export function geometryOf(use: LayerUse, dimensions: 1 | 2): Geometry {
  expectChannelsLast(use);
  const padding = use.config["padding"] ?? "valid";
  if (padding !== "same" && padding !== "valid") throw unsupported(use, "padding same or valid", padding);
  const strides = numbers(use, "strides", dimensions);
  return { padding, strideHeight: dimensions === 1 ? 1 : strides[0]!, strideWidth: strides.at(-1)! };
}

/** A shape of [1, length, channels] as a picture of height 1. */
export function asPicture(shape: readonly number[]): number[] {
  return [1, 1, ...shape.slice(1)];
}
