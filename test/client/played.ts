/** Inferences that the device code made on XS, as statements tell of them, and as they are revealed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { ReplayOptions, StatedBoot, StatedInference } from "../../client/replay.ts";
import type { RevealedInput } from "../../client/revealed-input.ts";
import { channels } from "../../examples/machine-health/proc-counters.ts";
import { parseRecording } from "../../examples/machine-health/recordings.ts";
import { buildApp } from "../../runtime/build.ts";
import { hostBinaries, startImage, temporaryFolder } from "../runtime/device.ts";

const examples = join(import.meta.dirname, "..", "..", "examples");

/** The example apps, each with a recording in which the model does not always say the same. */
export const apps = [
  { app: "machine-health", recording: lessAndLess },
  { app: "vibration", recording: (): string => readFileSync(join(examples, "vibration", "data", "loosening.csv"), "utf8") },
] as const;

/** From a computing machine to an idle one, sample by sample: of a load that is as the model knows it, it is so sure that all outputs are the same. */
function lessAndLess(): string {
  const folder = join(examples, "machine-health", "data");
  const [from, to] = ["compute-sha", "idle-tick"].map((name) => parseRecording(name, readFileSync(join(folder, `${name}.csv`), "utf8")).samples) as [Float32Array, Float32Array];
  const values = Math.min(from.length, to.length);
  const rows = Array.from({ length: values / channels.length }, (_, row) => channels.map((_channel, i) => {
    const at = row * channels.length + i;
    const share = at / values;
    return (1 - share) * from[at]! + share * to[at]!;
  }));
  return `${[channels, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

/** One inference with its input. */
export interface Played {
  readonly statement: StatedInference;
  readonly input: RevealedInput;
}

/** What a device made of a recording. */
export interface Recorded {
  readonly boot: StatedBoot;
  /** the `.tflite` file */
  readonly model: Uint8Array<ArrayBuffer>;
  readonly inferences: readonly Played[];
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** Lines that a device script prints, which calls `call` of replay.device.ts. */
export async function linesOfDevice(t: ExecutionContext, imports: string, call: string): Promise<string[]> {
  const folder = temporaryFolder(t);
  const script = join(folder, "replay.ts");
  writeFileSync(script, `${imports}\nimport * as device from ${JSON.stringify(join(import.meta.dirname, "replay.device.ts"))};\ndevice.${call};\n`);
  const { file } = await buildApp(script, { script: true, host: await hostBinaries(), output: join(folder, "replay.xsa") });
  const { status, stdout, stderr } = await (await startImage(t, file)).outcome;
  t.is(status, 0, stderr);
  return stdout.split("\n");
}

/** Plays an example's recording on the device of this machine. */
export async function play(t: ExecutionContext, { app, recording }: (typeof apps)[number], windows: number): Promise<Recorded> {
  const file = join(temporaryFolder(t), "recording.csv");
  writeFileSync(file, recording());
  const [first = "", ...lines] = await linesOfDevice(t, `import app from ${JSON.stringify(join(examples, app, "app.ts"))};`, `playRecording(app, ${JSON.stringify(file)}, ${windows})`);
  const { description, frontEnd, model, channels: names, length } = JSON.parse(first) as { description: string; frontEnd: string; model: string; channels: string[]; length: number };
  return {
    boot: { bootCount: 1, model: bytesOf(model), frontEnd: bytesOf(frontEnd), channels: names, window: { length } },
    model: new Uint8Array(readFileSync(join(examples, app, "model.tflite"))),
    inferences: lines.map((line) => {
      const [salt, window, input, output] = (JSON.parse(line) as [string, string, string, string]).map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
      return { statement: { bootCount: 1, input, results: [{ output }] }, input: { salt, window, frontEnd: description } };
    }),
  };
}

/** What replay is asked of one of the inferences. */
export function optionsOf({ boot, model, inferences }: Recorded, index: number): ReplayOptions {
  return { boot, model, ...inferences[index]! };
}
