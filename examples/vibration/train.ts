/**
 * Trains the model of this example on the real fan's recordings, which lie beside the checkout (recordings.ts), and reports how it does on what it never saw:
 *
 *     node examples/vibration/train.ts
 *
 * It writes `model.tflite`, `front-end.ts` and the results in `README.md`. A second run writes the same bytes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate, evaluateTraces, type RecordingResult } from "./evaluate.ts";
import { RecordingError } from "./recording-error.ts";
import { readRecordings, speedFolds, unseenSpeeds, type Recording } from "./recordings.ts";
import { crossValidationMarkdown, resultsMarkdown, tracesMarkdown, withPart } from "./results.ts";
import { frontEndSource, trainModel, type Trained } from "./training.ts";

const folder = import.meta.dirname;

async function trained(recordings: readonly Recording[], unseen: readonly number[]): Promise<Trained> {
  console.log(`without ${unseen.join(", ")} %`);
  return trainModel(recordings, unseen, (line) => console.log(line));
}

async function main(): Promise<void> {
  const recordings = readRecordings();
  const committed = await trained(recordings, unseenSpeeds);
  writeFileSync(join(folder, "front-end.ts"), frontEndSource(committed.frontEnd));
  writeFileSync(join(folder, "model.tflite"), committed.model);
  const results = await evaluate(committed.model, recordings, committed.frontEnd, unseenSpeeds);
  const validated: RecordingResult[] = [...results.unseen];
  for (const fold of speedFolds) {
    if (fold === unseenSpeeds) continue;
    const { model, frontEnd } = await trained(recordings, fold);
    validated.push(...(await evaluate(model, recordings, frontEnd, fold)).unseen);
  }
  const parts = [
    ["results", resultsMarkdown(results, committed.model.length)],
    ["cross-validation", crossValidationMarkdown(validated)],
    ["traces", tracesMarkdown(await evaluateTraces(committed.model, committed.frontEnd))],
  ] as const;
  const readme = join(folder, "README.md");
  writeFileSync(readme, parts.reduce((text, [part, markdown]) => withPart(text, part, markdown), readFileSync(readme, "utf8")));
  console.log(`\n${parts.map(([, markdown]) => markdown).join("\n\n")}\n\nmodel.tflite, front-end.ts and README.md written`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof RecordingError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
