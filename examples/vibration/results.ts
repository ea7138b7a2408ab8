/** The parts of the README that the training writes. */
import { accuracyOf, type RecordingResult, type Results, type TraceResult } from "./evaluate.ts";
import { labels, unseenSpeeds } from "./recordings.ts";

/** The parts by name, as their markers in the README have it. */
type Part = "results" | "cross-validation" | "traces";

const begin = (part: Part): string => `<!-- ${part}: written by train.ts -->`;
const end = (part: Part): string => `<!-- end of ${part} -->`;

function share({ right, all }: { right: number; all: number }): string {
  return `${((100 * right) / all).toFixed(1)} %`;
}

function percent(results: readonly RecordingResult[]): string {
  const outcome = accuracyOf(results);
  return `${outcome.right} of ${outcome.all} windows right (${share(outcome)})`;
}

/** A confusion matrix: what the fan was against what the model said. */
function confusion(results: readonly RecordingResult[]): string {
  const rows = labels.map((label, index) => {
    const counts = labels.map((_, given) => results.filter((result) => result.label === index).reduce((sum, result) => sum + result.given[given]!, 0));
    return `| ${label} | ${counts.join(" | ")} |`;
  });
  return [`| fan was | ${labels.map((label) => `said ${label}`).join(" | ")} |`, `| --- |${" ---: |".repeat(labels.length)}`, ...rows].join("\n");
}

/** The share of right windows at each speed. */
function bySpeed(results: readonly RecordingResult[]): string {
  const speeds = [...new Set(results.map(({ speed }) => speed))].sort((a, b) => a - b);
  const shares = speeds.map((speed) => {
    const { right, all } = accuracyOf(results.filter((result) => result.speed === speed));
    return ((100 * right) / all).toFixed(0);
  });
  return [`| speed, % | ${speeds.join(" | ")} |`, `| --- |${" ---: |".repeat(speeds.length)}`, `| right, % | ${shares.join(" | ")} |`].join("\n");
}

/** What the committed model does, as Markdown. @param modelBytes the size of the `.tflite` file */
export function resultsMarkdown({ later, unseen }: Results, modelBytes: number): string {
  return `The int8 model has ${modelBytes.toLocaleString("en")} bytes. To say one state always would be right in 33.3 % of the windows.

By time, at the speeds that it was trained on, the last 17 s of each recording: ${percent(later)}.

${confusion(later)}

By speed, whole recordings at ${unseenSpeeds.join(", ")} %, of which training saw nothing: ${percent(unseen)}.

${confusion(unseen)}

${bySpeed(unseen)}`;
}

/** What models of the same recipe do on the speeds that each did not see, as Markdown. */
export function crossValidationMarkdown(results: readonly RecordingResult[]): string {
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const asBalanced = (some: readonly RecordingResult[]): { right: number; all: number } => ({ right: total(some.map(({ given }) => given[0]!)), all: total(some.map(({ given }) => total(given))) });
  const [balanced, others] = [asBalanced(results.filter(({ label }) => label === 0)), asBalanced(results.filter(({ label }) => label !== 0))];
  return `Four models of the same recipe, each without another four or five of the 17 speeds, on the speeds that they did not see: ${percent(results)}.

${confusion(results)}

${bySpeed(results)}

Whether the fan is balanced at all is easier than how far it is not: balanced windows are called so ${balanced.right} times of ${balanced.all}, and the others one of the two unbalanced states
${others.all - others.right} times of ${others.all}.`;
}

/** What the model says of the synthetic recordings, as Markdown. */
export function tracesMarkdown(results: readonly TraceResult[]): string {
  const rows = results.flatMap(({ trace, stretches }) => stretches.map(({ speed, label, given }) => `| ${trace} | ${labels[label]} | ${speed} | ${given.join(" | ")} |`));
  const head = `| recording | fan is | at % | ${labels.map((label) => `said ${label}`).join(" | ")} |\n| --- | --- | ---: |${" ---: |".repeat(labels.length)}`;
  return `${percent(results.flatMap(({ stretches }) => stretches))}.\n\n${head}\n${rows.join("\n")}`;
}

/** The README with one part replaced. @throws Error if it lost the markers */
export function withPart(readme: string, part: Part, markdown: string): string {
  const [first, last] = [readme.indexOf(begin(part)), readme.indexOf(end(part))];
  if (first < 0 || last < first) throw new Error(`README.md: expected the markers "${begin(part)}" and "${end(part)}"`);
  return `${readme.slice(0, first)}${begin(part)}\n\n${markdown}\n\n${readme.slice(last)}`;
}
