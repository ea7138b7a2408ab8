/**
 * How the int8 model does on what training never saw, in TensorFlow's own interpreter (tfjs-tflite).
 */
import { quantizeInput } from "../../train/quantize.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";
import { channels, labels, TEST_START, windowHop, windowLength, windowsOf, type Recording } from "./recordings.ts";
import { rateHz, shake } from "./synthetic-fan.ts";
import { traces } from "./traces.ts";
import { frontEndOf, type FrontEndParameters } from "./training.ts";

/** A window as the model takes it, with where it comes from. */
export interface TestWindow {
  /** per cent */
  readonly speed: number;
  /** index into `labels` */
  readonly label: number;
  /** the model's input, quantized */
  readonly input: Int8Array;
}

/** The outcome of one recording. */
export interface RecordingResult {
  readonly speed: number;
  readonly label: number;
  /** windows that the model gave each label */
  readonly given: readonly number[];
}

/** Outcomes on the end of the recordings whose beginning was trained on, and on speeds that were not trained on at all. */
export interface Results {
  readonly later: readonly RecordingResult[];
  readonly unseen: readonly RecordingResult[];
}

/** Windows as input of the model: of seen speeds what comes after the training's part and a gap, of unseen ones everything. */
export function heldOutWindows(model: Uint8Array, recordings: readonly Recording[], parameters: FrontEndParameters, unseen: readonly number[]): { later: TestWindow[]; unseen: TestWindow[] } {
  const info = readTflite(model);
  const input = info.tensors[info.inputs[0]!]!;
  const front = frontEndOf(parameters);
  const windows = (recording: Recording, start: number): TestWindow[] =>
    windowsOf(recording, start).map((window) => ({ speed: recording.speed, label: recording.label, input: quantizeInput(front.apply(window, channels), input.scales[0]!, input.zeroPoints[0]!) }));
  return {
    later: recordings.filter(({ speed }) => !unseen.includes(speed)).flatMap((recording) => windows(recording, TEST_START)),
    unseen: recordings.filter(({ speed }) => unseen.includes(speed)).flatMap((recording) => windows(recording, 0)),
  };
}

/** The index of the largest element, the first of equals: as `strongest` of `assay/app` decides. */
export function strongestOf(output: Int8Array): number {
  return output.indexOf(Math.max(...output));
}

/** Runs the model on all windows that its training did not see. */
export async function evaluate(model: Uint8Array, recordings: readonly Recording[], parameters: FrontEndParameters, unseen: readonly number[]): Promise<Results> {
  const windows = heldOutWindows(model, recordings, parameters, unseen);
  const wasm = await openInWasm(model);
  const outcomes = (some: readonly TestWindow[]): RecordingResult[] => {
    const results = new Map<string, { speed: number; label: number; given: number[] }>();
    for (const { speed, label, input } of some) {
      const key = `${label} ${speed}`;
      if (!results.has(key)) results.set(key, { speed, label, given: labels.map(() => 0) });
      results.get(key)!.given[strongestOf(wasm.run(input))]! += 1;
    }
    return [...results.values()];
  };
  const results = { later: outcomes(windows.later), unseen: outcomes(windows.unseen) };
  wasm.close();
  return results;
}

/** What the model says of a synthetic recording, stretch by stretch; windows with parts of two stretches count for none. */
export interface TraceResult {
  readonly trace: string;
  readonly stretches: readonly RecordingResult[];
}

/** Runs the model on the synthetic recordings in `data/`, none of which it was trained on. */
export async function evaluateTraces(model: Uint8Array, parameters: FrontEndParameters): Promise<TraceResult[]> {
  const info = readTflite(model);
  const input = info.tensors[info.inputs[0]!]!;
  const front = frontEndOf(parameters);
  const wasm = await openInWasm(model);
  const results = Object.entries(traces).map(([trace, { stretches, seed }]) => {
    const samples = Float32Array.from(shake(stretches, seed));
    let begin = 0;
    return {
      trace,
      stretches: stretches.map(({ seconds, label, speed }) => {
        const given = labels.map(() => 0);
        const end = begin + seconds * rateHz;
        for (let first = Math.ceil(begin / windowHop) * windowHop; first + windowLength <= end; first += windowHop) {
          const window = samples.slice(first * channels, (first + windowLength) * channels);
          given[strongestOf(wasm.run(quantizeInput(front.apply(window, channels), input.scales[0]!, input.zeroPoints[0]!)))]! += 1;
        }
        begin = end;
        return { speed, label: labels.indexOf(label), given };
      }),
    };
  });
  wasm.close();
  return results;
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
