/**
 * How the int8 model does on the recordings that training never saw, in TensorFlow's own interpreter (tfjs-tflite).
 */
import { quantizeInput } from "../../train/quantize.ts";
import { SeededRandom } from "../../train/seeded-random.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";
import { addBackground } from "./augment.ts";
import { channels } from "./proc-counters.ts";
import { labels, windowHop, windowsOf, type Recording } from "./recordings.ts";
import { frontEndOf, type FrontEndParameters } from "./training.ts";

/** Seed of the background that is added for the second table: not that of the training. */
const BACKGROUND_SEED = 11;

/** Windows as the model takes them, with where they come from. */
export interface TestWindow {
  readonly recording: string;
  /** index into `labels` */
  readonly label: number;
  /** the model's input, quantized */
  readonly input: Int8Array;
}

/** One recording's outcome. */
export interface RecordingResult {
  readonly recording: string;
  readonly label: number;
  /** windows that the model gave each label */
  readonly given: readonly number[];
}

/** Outcomes on the recordings as they are, and with a simulated Assay beside them. */
export interface Results {
  readonly recorded: readonly RecordingResult[];
  readonly besideAssay: readonly RecordingResult[];
}

/** The held-out windows (32 samples, one every 10) as input of the model. @param background adds what runs on the user's machine besides the load */
export function heldOutWindows(model: Uint8Array, recordings: readonly Recording[], parameters: FrontEndParameters, background: boolean): TestWindow[] {
  const info = readTflite(model);
  const input = info.tensors[info.inputs[0]!]!;
  const front = frontEndOf(parameters);
  const random = new SeededRandom(BACKGROUND_SEED);
  return recordings.filter((recording) => recording.heldOut).flatMap((recording) =>
    windowsOf(recording, windowHop).map((window) => {
      if (background) addBackground(window, random);
      return { recording: recording.name, label: recording.label, input: quantizeInput(front.apply(window, channels.length), input.scales[0]!, input.zeroPoints[0]!) };
    }),
  );
}

/** The index of the largest element, the first of equals: as `strongest` of `assay/app` decides. */
export function strongestOf(output: Int8Array): number {
  return output.indexOf(Math.max(...output));
}

async function outcomes(model: Uint8Array, windows: readonly TestWindow[]): Promise<RecordingResult[]> {
  const wasm = await openInWasm(model);
  const results = new Map<string, { recording: string; label: number; given: number[] }>();
  for (const { recording, label, input } of windows) {
    if (!results.has(recording)) results.set(recording, { recording, label, given: labels.map(() => 0) });
    results.get(recording)!.given[strongestOf(wasm.run(input))]! += 1;
  }
  wasm.close();
  return [...results.values()];
}

/** Runs the model on all held-out windows. */
export async function evaluate(model: Uint8Array, recordings: readonly Recording[], parameters: FrontEndParameters): Promise<Results> {
  return {
    recorded: await outcomes(model, heldOutWindows(model, recordings, parameters, false)),
    besideAssay: await outcomes(model, heldOutWindows(model, recordings, parameters, true)),
  };
}

/** Right windows and all windows. */
export function accuracyOf(results: readonly RecordingResult[]): { right: number; all: number } {
  let [right, all] = [0, 0];
  for (const { label, given } of results) {
    right += given[label]!;
    all += given.reduce((sum, count) => sum + count, 0);
  }
  return { right, all };
}
