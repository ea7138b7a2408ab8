/** How near an output must be to the reference's. */
export type Comparison = "exact" | "tolerance";

/**
 * Equal to the bit, or as float32 within one part in 100,000: kernels add up to some thousand products in an order of their own, and each addition rounds
 * by at most 2^-24 of the sum.
 */
export function sameOutput(actual: Uint8Array, expected: Uint8Array, compare: Comparison): boolean {
  if (Buffer.compare(actual, expected) === 0) return true;
  if (compare === "exact" || actual.length !== expected.length) return false;
  // A copy: readFileSync returns views of a shared block.
  const [a, b] = [actual, expected].map((bytes) => new Float32Array(new Uint8Array(bytes).buffer)) as [Float32Array, Float32Array];
  return a.every((value, i) => Math.abs(value - b[i]!) <= 1e-5 * Math.max(1, Math.abs(b[i]!)));
}
