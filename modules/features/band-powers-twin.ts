/**
 * The twin of power-spectrum.c for Node and browsers, where training and whoever verifies run: the same binary32 operations in the same order, so the same bits. Change
 * both or none.
 */
import { SINES } from "assay/features/sine-table";

const round = Math.fround;

/** Steps of a full turn in the table of sines, of which it holds the first quarter. */
const TURN = 512;
const QUARTER = TURN / 4;

/** Shortest window, samples; the longest is `TURN`. */
const SHORTEST = 4;

/** Largest magnitude of a value: with it no sum overflows. */
const LARGEST = 1e9;

/** cos(2π step / TURN), 0 ≤ step < TURN */
function cosine(step: number): number {
  const mirrored = step > TURN / 2 ? TURN - step : step;
  return mirrored <= QUARTER ? SINES[QUARTER - mirrored]! : -SINES[mirrored - QUARTER]!;
}

/** sin(2π step / TURN), 0 ≤ step ≤ TURN / 2 */
function sine(step: number): number {
  return SINES[step <= QUARTER ? step : TURN / 2 - step]!;
}

/** One channel, without its mean and under a Hann window, as complex numbers in bit-reversed order. @returns the number of the sample that is bad, or −1 */
function load(window: Float32Array, channel: number, channels: number, scratch: Float32Array): number {
  const length = scratch.length;
  const half = length / 2;
  let sum = 0;
  for (let n = 0; n < length; n++) {
    const value = window[n * channels + channel]!;
    if (!(value >= -LARGEST && value <= LARGEST)) return n;
    sum = round(sum + value);
  }
  const mean = round(sum / length);
  for (let n = 0, reversed = 0; n < half; n++) {
    for (let part = 0; part < 2; part++) {
      const sample = 2 * n + part;
      const weight = round(0.5 - round(0.5 * cosine(sample * (TURN / length))));
      scratch[2 * reversed + part] = round(window[sample * channels + channel]! - mean) * weight;
    }
    let bit = half / 2;
    for (; bit >= 1 && (reversed & bit) !== 0; bit /= 2) reversed ^= bit;
    reversed |= bit;
  }
  return -1;
}

/** Decimation in time, radix 2, in place. */
function transform(z: Float32Array): void {
  const count = z.length / 2;
  for (let size = 2; size <= count; size *= 2) {
    for (let start = 0; start < count; start += size) {
      for (let j = 0; j < size / 2; j++) {
        const a = 2 * (start + j);
        const b = a + size;
        const c = cosine(j * (TURN / size));
        const s = sine(j * (TURN / size));
        const re = round(round(c * z[b]!) + round(s * z[b + 1]!));
        const im = round(round(c * z[b + 1]!) - round(s * z[b]!));
        z[b] = z[a]! - re;
        z[b + 1] = z[a + 1]! - im;
        z[a] = z[a]! + re;
        z[a + 1] = z[a + 1]! + im;
      }
    }
  }
}

/** Squared magnitude of bin k of the real signal; bins 0 and length / 2 halved. */
function binPower(z: Float32Array, k: number): number {
  const length = z.length;
  const half = length / 2;
  const a = 2 * (k === half ? 0 : k);
  const b = 2 * (k === 0 || k === half ? 0 : half - k);
  const evenRe = round(0.5 * round(z[a]! + z[b]!));
  const evenIm = round(0.5 * round(z[a + 1]! - z[b + 1]!));
  const oddRe = round(0.5 * round(z[a + 1]! + z[b + 1]!));
  const oddIm = round(0.5 * round(z[b]! - z[a]!));
  const c = cosine(k * (TURN / length));
  const s = sine(k * (TURN / length));
  const re = round(evenRe + round(round(c * oddRe) + round(s * oddIm)));
  const im = round(evenIm + round(round(c * oddIm) - round(s * oddRe)));
  const power = round(round(re * re) + round(im * im));
  return k === 0 || k === half ? round(0.5 * power) : power;
}

/** See `band-powers.ts`. */
export function bandPowers(window: Float32Array, channels: number, bands: Uint16Array, scratch: Float32Array, powers: Float32Array): number {
  const length = scratch.length;
  const count = bands.length / 2;
  let fit = length >= SHORTEST && length <= TURN && (length & (length - 1)) === 0;
  for (let band = 0; band < count; band++) fit &&= bands[2 * band]! <= bands[2 * band + 1]! && bands[2 * band + 1]! <= length / 2;
  if (!fit) throw new RangeError(`expected bands of a window of ${length} samples`);
  if (channels < 1 || window.length !== length * channels || powers.length !== count * channels) {
    throw new RangeError(`expected a window and powers of ${channels} channels, got ${window.byteLength} and ${powers.byteLength} bytes`);
  }
  const scale = round(16 / (3 * length * length));
  for (let channel = 0; channel < channels; channel++) {
    const bad = load(window, channel, channels, scratch);
    if (bad >= 0) return bad * channels + channel;
    transform(scratch);
    for (let band = 0; band < count; band++) {
      let sum = 0;
      for (let k = bands[2 * band]!; k <= bands[2 * band + 1]!; k++) sum = round(sum + binPower(scratch, k));
      powers[band * channels + channel] = sum * scale;
    }
  }
  return -1;
}
