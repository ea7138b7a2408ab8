const nativeBandPowers = native<(window: Uint8Array, channels: number, bands: Uint8Array, scratch: Uint8Array, powers: Uint8Array) => number>("xs_features_bandPowers");

/**
 * Power of each channel in bands of frequency, in C (power-spectrum.h says what is computed). Device only: in Node and browsers `assay/features/band-powers` is
 * `band-powers-twin.ts` (see `exports` in package.json), which gives the same bits.
 *
 * @param window row-major `[sample][channel]`, `scratch.length × channels` values; is only read
 * @param bands first and last bin of each band, both included, at most `scratch.length / 2`
 * @param scratch as many values as the window has samples, a power of two from 4 to 512
 * @param powers row-major `[band][channel]`: receives the powers, in the square of the window's unit
 * @returns −1, or the index in `window` of a value that is not finite or beyond ±10⁹; then `powers` mean nothing
 * @throws RangeError for buffers whose sizes do not go together
 */
export function bandPowers(window: Float32Array, channels: number, bands: Uint16Array, scratch: Float32Array, powers: Float32Array): number {
  return nativeBandPowers(bytesOf(window), channels, bytesOf(bands), bytesOf(scratch), bytesOf(powers));
}

/** XS gives C the memory of byte arrays alone. */
function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
