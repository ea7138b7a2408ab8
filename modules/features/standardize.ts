import type { FrontEnd } from "assay/features/front-end";
import { FeaturesError } from "assay/features/features-error";

/**
 * `(x − mean) / deviation` for each channel, computed in binary64 and rounded once to binary32.
 *
 * @param options.mean one mean per channel, in the channel's unit, finite, not -0
 * @param options.deviation one standard deviation per channel, in the channel's unit, finite and > 0
 * @throws FeaturesError `BAD_LENGTH`, `BAD_PARAMETER`
 */
export function standardize(options: { readonly mean: readonly number[]; readonly deviation: readonly number[] }): FrontEnd {
  const { mean, deviation } = options;
  if (mean.length !== deviation.length) {
    throw new FeaturesError("BAD_LENGTH", `standardize: expected as many deviations as means, got ${deviation.length} and ${mean.length}`);
  }
  mean.forEach((value, channel) => {
    // −0 is written as 0 in the description, but leaves another sign to features of 0: equal descriptions would not give equal bits.
    if (!Number.isFinite(value) || Object.is(value, -0)) throw new FeaturesError("BAD_PARAMETER", `standardize: expected a finite mean, 0 without a sign, for channel ${channel}, got ${Object.is(value, -0) ? "-0" : value}`);
  });
  deviation.forEach((value, channel) => {
    if (!Number.isFinite(value) || value <= 0) throw new FeaturesError("BAD_PARAMETER", `standardize: expected a deviation > 0 for channel ${channel}, got ${value}`);
  });
  return {
    description: JSON.stringify(["standardize", mean, deviation]),
    apply(window, channels) {
      if (channels !== mean.length) throw new FeaturesError("BAD_LENGTH", `standardize: expected ${mean.length} channels, got ${channels}`);
      const features = new Float32Array(window.length);
      for (let i = 0, channel = 0; i < window.length; i++) {
        features[i] = (window[i]! - mean[channel]!) / deviation[channel]!;
        if (++channel === channels) channel = 0;
      }
      return features;
    },
  };
}
