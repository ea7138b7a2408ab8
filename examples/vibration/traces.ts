/** The synthetic recordings in `data/`: what happens in each, and their text. */
import { shake, type Stretch } from "./synthetic-fan.ts";

/** What happens in each recording. */
export const traces: Readonly<Record<string, { readonly seed: number; readonly stretches: readonly Stretch[] }>> = {
  // A weight works loose and slides towards the other.
  loosening: { seed: 1, stretches: [{ seconds: 20, label: "balanced", speed: 75 }, { seconds: 20, label: "unbalanced", speed: 75 }, { seconds: 20, label: "far-unbalanced", speed: 75 }] },
  // A good fan at all speeds.
  "balanced-speeds": { seed: 2, stretches: [40, 55, 70, 85, 100].map((speed) => ({ seconds: 12, label: "balanced", speed })) },
  // A bad one.
  "unbalanced-speeds": { seed: 3, stretches: [100, 85, 70, 55, 40].map((speed) => ({ seconds: 12, label: "far-unbalanced", speed })) },
};

/** A recording as CSV: x, y, z in g. */
export function traceCsv(name: string): string {
  const { stretches, seed } = traces[name]!;
  const samples = shake(stretches, seed);
  const rows = Array.from({ length: samples.length / 3 }, (_, row) => [...samples.subarray(3 * row, 3 * row + 3)].map((value) => Number(value.toFixed(4))).join(","));
  return `x,y,z\n${rows.join("\n")}\n`;
}
