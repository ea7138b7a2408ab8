/**
 * From recordings to an int8 model: windows, variations, front end, network, quantization. Everything random is seeded.
 */
import * as tf from "@tensorflow/tfjs";
import { chain, compress, spectrum, standardize, type FrontEnd } from "assay/features";
import { trainClassifier, useDeterministicBackend } from "../../train/classifier.ts";
import { floatGraphOf } from "../../train/float-graph.ts";
import { quantize } from "../../train/quantize.ts";
import { SeededRandom } from "../../train/seeded-random.ts";
import { writeTflite } from "../../train/tflite-writer.ts";
import { channels, labels, TRAINING_SAMPLES, windowLength, type Recording } from "./recordings.ts";

const SEED = 2026;

/** Training windows per class, all of them variations: twice as many did not change the result. */
const WINDOWS_PER_CLASS = 6000;

/** How much faster or slower than recorded a window is played: about what lies between two speeds of the data set. */
const FASTEST = 1.06;
const SLOWEST = 0.94;

/** Share of the windows that are blended with one of the next speed, and the standard deviation of the noise on each standardized feature. */
const BLENDED = 0.7;
const NOISE = 0.3;

/** Windows that fix the int8 ranges of the activations. */
const CALIBRATION_WINDOWS = 500;

const EPOCHS = 12;

/** Noise of the chip in a band, g²: from here on up features see power. Its steps of 1/256 g alone make 1.3 × 10⁻⁶ g² over all bands. */
export const reference = 1e-6;

/** Bins of 50 / 128 Hz: sixteen bands of 1.6 Hz, eight of 3.1 Hz, four of 6.3 Hz and one of all, since what is narrow says most where the speed is known and what is wide where it is not. */
export const bands: readonly (readonly [number, number])[] = [4, 8, 16, 64].flatMap((width) => Array.from({ length: 64 / width }, (_, i) => [1 + i * width, (i + 1) * width] as const));

/** Features of a window, `[band][channel]`. */
export const featureCount = bands.length * channels;

/** The parameters of the app's front end that training finds, one mean and deviation per feature after compression. */
export interface FrontEndParameters {
  readonly bands: readonly (readonly [number, number])[];
  readonly reference: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** What training makes. */
export interface Trained {
  readonly frontEnd: FrontEndParameters;
  /** the `.tflite` file */
  readonly model: Uint8Array;
}

/** The front end without what training finds: logarithms of the powers. */
function logPowers(): FrontEnd {
  return chain(spectrum({ length: windowLength, bands, reference }), compress({ channels: Array.from({ length: featureCount }, (_, i) => i) }));
}

/** The front end that these parameters make: the very functions that run on the device. */
export function frontEndOf({ bands, reference, mean, deviation }: FrontEndParameters): FrontEnd {
  return chain(spectrum({ length: windowLength, bands, reference }), compress({ channels: mean.map((_, i) => i) }), standardize({ mean, deviation }));
}

/**
 * A window from anywhere in the part of a recording that training sees, played slower or faster: frequencies move, and the force of an imbalance grows with the square
 * of the speed.
 */
function drawWindow({ samples }: Recording, random: SeededRandom): Float32Array {
  const factor = random.between(SLOWEST, FASTEST);
  const start = random.between(0, TRAINING_SAMPLES - 2 - (windowLength - 1) * factor);
  const window = new Float32Array(windowLength * channels);
  for (let n = 0; n < windowLength; n++) {
    const place = start + n * factor;
    const before = Math.floor(place);
    for (let channel = 0; channel < channels; channel++) {
      const [a, b] = [samples[before * channels + channel]!, samples[(before + 1) * channels + channel]!];
      window[n * channels + channel] = (a + (place - before) * (b - a)) * factor * factor;
    }
  }
  return window;
}

/** Logarithms of the powers of varied windows, as many of each class, and within a class as many of each speed. */
function trainingFeatures(recordings: readonly Recording[]): { features: Float32Array[]; classes: number[] } {
  const random = new SeededRandom(SEED);
  const front = logPowers();
  const draw = (recording: Recording): Float32Array => front.apply(drawWindow(recording, random), channels);
  const features: Float32Array[] = [];
  const classes: number[] = [];
  labels.forEach((_, label) => {
    const sources = recordings.filter((recording) => recording.label === label).sort((a, b) => a.speed - b.speed);
    for (let count = 0; count < WINDOWS_PER_CLASS; count++) {
      const source = count % sources.length;
      let drawn = draw(sources[source]!);
      const next = sources[source + 1];
      if (next !== undefined && random.chance(BLENDED)) {
        const share = random.next();
        const other = draw(next);
        drawn = drawn.map((value, i) => value + share * (other[i]! - value));
      }
      features.push(drawn);
      classes.push(label);
    }
  });
  return { features, classes };
}

/** Mean and standard deviation of each feature, to six digits: the numbers that the source file will hold. */
function statisticsOf(features: readonly Float32Array[]): { mean: number[]; deviation: number[] } {
  const mean = Array.from({ length: featureCount }, (_, i) => features.reduce((sum, values) => sum + values[i]!, 0) / features.length);
  const deviation = mean.map((middle, i) => Math.sqrt(features.reduce((sum, values) => sum + (values[i]! - middle) ** 2, 0) / features.length));
  const rounded = (values: number[]): number[] => values.map((value) => Number(value.toPrecision(6)));
  return { mean: rounded(mean), deviation: rounded(deviation) };
}

/** About 5,400 weights. */
function network(): tf.LayersModel {
  const seeded = (offset: number): ReturnType<typeof tf.initializers.glorotUniform> => tf.initializers.glorotUniform({ seed: SEED + offset });
  const model = tf.sequential({ name: "vibration" });
  model.add(tf.layers.dense({ name: "dense1", inputShape: [featureCount], units: 48, activation: "relu", kernelInitializer: seeded(1) }));
  model.add(tf.layers.dense({ name: "dense2", units: 24, activation: "relu", kernelInitializer: seeded(2) }));
  model.add(tf.layers.dense({ name: "dense3", units: labels.length, activation: "softmax", kernelInitializer: seeded(3) }));
  return model;
}

/** About normal: the sum of four, variance 1. */
function noise(random: SeededRandom): number {
  return (random.next() + random.next() + random.next() + random.next() - 2) * Math.sqrt(3);
}

/**
 * Trains and quantizes.
 *
 * @param unseen speeds that training leaves out, per cent
 * @param progress gets a line per epoch
 */
export async function trainModel(recordings: readonly Recording[], unseen: readonly number[], progress: (line: string) => void): Promise<Trained> {
  await useDeterministicBackend();
  const { features, classes } = trainingFeatures(recordings.filter(({ speed }) => !unseen.includes(speed)));
  const parameters = statisticsOf(features);
  const standardized = standardize(parameters);
  const random = new SeededRandom(SEED + 1);
  const inputs = features.map((values) => standardized.apply(values, featureCount));
  const noisy = inputs.map((values) => values.map((value) => value + NOISE * noise(random)));
  const model = network();
  trainClassifier(model, { inputs: noisy, labels: classes }, {
    epochs: EPOCHS,
    batchSize: 64,
    learningRate: 0.005,
    seed: SEED,
    onEpoch: (epoch, loss) => progress(`epoch ${epoch}/${EPOCHS}: loss ${loss.toFixed(4)}`),
  });
  const calibration = new SeededRandom(SEED).shuffle([...inputs]).slice(0, CALIBRATION_WINDOWS);
  const bytes = writeTflite(quantize(floatGraphOf(model), calibration));
  model.dispose();
  return { frontEnd: { bands, reference, ...parameters }, model: bytes };
}

/** `front-end.ts`, which `app.ts` imports. */
export function frontEndSource({ bands, reference, mean, deviation }: FrontEndParameters): string {
  const rows = (values: readonly unknown[], count: number): string => Array.from({ length: Math.ceil(values.length / count) }, (_, row) => `  ${values.slice(row * count, (row + 1) * count).join(", ")},`).join("\n");
  return `/** What the front end was trained with: written by train.ts. */

/** First and last bin of each band; a bin is 50 / 128 Hz wide. */
export const bands: readonly (readonly [number, number])[] = [
${rows(bands.map(([first, last]) => `[${first}, ${last}]`), 16)}
];

/** The power that counts as 1, g². */
export const reference = ${reference};

/** One number per feature, \`[band][axis]\`, after compression. */
export const mean = [
${rows(mean, channels * 4)}
];
export const deviation = [
${rows(deviation, channels * 4)}
];
`;
}
