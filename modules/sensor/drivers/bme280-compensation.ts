/**
 * What a BME280's raw values mean: the compensation formulas of its data sheet (BST-BME280-DS002 §4.2.3), in integers as there. Shifts of negative numbers are arithmetic, as
 * the formulas suppose.
 */

/** The calibration of one sensor, from its registers (table 16). */
export interface Calibration {
  readonly T: readonly [T1: number, T2: number, T3: number];
  readonly P: readonly [P1: number, P2: number, P3: number, P4: number, P5: number, P6: number, P7: number, P8: number, P9: number];
  readonly H: readonly [H1: number, H2: number, H3: number, H4: number, H5: number, H6: number];
}

/**
 * Reads the calibration.
 * @param first registers 0x88 to 0xA1, 26 bytes
 * @param second registers 0xE1 to 0xE7, 7 bytes
 */
export function readCalibration(first: Uint8Array, second: Uint8Array): Calibration {
  const low = new DataView(first.buffer, first.byteOffset, first.byteLength);
  const high = new DataView(second.buffer, second.byteOffset, second.byteLength);
  const signed = (at: number): number => low.getInt16(at, true);
  return {
    T: [low.getUint16(0, true), signed(2), signed(4)],
    P: [low.getUint16(6, true), signed(8), signed(10), signed(12), signed(14), signed(16), signed(18), signed(20), signed(22)],
    // H4 and H5 share a byte; both are signed, of 12 bits.
    H: [low.getUint8(25), high.getInt16(0, true), high.getUint8(2), (high.getInt8(3) << 4) | (high.getUint8(4) & 0x0f), (high.getInt8(5) << 4) | (high.getUint8(4) >> 4), high.getInt8(6)],
  };
}

/** `t_fine`, which all three formulas share: temperature in 1/5120 °C. `raw` has 20 bits. */
export function fineTemperature({ T: [T1, T2, T3] }: Calibration, raw: number): number {
  const linear = Math.imul((raw >> 3) - (T1 << 1), T2) >> 11;
  const deviation = (raw >> 4) - T1;
  // Its square times T3 takes up to 49 bits, so it is shifted in between, as in the data sheet.
  return (linear + (Math.imul(Math.imul(deviation, deviation) >> 12, T3) >> 14)) | 0;
}

/** Temperature, °C, with a resolution of 0.01. */
export function temperature(fine: number): number {
  return ((Math.imul(fine, 5) + 128) >> 8) / 100;
}

/** Pressure, Pa, with a resolution of 1/256. `raw` has 20 bits. The formula of 64 bits. */
export function pressure({ P }: Calibration, fine: number, raw: number): number {
  const [P1, P2, P3, P4, P5, P6, P7, P8, P9] = P.map((value) => BigInt(value)) as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  const t = BigInt(fine) - 128000n;
  let offset = t * t * P6;
  offset += (t * P5) << 17n;
  offset += P4 << 35n;
  let scale = ((t * t * P3) >> 8n) + ((t * P2) << 12n);
  scale = (((1n << 47n) + scale) * P1) >> 33n;
  // A sensor without calibration: no division by zero.
  if (scale === 0n) return 0;
  let p = 1048576n - BigInt(raw);
  p = (((p << 31n) - offset) * 3125n) / scale;
  const square = (P9 * (p >> 13n) * (p >> 13n)) >> 25n;
  const linear = (P8 * p) >> 19n;
  return Number(((p + square + linear) >> 8n) + (P7 << 4n)) / 256;
}

/** Relative humidity, 0 to 1, with a resolution of 1/102400. `raw` has 16 bits. */
export function humidity({ H: [H1, H2, H3, H4, H5, H6] }: Calibration, fine: number, raw: number): number {
  const t = (fine - 76800) | 0;
  const measured = ((raw << 14) - (H4 << 20) - Math.imul(H5, t) + 16384) >> 15;
  const slope = (Math.imul((Math.imul(Math.imul(t, H6) >> 10, (Math.imul(t, H3) >> 11) + 32768) >> 10) + 2097152, H2) + 8192) >> 14;
  let value = Math.imul(measured, slope);
  value -= Math.imul(Math.imul(value >> 15, value >> 15) >> 7, H1) >> 4;
  return (Math.max(0, Math.min(419430400, value)) >> 12) / 102400;
}
