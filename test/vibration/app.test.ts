import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { AttestationPolicy } from "assay/app/attestation-policy";
import { SlidingWindow } from "assay/app/window";
import { strongestOf } from "../../examples/vibration/evaluate.ts";
import * as frontEnd from "../../examples/vibration/front-end.ts";
import { channels, labels, windowHop, windowLength } from "../../examples/vibration/recordings.ts";
import { rateHz } from "../../examples/vibration/synthetic-fan.ts";
import { traces } from "../../examples/vibration/traces.ts";
import { frontEndOf } from "../../examples/vibration/training.ts";
import type { BootEvent, StatementEvent } from "../../host-sim/events.ts";
import { startDevice } from "../../host-sim/host-sim.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";
import { quantizeInput } from "../../train/quantize.ts";
import { readTflite } from "../../train/tflite-reader.ts";
import { openInWasm } from "../../train/tflite-wasm.ts";

const folder = join(import.meta.dirname, "../../examples/vibration");

/** As app.ts has it. */
const ATTEST = { when: "change", heldWindows: 3, atLeastEverySeconds: 60 } as const;

/** What a device should state of a recording that is played over and over: number of the window and label of each statement, by the twins in Node. */
async function expectedStatements(trace: string, passes: number): Promise<{ window: number; label: string }[]> {
  const model = new Uint8Array(await readFile(join(folder, "model.tflite")));
  const input = readTflite(model).tensors[readTflite(model).inputs[0]!]!;
  const rows = (await readFile(join(folder, "data", `${trace}.csv`), "utf8")).trimEnd().split("\n").slice(1).map((line) => line.split(",").map(Number));
  const front = frontEndOf(frontEnd);
  const sliding = new SlidingWindow({ length: windowLength, hop: windowHop, channels });
  const policy = new AttestationPolicy(ATTEST, windowHop, rateHz);
  const wasm = await openInWasm(model);
  const statements: { window: number; label: string }[] = [];
  let window = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (const row of rows) {
      if (!sliding.push(row)) continue;
      const label = labels[strongestOf(wasm.run(quantizeInput(front.apply(sliding.values, channels), input.scales[0]!, input.zeroPoints[0]!)))]!;
      if (policy.isDue(label)) {
        policy.stated();
        statements.push({ window, label });
      }
      window++;
    }
  }
  wasm.close();
  return statements;
}

for (const trace of Object.keys(traces)) {
  test(`in the simulator ${trace} makes a statement when the state changes and at least every minute, no other, and those that Node's twins foresee`, async (t) => {
    const expected = await expectedStatements(trace, 3);
    // As few as this of 140 windows, and none later than a minute after the one before.
    t.true(expected.length >= 4 && expected.length < 35, `${expected.length}`);
    expected.slice(1).forEach(({ window }, i) => t.true((window - expected[i]!.window) * windowHop <= ATTEST.atLeastEverySeconds * rateHz));

    const { device: host } = await buildHost();
    const image = await buildApp(join(folder, "app.ts"));
    const stated: StatementEvent[] = [];
    let boot: BootEvent | undefined;
    const enough = Promise.withResolvers<void>();
    const device = await startDevice({
      host,
      image: image.file,
      folder: await mkdtemp(join(tmpdir(), "assay-vibration-")),
      // Nobody listens there: statements stay in the outbox.
      broker: { host: "127.0.0.1", port: 1 },
      trace: { file: join(folder, "data", `${trace}.csv`), speed: 100, repeat: true },
      onEvent: (event) => {
        if (event.event === "boot") boot = event;
        if (event.event === "statement" && stated.push(event) === expected.length) enough.resolve();
      },
    });
    void device.ended.then(() => enough.resolve());
    await enough.promise;
    await device.cutPower();
    t.deepEqual(stated.slice(0, expected.length).map(({ label }) => label), expected.map(({ label }) => label), device.diagnostics.join("\n"));
    t.deepEqual(stated.map(({ sequence }) => sequence), stated.map((_, i) => boot!.sequence + 1 + i));
  });
}
