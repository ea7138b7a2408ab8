/**
 * Counts what each stage of an app costs on a board whose ticks are instructions (QEMU with -icount): plays the recording in the board's flash, and prints a line of JSON with the instructions of
 * each stage for one statement, on average.
 */
import board from "assay/board";
import { openTrace } from "assay/trace";
import TCP from "embedded:io/socket/tcp";
import flash from "embedded:storage/flash";
import Timer from "timer";
import type { App, Inference, Result } from "assay/app";
import { SlidingWindow } from "assay/app/window";
import { openIdentity } from "assay/identity";
import { sha256 } from "assay/identity/natives";
import { encodePublish } from "assay/mqtt/packets";
import { Outbox } from "assay/outbox";
import { Recording } from "assay/sensor/recording";
import { encodeStatement, type InferenceClaims } from "assay/statement";
import { statementTopic } from "assay/statement/topics";
import { Model } from "assay/tflite";

/** QEMU with -icount shift=0: an instruction takes a nanosecond. */
const INSTRUCTIONS_PER_MS = 1e6;
const WARM_UP = 4;

type Stage = "sample" | "window" | "features" | "inference" | "interpret" | "encode" | "sign" | "store" | "publish";

const totals: Record<Stage, number> = { sample: 0, window: 0, features: 0, inference: 0, interpret: 0, encode: 0, sign: 0, store: 0, publish: 0 };
let counting = false;
/** What asking for the time takes. */
let asking = 0;

function measured<Value>(stage: Stage, work: () => Value): Value {
  const before = board.ticks();
  const value = work();
  const after = board.ticks();
  if (counting) totals[stage] += (after - before) * INSTRUCTIONS_PER_MS - asking;
  return value;
}

/** @param statements how many are made and averaged */
export function countStages(app: App, statements: number): void {
  const store = new Map<string, ArrayBuffer>();
  const identity = openIdentity({ store: { read: (key) => store.get(key), write: (key, value) => void store.set(key, value.slice().buffer), delete: (key) => void store.delete(key) }, entropy: (n) => Uint8Array.from({ length: n }, (_, i) => i + 1) });
  const outbox = new Outbox({ flash: flash.open({ path: "outbox", mode: "r+" }) });
  const model = new Model(app.model);
  const channels = app.sensor.channels.length;
  const window = new SlidingWindow({ ...app.window, channels });
  const recording = new Recording(app.sensor, openTrace("trace"), { repeat: true, onEnd: () => {} });
  const header = { issuer: identity.deviceId, subject: app.name, keyId: identity.keyId };
  const signature = new Uint8Array(64);
  const unsigned = { publicKey: identity.publicKey, sign: () => signature } as const;
  const beacon = { number: 22_000_000, hash: Uint8Array.from({ length: 32 }, (_, i) => 255 - i) };
  const topic = statementTopic(identity.deviceId);
  for (let i = 0; i < 8; i++) {
    const before = board.ticks();
    asking = Math.round((board.ticks() - before) * INSTRUCTIONS_PER_MS);
  }
  const socket = new TCP({ host: "link", port: 1883, onWritable: () => {} });
  // The link is open once the event loop has turned.
  Timer.set(() => {
    for (let made = -WARM_UP; made < statements; ) {
      const values = measured("sample", () => recording.sample()!);
      if (!measured("window", () => window.push(values))) continue;
      made++;
      const features = measured("features", () => app.features.apply(window.values, channels));
      const output = measured("inference", () => model.run(features)) as Int8Array;
      const { scale, zeroPoint } = model.outputs[0]!;
      const inference: Inference = { output, dequantized: (index) => scale * (output[index]! - zeroPoint) };
      const result: Result = measured("interpret", () => app.interpret(inference));
      const claims = (): InferenceClaims => ({
        kind: "inference",
        sequence: outbox.head === undefined ? 0 : outbox.head.sequence + 1,
        bootCount: 1,
        previous: outbox.head === undefined ? null : signature.subarray(0, 16),
        input: sha256(new Uint8Array(window.values.buffer, window.values.byteOffset, window.values.byteLength)),
        results: [{ output: new Uint8Array(output.buffer, output.byteOffset, output.byteLength), label: result.label, score: result.score }],
        beacon,
        time: null,
      });
      const statement = measured("encode", () => encodeStatement(claims(), header, unsigned, sha256));
      measured("sign", () => identity.signer.sign(sha256(statement)));
      const sequence = claims().sequence;
      measured("store", () => outbox.append(sequence, statement));
      measured("publish", () => socket.write(encodePublish(topic, statement, 1, false, 1 + (sequence % 1000), 4096)));
      outbox.ack(sequence);
      counting = made >= 0;
    }
    // The last round before counting begins belongs to the warm-up.
    const average = Object.entries(totals).map(([stage, total]) => [stage, Math.round(total / statements)]);
    console.log(JSON.stringify(Object.fromEntries(average)));
    board.exit(0);
  }, 10);
}
