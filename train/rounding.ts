/** Rounding as TensorFlow Lite's quantizer does it. */

/** C's `round`: halves away from zero. */
export function roundHalfAway(x: number): number {
  return x < 0 ? -Math.round(-x) : Math.round(x);
}

/** Into the range of int8. */
export function clampToInt8(q: number): number {
  return Math.max(-128, Math.min(127, q));
}
