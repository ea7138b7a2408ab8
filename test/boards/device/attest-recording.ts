/**
 * Plays a recording through an app and prints the statements, in hexadecimal: with the app's own window, features, model and interpretation, the device's own natives, attestor and outbox, but a key, a
 * beacon and facts of the boot that are given, so that every board has to make the same bytes.
 */
import { openTrace } from "assay/trace";
import flash from "embedded:storage/flash";
import type { App } from "assay/app";
import { Attestor } from "assay/app/attestor";
import { SlidingWindow } from "assay/app/window";
import { openIdentity } from "assay/identity";
import { sha256 } from "assay/identity/natives";
import { Outbox } from "assay/outbox";
import { Recording } from "assay/sensor/recording";
import { encode } from "assay/statement/cbor";
import { Model } from "assay/tflite";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Which kernels a board picks is its own affair, and the one thing that differs. */
const kernels = { variant: "any", selfCheck: true };

/** @param file the recording, as the board names it */
export function attestRecording(app: App, file: string, statements: number): void {
  const store = new Map<string, ArrayBuffer>();
  const identity = openIdentity({
    store: { read: (key) => store.get(key), write: (key, value) => void store.set(key, value.slice().buffer), delete: (key) => void store.delete(key) },
    entropy: (n) => Uint8Array.from({ length: n }, (_, i) => i + 1),
  });
  const outbox = new Outbox({ flash: flash.open({ path: "outbox", mode: "r+" }) });
  const attestor = new Attestor({ identity, outbox, subject: app.name, sha256 });
  const model = new Model(app.model);
  const { channels, rateHz } = app.sensor;
  const window = new SlidingWindow({ ...app.window, channels: channels.length });
  const recording = new Recording(app.sensor, openTrace(file), { repeat: true, onEnd: () => {} });
  const beacon = { number: 22_000_000, hash: Uint8Array.from({ length: 32 }, (_, i) => 255 - i) };
  console.log(
    hex(
      attestor.boot({
        version: app.version,
        board: "any",
        firmware: new Uint8Array(32),
        model: sha256(new Uint8Array(app.model)),
        frontEnd: sha256(encode(app.features.description)),
        kernels,
        channels,
        window: { length: app.window.length, hop: app.window.hop, rate: rateHz },
        simulator: true,
      }),
    ),
  );
  for (let made = 0; made < statements; ) {
    if (!window.push(recording.sample()!)) continue;
    const output = model.run(app.features.apply(window.values, channels.length)) as Int8Array;
    const { scale, zeroPoint } = model.outputs[0]!;
    const result = app.interpret({ output, dequantized: (index) => scale * (output[index]! - zeroPoint) });
    console.log(hex(attestor.inference({ window: window.values, output: new Uint8Array(output.buffer, output.byteOffset, output.byteLength), result, beacon, time: null })));
    outbox.ack(attestor.nextSequence - 1);
    made++;
  }
}
