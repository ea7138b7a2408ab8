/**
 * Trains the model of this example from the recordings in `data/`, and reports how it does on those that it never saw:
 *
 *     node examples/machine-health/train.ts
 *
 * It writes `model.tflite`, `front-end.ts` and the results in `README.md`. A second run writes the same bytes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate } from "./evaluate.ts";
import { frontEndSource, trainModel } from "./training.ts";
import { readRecordings } from "./recordings.ts";
import { resultsMarkdown, withResults } from "./results.ts";

const folder = import.meta.dirname;
const started = performance.now();
const recordings = readRecordings(join(folder, "data"));
const trained = await trainModel(recordings, (line) => console.log(line));
const seconds = (performance.now() - started) / 1000;
writeFileSync(join(folder, "front-end.ts"), frontEndSource(trained.frontEnd));
writeFileSync(join(folder, "model.tflite"), trained.model);
const results = await evaluate(trained.model, recordings, trained.frontEnd);
const markdown = resultsMarkdown(results, trained.model.length);
const readme = join(folder, "README.md");
writeFileSync(readme, withResults(readFileSync(readme, "utf8"), markdown));
console.log(`\n${markdown}\n\nmodel.tflite, front-end.ts and README.md written after ${seconds.toFixed(0)} s of training`);
