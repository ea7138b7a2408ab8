/** What a device computes of a recording, and how it commits to each window: read by replay.test.ts, which replays it. */
import board from "assay/board";
import { openTrace } from "assay/trace";
import type { App } from "assay/app";
import { SlidingWindow } from "assay/app/window";
import { spectrum, standardize } from "assay/features";
import { sha256 } from "assay/identity/natives";
import { Recording } from "assay/sensor/recording";
import { encode } from "assay/statement/cbor";
import { Model } from "assay/tflite";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int8Array): Uint8Array => new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Prints what a boot statement says of the app, then `[salt, window, commitment, output]` of so many windows, each as a line of JSON. */
export function playRecording(app: App, file: string, windows: number): void {
  const { channels } = app.sensor;
  const model = new Model(app.model);
  const window = new SlidingWindow({ ...app.window, channels: channels.length });
  const recording = new Recording(app.sensor, openTrace(file), { repeat: true, onEnd: () => {} });
  const { description } = app.features;
  console.log(JSON.stringify({ description, frontEnd: hex(sha256(encode(description))), model: hex(sha256(new Uint8Array(app.model))), channels, length: app.window.length }));
  for (let made = 0; made < windows; ) {
    if (!window.push(recording.sample()!)) continue;
    const output = model.run(app.features.apply(window.values, channels.length)) as Int8Array;
    const salt = Uint8Array.from({ length: 32 }, (_, i) => 7 * made + i);
    const values = bytesOf(window.values);
    const salted = new Uint8Array(salt.length + values.length);
    salted.set(salt);
    salted.set(values, salt.length);
    console.log(JSON.stringify([hex(salt), hex(values), hex(sha256(salted)), hex(bytesOf(output))]));
    made++;
  }
  board.exit(0);
}

/** Prints the descriptions that the device gives to front ends with these parameters. */
export function describe(cases: readonly (readonly number[])[]): void {
  for (const values of cases) {
    console.log(standardize({ mean: values, deviation: values.map((value) => Math.abs(value)) }).description);
    console.log(spectrum({ length: 4, bands: [[0, 2]], reference: Math.abs(values[0]!) }).description);
  }
  board.exit(0);
}
