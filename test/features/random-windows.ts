/** Windows and bands that are drawn the same on XS and in Node: integers and exact scaling alone. */

/** What `bandPowers` takes. */
export interface Case {
  readonly window: Float32Array;
  readonly channels: number;
  readonly bands: Uint16Array;
  readonly scratch: Float32Array;
  readonly powers: Float32Array;
}

/** xorshift32 (Marsaglia 2003). */
function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** `count` cases: all lengths, 1 to 4 channels, 1 to 8 bands; noise, steps of a chip, spikes and constants, from 2⁻³⁰ to 2²⁹. */
export function* randomCases(seed: number, count: number): Generator<Case> {
  const draw = generator(seed);
  for (let i = 0; i < count; i++) {
    const length = 4 << draw(8);
    const channels = 1 + draw(4);
    const scale = 2 ** (draw(45) - 45);
    const kind = draw(4);
    const window = new Float32Array(length * channels);
    for (let j = 0; j < window.length; j++) {
      const value = draw(0x10000) - 0x8000;
      window[j] = kind === 0 ? value * scale : kind === 1 ? (value >> 12) / 1024 : kind === 2 ? (draw(32) === 0 ? value * 2 ** 14 : 0) : scale;
    }
    const bands = new Uint16Array(2 * (1 + draw(8)));
    for (let band = 0; band < bands.length; band += 2) {
      bands[band] = draw(length / 2 + 1);
      bands[band + 1] = bands[band]! + draw(length / 2 + 1 - bands[band]!);
    }
    yield { window, channels, bands, scratch: new Float32Array(length), powers: new Float32Array((bands.length / 2) * channels) };
  }
}
