import type { FrontEnd } from "assay/features/front-end";
import { FeaturesError } from "assay/features/features-error";

/**
 * A logarithm to base 2 that is the same on every machine: exponent plus fraction of `1 + x`, that is log₂ at powers of two and a straight
 * line between them (at most 0.0861 below the true logarithm). Odd: `log2Linear(−x) = −log2Linear(x)`.
 *
 * @param bits 8 bytes to work in; whoever calls often brings them. Not a constant of the module, which lies in read-only flash on microcontrollers.
 */
export function log2Linear(x: number, bits = new DataView(new ArrayBuffer(8))): number {
  if (!(x > -Infinity && x < Infinity)) return x;
  bits.setFloat64(0, 1 + (x < 0 ? -x : x));
  const high = bits.getUint32(0);
  // Sign 0, exponent 1023: what remains is the significand, in [1, 2).
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  const magnitude = (high >>> 20) - 1023 + (bits.getFloat64(0) - 1);
  return x < 0 ? -magnitude : magnitude;
}

/**
 * Compresses channels whose values span many powers of ten, such as bytes per second, by `log2Linear`.
 *
 * @param options.channels the numbers of the channels to compress, from 0
 * @throws FeaturesError `BAD_PARAMETER` for a number that is no channel
 */
export function compress(options: { readonly channels: readonly number[] }): FrontEnd {
  for (const channel of options.channels) {
    if (!Number.isInteger(channel) || channel < 0) throw new FeaturesError("BAD_PARAMETER", `compress: expected channel numbers from 0, got ${channel}`);
  }
  const bits = new DataView(new ArrayBuffer(8));
  return {
    description: JSON.stringify(["compress", options.channels]),
    apply(window, channels) {
      const features = new Float32Array(window);
      for (const channel of options.channels) {
        if (channel >= channels) throw new FeaturesError("BAD_PARAMETER", `compress: expected channels below ${channels}, got ${channel}`);
        for (let i = channel; i < features.length; i += channels) features[i] = log2Linear(features[i]!, bits);
      }
      return features;
    },
  };
}
