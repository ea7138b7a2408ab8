import { bandPowers } from "assay/features/band-powers";
import type { FrontEnd } from "assay/features/front-end";
import { FeaturesError } from "assay/features/features-error";

/** Lengths that the transform takes, samples. */
const LENGTHS: readonly number[] = Object.freeze([4, 8, 16, 32, 64, 128, 256, 512]);

/** Most bands: what leaves room for a few channels in the longest window. */
const MOST_BANDS = 257;

/** Options of {@link spectrum}. */
export interface SpectrumOptions {
  /** samples in a window: a power of two from 4 to 512 */
  readonly length: number;
  /**
   * First and last bin of each band, both included: bin k is the frequency k × rate / length, from 0 to length / 2. Bands may overlap. Bin 0 is next to nothing, since the mean
   * is removed (1 holds part of it: a Hann window is that wide).
   */
  readonly bands: readonly (readonly [first: number, last: number])[];
  /** the power that becomes 1, in the square of the sensor's unit, > 0: about the noise of a band, so that what follows (`compress`) sees signals from there on (default 1) */
  readonly reference?: number;
}

/**
 * Each channel's power in bands of frequency: mean removed, Hann window, fast Fourier transform, squared magnitudes summed over each band, divided by `reference`.
 * The powers of all bins of a channel together are about its variance.
 *
 * A window of `length` samples becomes one row of `bands × channels` features, `[band][channel]`; front ends that follow in a `chain` count that many channels. The array is
 * used again for the next window.
 *
 * @example
 * // three axes at 50 Hz: eight bands of about 3 Hz
 * chain(spectrum({ length: 128, bands: Array.from({ length: 8 }, (_, i) => [8 * i + 1, 8 * i + 8]), reference: 1e-6 }), compress({ channels: all }), standardize({ mean, deviation }))
 *
 * @throws FeaturesError `BAD_PARAMETER`; `apply` throws `BAD_LENGTH` for a window of another length, `BAD_SAMPLE` for a value that is not finite or beyond ±10⁹
 */
export function spectrum(options: SpectrumOptions): FrontEnd {
  const { length, bands, reference = 1 } = options;
  if (!LENGTHS.includes(length)) throw new FeaturesError("BAD_PARAMETER", `spectrum: expected a length of ${LENGTHS.join(", ")} samples, got ${length}`);
  if (bands.length < 1 || bands.length > MOST_BANDS) throw new FeaturesError("BAD_PARAMETER", `spectrum: expected 1 to ${MOST_BANDS} bands, got ${bands.length}`);
  for (const [first, last] of bands) {
    if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last < first || last > length / 2) {
      throw new FeaturesError("BAD_PARAMETER", `spectrum: expected bands of bins from 0 to ${length / 2}, the first not above the last, got ${first} to ${last}`);
    }
  }
  if (!(reference > 0 && reference < Infinity)) throw new FeaturesError("BAD_PARAMETER", `spectrum: expected a finite reference > 0, got ${reference}`);
  const bins = Uint16Array.from(bands.flat());
  const scratch = new Float32Array(length);
  let features = new Float32Array(0);
  return {
    description: JSON.stringify(["spectrum", length, bands, reference]),
    width: (channels) => bands.length * channels,
    apply(window, channels) {
      if (window.length !== length * channels) throw new FeaturesError("BAD_LENGTH", `spectrum: expected a window of ${length} samples of ${channels} channels, got ${window.length} values`);
      // How many channels there are is known when the first window comes.
      if (features.length !== bands.length * channels) features = new Float32Array(bands.length * channels);
      const bad = bandPowers(window, channels, bins, scratch, features);
      if (bad >= 0) throw new FeaturesError("BAD_SAMPLE", `spectrum: expected finite values within ±1e9, got ${window[bad]} in sample ${Math.floor(bad / channels)}, channel ${bad % channels}`);
      for (let i = 0; i < features.length; i++) features[i]! /= reference;
      return features;
    },
  };
}
