/** Runs a written model wherever it can run, for the tests of this folder. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { loadModel } from "assay/tflite/wasm";
import { buildHost } from "../../runtime/build.ts";
import { quantizeInput } from "../../train/quantize.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";
import { end, temporaryFolder } from "../tflite/engine.ts";

/** What each of several inputs gives, one output after the other. */
export interface Outputs {
  /** the layers model in floating point */
  readonly real: Float32Array;
  /** TensorFlow's own interpreter */
  readonly tfjsTflite: Int8Array;
  /** the engine as WebAssembly */
  readonly wasm: Int8Array;
  /** the engine natively, as assay-model runs it */
  readonly native: Int8Array;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What the layers say. */
export function predicted(model: tf.LayersModel, inputs: readonly Float32Array[]): Float32Array {
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  return tf.tidy(() => (model.predict(tf.stack(inputs.map((input) => tf.tensor(input, shape)))) as tf.Tensor).dataSync().slice() as Float32Array);
}

function joined(outputs: readonly Int8Array[]): Int8Array {
  return Int8Array.from(outputs.flatMap((output) => [...output]));
}

/** Runs a model with int8 input and output. */
export async function runEverywhere(model: tf.LayersModel, file: Uint8Array, inputs: readonly Float32Array[]): Promise<Outputs> {
  const info = readTflite(file);
  const [input, output] = [info.tensors[info.inputs[0]!]!, info.tensors[info.outputs[0]!]!];
  const stored = inputs.map((values) => quantizeInput(values, input.scales[0]!, input.zeroPoints[0]!));

  const theirs = await openInWasm(file);
  const tfjsTflite = joined(stored.map((values) => theirs.run(values)));
  theirs.close();

  const ours = await loadModel(file);
  const wasm = joined(stored.map((values) => ours.run(values) as Int8Array));
  ours.close();

  const folder = temporaryFolder();
  writeFileSync(join(folder, "model"), file);
  writeFileSync(join(folder, "in"), joined(stored));
  const { modelRun } = await buildHost();
  const { code, stderr } = await end(modelRun!, ["run", join(folder, "model"), "--input", join(folder, "in"), "--output", join(folder, "out")]);
  if (code !== 0) throw new Error(stderr);
  const native = new Int8Array(new Uint8Array(readFileSync(join(folder, "out"))).buffer);
  return { real: predicted(model, inputs), tfjsTflite, wasm, native, scale: output.scales[0]!, zeroPoint: output.zeroPoints[0]! };
}
