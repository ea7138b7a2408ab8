/**
 * Runs a float graph on tfjs: what the operators compute before quantization, step by step, for calibration and for checks.
 */
import * as tf from "@tensorflow/tfjs";
import type { Activation, Dilated, FloatGraph, FloatOperation } from "./float-operation.ts";

function activated(x: tf.Tensor, activation: Activation): tf.Tensor {
  return activation === "relu" ? tf.relu(x) : activation === "relu6" ? tf.relu6(x) : x;
}

function strides({ strideHeight, strideWidth }: { strideHeight: number; strideWidth: number }): [number, number] {
  return [strideHeight, strideWidth];
}

function dilations({ dilationHeight, dilationWidth }: Dilated): [number, number] {
  return [dilationHeight, dilationWidth];
}

/** @param batch how many inputs run together; it multiplies the first axis */
function applied(operation: FloatOperation, inputs: readonly tf.Tensor[], outputShape: readonly number[], batch: number): tf.Tensor {
  const [x, y] = inputs as readonly [tf.Tensor, tf.Tensor];
  switch (operation.kind) {
    case "conv2d": {
      const filter = tf.tensor(operation.weights, [...operation.weightsShape]).transpose([1, 2, 3, 0]) as tf.Tensor4D;
      const sum = tf.conv2d(x as tf.Tensor4D, filter, strides(operation), operation.padding, "NHWC", dilations(operation));
      return activated(sum.add(tf.tensor1d(operation.bias)), operation.activation);
    }
    case "depthwiseConv2d": {
      const [, height, width, outputs] = operation.weightsShape as [number, number, number, number];
      const filter = tf.tensor4d(operation.weights, [height, width, outputs / operation.depthMultiplier, operation.depthMultiplier]);
      const sum = tf.depthwiseConv2d(x as tf.Tensor4D, filter, strides(operation), operation.padding, "NHWC", dilations(operation));
      return activated(sum.add(tf.tensor1d(operation.bias)), operation.activation);
    }
    case "transposeConv2d": {
      const filter = tf.tensor(operation.weights, [...operation.weightsShape]).transpose([1, 2, 0, 3]) as tf.Tensor4D;
      const shape = [batch, ...outputShape.slice(1)] as [number, number, number, number];
      return tf.conv2dTranspose(x as tf.Tensor4D, filter, shape, strides(operation), operation.padding).add(tf.tensor1d(operation.bias));
    }
    case "fullyConnected":
      return activated(tf.matMul(x, tf.tensor(operation.weights, [...operation.weightsShape]), false, true).add(tf.tensor1d(operation.bias)), operation.activation);
    case "averagePool2d":
      return tf.avgPool(x as tf.Tensor4D, [operation.filterHeight, operation.filterWidth], strides(operation), operation.padding);
    case "maxPool2d":
      return tf.maxPool(x as tf.Tensor4D, [operation.filterHeight, operation.filterWidth], strides(operation), operation.padding);
    case "reshape":
      return x.reshape([outputShape[0]! * batch, ...outputShape.slice(1)]);
    case "pad":
      return tf.pad(x, operation.paddings.map(([before, after]) => [before, after]));
    case "resizeNearestNeighbor":
      return tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [operation.height, operation.width]);
    case "resizeBilinear":
      return tf.image.resizeBilinear(x as tf.Tensor4D, [operation.height, operation.width]);
    case "slice":
      return tf.slice(x, [...operation.begin], [batch, ...outputShape.slice(1)]);
    case "transpose":
      return tf.transpose(x, [...operation.permutation]);
    case "mean":
      return tf.mean(x, [...operation.axes]);
    case "concatenation":
      return tf.concat([...inputs], operation.axis);
    case "add":
      return activated(tf.add(x, y), operation.activation);
    case "multiply":
      return activated(tf.mul(x, y), operation.activation);
    case "maximum":
      return tf.maximum(x, y);
    case "minimum":
      return tf.minimum(x, y);
    case "relu":
      return tf.relu(x);
    case "relu6":
      return tf.relu6(x);
    case "leakyRelu":
      return tf.leakyRelu(x, operation.alpha);
    case "prelu":
      return tf.prelu(x, tf.tensor(operation.slopes, [...operation.slopesShape]));
    case "elu":
      return tf.elu(x);
    case "sigmoid":
      return tf.sigmoid(x);
    case "tanh":
      return tf.tanh(x);
    case "softmax":
      return tf.softmax(x);
    case "requantize":
      return x;
  }
}

/** What a graph takes at once: the values of its only input, or of each of its inputs; row-major. */
export type Sample = Float32Array | readonly Float32Array[];

/** A sample's values, one array per input. */
export function partsOf(sample: Sample): readonly Float32Array[] {
  return sample instanceof Float32Array ? [sample] : sample;
}

/**
 * Runs samples through a graph as one batch.
 *
 * @param visit called with each step's index and the values it put out for the whole batch
 */
export function runFloat(graph: FloatGraph, samples: readonly Sample[], visit: (step: number, values: Float32Array) => void): void {
  tf.tidy(() => {
    const values: tf.Tensor[] = graph.inputs.map(({ shape }, index) => {
      const rows = samples.map((sample) => partsOf(sample)[index]!);
      const data = new Float32Array(rows.length * rows[0]!.length);
      rows.forEach((row, position) => data.set(row, position * row.length));
      return tf.tensor(data, [rows.length, ...shape.slice(1)]);
    });
    graph.steps.forEach(({ operation, inputs: taken, outputShape }, step) => {
      const value = applied(operation, taken.map((index) => values[index]!), outputShape, samples.length);
      values.push(value);
      visit(step, value.dataSync() as Float32Array);
    });
  });
}
