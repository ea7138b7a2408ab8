/**
 * The real fan: which recordings there are, and how they are divided into what training sees and what it does not.
 *
 * The data set is UCI's "Accelerometer" (G. Scalabrini Sampaio et al., 2019, DOI 10.24432/C5Q61V, listed as CC BY 4.0). It is not part of the project: it lies beside the checkout.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RecordingError } from "./recording-error.ts";

/** The states of balance in the order of the model's output: two weights on opposite blades, at 90 degrees, on neighbouring blades. */
export const labels = ["balanced", "unbalanced", "far-unbalanced"] as const;

/** The data set's number of each label's configuration of weights. */
const configurations: readonly number[] = [3, 2, 1];

/** Speeds of the fan, per cent of its greatest. */
export const speeds: readonly number[] = Array.from({ length: 17 }, (_, i) => 20 + 5 * i);

/** Channels x, y, z in g. */
export const channels = 3;

/** A window has 128 samples, 2.56 s at 50 Hz; on the device a new one begins every 64. */
export const windowLength = 128;
export const windowHop = 64;

/** Samples of each recording, 60 s. */
const RECORDING_SAMPLES = 3000;

/** Of each recording training sees the first 40 s; then a window is left out, so that no sample is in both; the rest tests. */
export const TRAINING_SAMPLES = 2000;
export const TEST_START = TRAINING_SAMPLES + windowLength;

/**
 * All speeds in four parts, each with every fourth, so that the speeds left out lie between others (but for the slowest and the fastest). The committed model never sees
 * the third part: 30, 50, 70, 90 %.
 */
export const speedFolds: readonly (readonly number[])[] = [0, 1, 2, 3].map((fold) => speeds.filter((_, index) => index % 4 === fold));
export const unseenSpeeds: readonly number[] = speedFolds[2]!;

/** One minute of the fan in one state at one speed. */
export interface Recording {
  /** index into {@link labels} */
  readonly label: number;
  /** per cent */
  readonly speed: number;
  /** row-major `[sample][channel]`, g */
  readonly samples: Float32Array;
}

/** Where the data set lies: beside the checkout. */
export const recordingFile: string = join(import.meta.dirname, "..", "..", "..", "shared", "sensors", "fan-vibration", "accelerometer.csv");

const COLUMNS = "Sensor Configuration,Rotation Speed Percentage,x,y,z";

/**
 * Reads the data set's text.
 *
 * @throws RecordingError `BAD_FILE`
 */
export function parseRecordings(text: string): Recording[] {
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  if (header !== COLUMNS) throw new RecordingError("BAD_FILE", `fan recordings: expected the columns ${COLUMNS}, got ${header}`);
  const rows = new Map<string, number[]>();
  lines.forEach((line, row) => {
    const cells = line.split(",").map((cell) => (cell === "" ? NaN : Number(cell)));
    if (cells.length !== 2 + channels || !cells.every(Number.isFinite)) throw new RecordingError("BAD_FILE", `fan recordings, line ${row + 2}: expected ${2 + channels} numbers, got "${line.slice(0, 80)}"`);
    const key = `${cells[0]} ${cells[1]}`;
    if (!rows.has(key)) rows.set(key, []);
    rows.get(key)!.push(...cells.slice(2));
  });
  return labels.flatMap((_, label) =>
    speeds.map((speed) => {
      const values = rows.get(`${configurations[label]} ${speed}`);
      if (values?.length !== RECORDING_SAMPLES * channels) {
        throw new RecordingError("BAD_FILE", `fan recordings: expected ${RECORDING_SAMPLES} samples of configuration ${configurations[label]} at ${speed} %, got ${(values?.length ?? 0) / channels}`);
      }
      return { label, speed, samples: Float32Array.from(values) };
    }),
  );
}

/**
 * Reads the data set.
 *
 * @throws RecordingError `NO_RECORDING`, `BAD_FILE`
 */
export function readRecordings(file: string = recordingFile): Recording[] {
  if (!existsSync(file)) throw new RecordingError("NO_RECORDING", `expected the fan's recordings at ${file}, got no file there: UCI's data set "Accelerometer", DOI 10.24432/C5Q61V`);
  return parseRecordings(readFileSync(file, "utf8"));
}

/** The windows of a recording from one sample on, a hop apart, each a copy. */
export function windowsOf({ samples }: Recording, start: number): Float32Array[] {
  const windows: Float32Array[] = [];
  for (let first = start; (first + windowLength) * channels <= samples.length; first += windowHop) windows.push(samples.slice(first * channels, (first + windowLength) * channels));
  return windows;
}
