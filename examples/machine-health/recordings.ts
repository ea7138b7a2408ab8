/**
 * The recordings in `data/`: which load each holds, and which of them no training sees.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { channels } from "./proc-counters.ts";
import { RecordingError } from "./recording-error.ts";

/** The classes, in the order of the model's output. */
export const labels = ["idle", "compute", "io"] as const;

/** A window has 32 samples; on the device a new one begins every 10. */
export const windowLength = 32;
export const windowHop = 10;

/** Values in a window. */
export const windowValues = windowLength * channels.length;

/**
 * Held out for the test: whole recordings, of loads that no training recording runs (`compute-xz` too, because `compute-gcc` compresses with xz
 * in between). Chosen by their kind, not by how the model does on them.
 */
const heldOut: readonly string[] = ["idle-node", "idle-shell", "idle-tick", "compute-gcc", "compute-ssl2", "compute-xz", "compute-yes1", "io-copy", "io-find", "io-randread"];

/** One recording. */
export interface Recording {
  /** the file's name without `.csv`: label, "-", name of the load */
  readonly name: string;
  /** index into {@link labels} */
  readonly label: number;
  readonly heldOut: boolean;
  /** row-major `[sample][channel]`, in the channels' units */
  readonly samples: Float32Array;
}

/**
 * Reads a recording's text: a header with the sensor's channels in its order, then one sample a line.
 *
 * @throws RecordingError `BAD_FILE`
 */
export function parseRecording(name: string, text: string): Recording {
  const label = labels.findIndex((candidate) => name.startsWith(`${candidate}-`));
  if (label < 0) throw new RecordingError("BAD_FILE", `${name}: expected a name that begins with ${labels.join("-, ")}-`);
  const [header, ...lines] = text.trimEnd().split("\n");
  if (header !== channels.join(",")) throw new RecordingError("BAD_FILE", `${name}: expected the columns ${channels.join(",")}, got ${header}`);
  const samples = new Float32Array(lines.length * channels.length);
  lines.forEach((line, row) => {
    const cells = line.split(",").map((cell) => (cell === "" ? NaN : Number(cell)));
    if (cells.length !== channels.length || !cells.every(Number.isFinite)) {
      throw new RecordingError("BAD_FILE", `${name}, line ${row + 2}: expected ${channels.length} numbers, got "${line.slice(0, 80)}"`);
    }
    samples.set(cells, row * channels.length);
  });
  return { name, label, heldOut: heldOut.includes(name), samples };
}

/** All recordings of a folder, in the order of their names. */
export function readRecordings(folder: string): Recording[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".csv")).sort();
  return files.map((file) => parseRecording(file.slice(0, -".csv".length), readFileSync(join(folder, file), "utf8")));
}

/** The windows of a recording, each a copy. @param hop samples from one to the next */
export function windowsOf(recording: Recording, hop: number): Float32Array[] {
  const windows: Float32Array[] = [];
  for (let start = 0; start + windowValues <= recording.samples.length; start += hop * channels.length) {
    windows.push(recording.samples.slice(start, start + windowValues));
  }
  return windows;
}
