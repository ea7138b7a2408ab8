/**
 * The shape of a signal front end: what turns a window of samples into what the model was trained on.
 *
 * A front end is part of what is attested, so it must give the same bits on every board: it may use the operations that
 * IEEE 754 rounds correctly (+, −, ×, ÷, rounding to binary32) and nothing of the C library (`Math.log`, `Math.sin` …), whose last bit differs from
 * one to the next. Its `description` says all that determines the result; the digest of it stands in the boot statement.
 */
export interface FrontEnd {
  /** every parameter, as JSON in a fixed order: equal descriptions give equal bits */
  readonly description: string;
  /** values in a row of the features, for a window whose samples have so many; without it as many */
  readonly width?: (channels: number) => number;
  /**
   * @param window samples, row-major `[sample][channel]`, `length × channels` values
   * @param channels values a sample has
   * @returns features, the same shape unless the description says otherwise; may be `window` itself, changed in place
   */
  apply(window: Float32Array, channels: number): Float32Array;
}

/** Front ends one after the other: the output of each is the input of the next, which has as many channels as a row of it has values. */
export function chain(...stages: readonly FrontEnd[]): FrontEnd {
  const width = (stage: FrontEnd, channels: number): number => stage.width?.(channels) ?? channels;
  return {
    description: `[${stages.map((stage) => stage.description).join(",")}]`,
    width: (channels) => stages.reduce((values, stage) => width(stage, values), channels),
    apply(window, channels) {
      let [values, row] = [window, channels];
      for (const stage of stages) {
        values = stage.apply(values, row);
        row = width(stage, row);
      }
      return values;
    },
  };
}
