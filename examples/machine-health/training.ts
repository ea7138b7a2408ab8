/**
 * From recordings to an int8 model: windows, variations, front end, network, quantization. Everything random is seeded.
 */
import * as tf from "@tensorflow/tfjs";
import { chain, compress, standardize, type FrontEnd } from "assay/features";
import { trainClassifier, useDeterministicBackend } from "../../train/classifier.ts";
import { floatGraphOf } from "../../train/float-graph.ts";
import { quantize } from "../../train/quantize.ts";
import { SeededRandom } from "../../train/seeded-random.ts";
import { writeTflite } from "../../train/tflite-writer.ts";
import { addSurroundings, spliced, varied } from "./augment.ts";
import { channels } from "./proc-counters.ts";
import { labels, windowLength, windowsOf, type Recording } from "./recordings.ts";

const SEED = 2026;

/** Training windows per class, all of them variations: enough that more did not change the result. */
const WINDOWS_PER_CLASS = 1000;

/** How many of them show a change of load: up to 13 of the 32 samples belong to another class, before or after. */
const CHANGES = 0.25;
const LONGEST_OTHER = 13;

/** Windows that fix the int8 ranges of the activations. */
const CALIBRATION_WINDOWS = 500;

const EPOCHS = 6;

/** The parameters of the app's front end, one mean and deviation per channel after compression. */
export interface FrontEndParameters {
  /** the channels that are compressed by a logarithm */
  readonly compressed: readonly number[];
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** What training makes. */
export interface Trained {
  readonly frontEnd: FrontEndParameters;
  /** the `.tflite` file */
  readonly model: Uint8Array;
}

/** The front end that these parameters make: the very functions that run on the device. */
export function frontEndOf({ compressed, mean, deviation }: FrontEndParameters): FrontEnd {
  return chain(compress({ channels: compressed }), standardize({ mean, deviation }));
}

/** Busy cores and rates go through the logarithm (which is close to linear up to 1 core); the share of time is used as it is. */
const compressed = channels.flatMap((channel, index) => (channel === "memoryPressure" ? [] : [index]));

/** Mean and standard deviation of each channel over all windows, to six digits: the numbers that the source file will hold. */
function statisticsOf(windows: readonly Float32Array[]): { mean: number[]; deviation: number[] } {
  const mean = channels.map(() => 0);
  const square = channels.map(() => 0);
  const front = compress({ channels: compressed });
  for (const window of windows) {
    front.apply(window, channels.length).forEach((value, index) => {
      mean[index % channels.length]! += value;
      square[index % channels.length]! += value * value;
    });
  }
  const samples = windows.length * windowLength;
  return {
    mean: mean.map((sum) => Number((sum / samples).toPrecision(6))),
    deviation: mean.map((sum, channel) => Number(Math.sqrt(square[channel]! / samples - (sum / samples) ** 2).toPrecision(6))),
  };
}

/** Variations of the windows of the recordings that are not held out, as many of each class, and within a class as many of each recording. */
function trainingWindows(recordings: readonly Recording[]): { windows: Float32Array[]; classes: number[] } {
  const random = new SeededRandom(SEED);
  const sources = labels.map((_, label) => recordings.filter((recording) => recording.label === label && !recording.heldOut).map((recording) => windowsOf(recording, 1)));
  const draw = (label: number): Float32Array => {
    const recording = sources[label]![random.integer(0, sources[label]!.length - 1)]!;
    return varied(recording[random.integer(0, recording.length - 1)]!, label, random);
  };
  const windows: Float32Array[] = [];
  const classes: number[] = [];
  labels.forEach((_, label) => {
    for (let count = 0; count < WINDOWS_PER_CLASS; count++) {
      let window = draw(label);
      if (random.chance(CHANGES)) {
        const other = draw((label + random.integer(1, labels.length - 1)) % labels.length);
        const samples = random.integer(1, LONGEST_OTHER);
        window = random.chance(0.5) ? spliced(other, window, samples) : spliced(window, other, windowLength - samples);
      }
      addSurroundings(window, random);
      windows.push(window);
      classes.push(label);
    }
  });
  return { windows, classes };
}

/** About 450 weights. Time is the height of the picture, channels are its channels; when something happened within 3.2 s matters little, so it ends in a mean. */
function network(): tf.LayersModel {
  const seeded = (offset: number): ReturnType<typeof tf.initializers.glorotUniform> => tf.initializers.glorotUniform({ seed: SEED + offset });
  const model = tf.sequential({ name: "machine-health" });
  model.add(tf.layers.conv2d({ name: "conv", inputShape: [windowLength, 1, channels.length], filters: 8, kernelSize: [3, 1], strides: [2, 1], padding: "same", activation: "relu", kernelInitializer: seeded(1) }));
  model.add(tf.layers.depthwiseConv2d({ name: "depthwise", kernelSize: [3, 1], strides: [2, 1], padding: "same", activation: "relu", depthwiseInitializer: seeded(2) }));
  model.add(tf.layers.conv2d({ name: "pointwise", filters: 12, kernelSize: [1, 1], activation: "relu", kernelInitializer: seeded(3) }));
  model.add(tf.layers.globalAveragePooling2d({ name: "pool" } as Parameters<typeof tf.layers.globalAveragePooling2d>[0]));
  model.add(tf.layers.dense({ name: "dense", units: labels.length, activation: "softmax", kernelInitializer: seeded(4) }));
  return model;
}

/** Trains and quantizes. @param progress gets a line per epoch */
export async function trainModel(recordings: readonly Recording[], progress: (line: string) => void): Promise<Trained> {
  await useDeterministicBackend();
  const { windows, classes } = trainingWindows(recordings);
  const frontEnd: FrontEndParameters = { compressed, ...statisticsOf(windows) };
  const front = frontEndOf(frontEnd);
  const inputs = windows.map((window) => front.apply(window, channels.length));
  const model = network();
  trainClassifier(model, { inputs, labels: classes }, {
    epochs: EPOCHS,
    batchSize: 50,
    learningRate: 0.01,
    seed: SEED,
    onEpoch: (epoch, loss) => progress(`epoch ${epoch}/${EPOCHS}: loss ${loss.toFixed(4)}`),
  });
  const calibration = new SeededRandom(SEED).shuffle([...inputs]).slice(0, CALIBRATION_WINDOWS);
  const bytes = writeTflite(quantize(floatGraphOf(model), calibration));
  model.dispose();
  return { frontEnd, model: bytes };
}

/** `front-end.ts`, which `app.ts` imports. */
export function frontEndSource({ compressed, mean, deviation }: FrontEndParameters): string {
  return `/** What the front end was trained with: written by train.ts, one number per channel of the sensor, after compression. */
export const mean = [${mean.join(", ")}];
export const deviation = [${deviation.join(", ")}];

/** Channels that are compressed by a logarithm. */
export const compressed = [${compressed.join(", ")}];
`;
}
