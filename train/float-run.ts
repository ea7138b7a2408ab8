/**
 * Runs a float graph on tfjs: what the operators compute before quantization, step by step, for calibration and for checks.
 */
import * as tf from "@tensorflow/tfjs";
import type { Activation, FloatGraph, FloatOperation } from "./float-graph.ts";

function activated(x: tf.Tensor, activation: Activation): tf.Tensor {
  return activation === "relu" ? tf.relu(x) : activation === "relu6" ? tf.relu6(x) : x;
}

function applied(operation: FloatOperation, x: tf.Tensor, outputShape: readonly number[]): tf.Tensor {
  switch (operation.kind) {
    case "conv2d": {
      const filter = tf.tensor(operation.weights, [...operation.weightsShape]).transpose([1, 2, 3, 0]) as tf.Tensor4D;
      const sum = tf.conv2d(x as tf.Tensor4D, filter, [operation.strideHeight, operation.strideWidth], operation.padding, "NHWC", [operation.dilationHeight, operation.dilationWidth]);
      return activated(sum.add(tf.tensor1d(operation.bias)), operation.activation);
    }
    case "depthwiseConv2d": {
      const [, height, width, outputs] = operation.weightsShape as [number, number, number, number];
      const filter = tf.tensor4d(operation.weights, [height, width, outputs / operation.depthMultiplier, operation.depthMultiplier]);
      const sum = tf.depthwiseConv2d(x as tf.Tensor4D, filter, [operation.strideHeight, operation.strideWidth], operation.padding, "NHWC", [operation.dilationHeight, operation.dilationWidth]);
      return activated(sum.add(tf.tensor1d(operation.bias)), operation.activation);
    }
    case "fullyConnected":
      return activated(tf.matMul(x, tf.tensor(operation.weights, [...operation.weightsShape]), false, true).add(tf.tensor1d(operation.bias)), operation.activation);
    case "averagePool2d":
      return tf.avgPool(x as tf.Tensor4D, [operation.filterHeight, operation.filterWidth], [operation.strideHeight, operation.strideWidth], operation.padding);
    case "maxPool2d":
      return tf.maxPool(x as tf.Tensor4D, [operation.filterHeight, operation.filterWidth], [operation.strideHeight, operation.strideWidth], operation.padding);
    case "reshape":
      return x.reshape([x.shape[0]!, ...outputShape.slice(1)]);
    case "softmax":
      return tf.softmax(x);
  }
}

/**
 * Runs inputs through a graph as one batch.
 *
 * @param inputs each the values of one input, row-major
 * @param visit called with each step's index and the values it put out for the whole batch
 */
export function runFloat(graph: FloatGraph, inputs: readonly Float32Array[], visit: (step: number, values: Float32Array) => void): void {
  tf.tidy(() => {
    const values = inputs[0]!.length;
    const data = new Float32Array(inputs.length * values);
    inputs.forEach((input, row) => data.set(input, row * values));
    let x: tf.Tensor = tf.tensor(data, [inputs.length, ...graph.inputShape.slice(1)]);
    graph.steps.forEach(({ operation, outputShape }, step) => {
      x = applied(operation, x, outputShape);
      visit(step, x.dataSync() as Float32Array);
    });
  });
}
