/** What a benchmark measures. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** what it is compared with, measured in the same run, in the same unit */
  readonly peer?: { readonly name: string; readonly value: number };
  /** what is aimed at, such as { most: 100 } */
  readonly goal?: { readonly most: number } | { readonly least: number };
}

/** A benchmark: yields its figures one after the other, and says through `progress` what it is doing. */
export type Bench = (progress: (line: string) => void) => AsyncIterable<Figure>;

/** One figure as the JSON line that machines read. */
export function figureLine(bench: string, { figure, value, unit, peer, goal }: Figure): string {
  const met = goal === undefined ? undefined : "most" in goal ? value <= goal.most : value >= goal.least;
  const bound = goal === undefined ? undefined : "most" in goal ? `<= ${goal.most}` : `>= ${goal.least}`;
  return JSON.stringify({ bench, figure, value, unit, peer: peer?.name, peerValue: peer?.value, ratio: peer && value / peer.value, goal: bound, met });
}

/** The same for people. */
export function figureText({ figure, value, unit, peer, goal }: Figure): string {
  const rounded = Number.isInteger(value) ? String(value) : value.toPrecision(4);
  const against = peer === undefined ? "" : `, ${(value / peer.value).toPrecision(3)} of ${peer.name} (${peer.value.toPrecision(4)} ${unit})`;
  const aim = goal === undefined ? "" : "most" in goal ? `, goal at most ${goal.most}: ${value <= goal.most ? "met" : "missed"}` : `, goal at least ${goal.least}: ${value >= goal.least ? "met" : "missed"}`;
  return `${figure}: ${rounded} ${unit}${against}${aim}`;
}

/** The value below which a share `p` (0 to 1) of the values lies (nearest rank). */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new RangeError("percentile: expected at least one value, got none");
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))]!;
}
