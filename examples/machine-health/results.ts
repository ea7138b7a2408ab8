/** The part of the README that the training writes. */
import { accuracyOf, type RecordingResult, type Results } from "./evaluate.ts";
import { labels } from "./recordings.ts";

const BEGIN = "<!-- results: written by train.ts -->";
const END = "<!-- end of results -->";

function percent({ right, all }: { right: number; all: number }): string {
  return `${right} of ${all} windows right (${((100 * right) / all).toFixed(1)} %)`;
}

/** A confusion matrix: what was run against what the model said. */
function confusion(results: readonly RecordingResult[]): string {
  const rows = labels.map((label, index) => {
    const counts = labels.map((_, given) => results.filter((result) => result.label === index).reduce((sum, result) => sum + result.given[given]!, 0));
    return `| ${label} | ${counts.join(" | ")} |`;
  });
  return [`| load ran | ${labels.map((label) => `said ${label}`).join(" | ")} |`, `| --- |${" ---: |".repeat(labels.length)}`, ...rows].join("\n");
}

/** Which recordings have wrong windows, and what they were taken for. */
function mistakes(results: readonly RecordingResult[]): string {
  const wrong = results.flatMap(({ recording, label, given }) => given.flatMap((count, index) => (index === label || count === 0 ? [] : [`${count} of \`${recording}\` taken for ${labels[index]}`])));
  return wrong.length === 0 ? "No window was wrong." : `Wrong: ${wrong.join("; ")}.`;
}

/** Results as Markdown. @param modelBytes the size of the `.tflite` file */
export function resultsMarkdown({ recorded, besideAssay }: Results, modelBytes: number): string {
  return `The int8 model (${modelBytes.toLocaleString("en")} bytes) on ${recorded.length} recordings that training never saw, of loads that no training recording runs:
${percent(accuracyOf(recorded))}.

${confusion(recorded)}

${mistakes(recorded)}

The same windows with the simulated background of broker, gateway, chain and device added: ${percent(accuracyOf(besideAssay))}.

${confusion(besideAssay)}

${mistakes(besideAssay)}`;
}

/** The README with its results replaced. @throws Error if it lost the markers */
export function withResults(readme: string, markdown: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md: expected the markers "${BEGIN}" and "${END}"`);
  return `${readme.slice(0, begin)}${BEGIN}\n\n${markdown}\n\n${readme.slice(end)}`;
}
