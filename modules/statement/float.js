/**
 * Floating-point numbers of CBOR: the shortest of binary16, binary32 and binary64 that keeps the value (RFC 8949 §4.2.1).
 * Plain arithmetic finds the width and the binary16 form, so that no scratch memory is needed.
 */
/** Smallest normal binary16 number, 2^-14. */
const HALF_SMALLEST_NORMAL = 2 ** -14;
/** Unit of binary16's subnormal numbers, 2^-24. */
const HALF_UNIT = 2 ** -24;
const HALF_LARGEST = 65504;
const HALF_INFINITY = 0x7c00;
/** The one NaN that deterministic encoding uses here (RFC 8949 §4.2.2). */
export const HALF_NAN = 0x7e00;
/** Bytes that the shortest encoding of `value` takes. */
export function floatWidth(value) {
    if (halfBits(value) >= 0)
        return 2;
    return Math.fround(value) === value ? 4 : 8;
}
/** `value` as binary16 bits, or -1 if binary16 cannot hold it exactly. */
export function halfBits(value) {
    if (value !== value)
        return HALF_NAN;
    const sign = value < 0 || (value === 0 && 1 / value < 0) ? 0x8000 : 0;
    const magnitude = Math.abs(value);
    if (magnitude === Infinity)
        return sign | HALF_INFINITY;
    if (magnitude > HALF_LARGEST)
        return -1;
    if (magnitude < HALF_SMALLEST_NORMAL) {
        const units = magnitude / HALF_UNIT;
        return Number.isInteger(units) ? sign | units : -1;
    }
    let power = HALF_SMALLEST_NORMAL;
    let exponent = 1;
    while (power * 2 <= magnitude) {
        power *= 2;
        exponent++;
    }
    const fraction = (magnitude / power - 1) * 1024;
    return Number.isInteger(fraction) ? sign | (exponent << 10) | fraction : -1;
}
/** The number that binary16 `bits` stand for. */
export function fromHalfBits(bits) {
    const sign = (bits & 0x8000) === 0 ? 1 : -1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0)
        return sign * fraction * HALF_UNIT;
    if (exponent === 0x1f)
        return fraction === 0 ? sign * Infinity : NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
