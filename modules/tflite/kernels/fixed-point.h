/*
 * The fixed-point arithmetic of quantized kernels, with the two roundings of TensorFlow Lite's reference kernels (gemmlowp).
 * Sums that a hostile model could drive over the edge wrap around, in unsigned arithmetic. Shifting a negative number to
 * the right is taken to keep its sign, which C99 leaves to the compiler and all of ours do.
 */
#ifndef ASSAY_TFLITE_FIXED_POINT_H
#define ASSAY_TFLITE_FIXED_POINT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* real = multiplier / 2^31 * 2^shift, multiplier in [2^30, 2^31) or 0 */
typedef struct {
	int32_t multiplier;
	int32_t shift;
} fixed_multiplier;

/* The multiplier nearest to a positive finite number; 0 below 2^-32, as in the reference. */
static inline fixed_multiplier fixed_from_real(double real) {
	uint64_t bits;
	memcpy(&bits, &real, sizeof bits);
	/* The mantissa's 53 bits become 31, half rounds up. What that carries over doubles the number: the exponent lies above. */
	bits += (uint64_t)1 << 21;
	const fixed_multiplier fixed = { (int32_t)(((uint32_t)(bits >> 22) & 0x3fffffff) | 0x40000000), (int32_t)(bits >> 52) - 1022 }, nothing = { 0, 0 };
	return fixed.shift < -31 ? nothing : fixed;
}

/* a * b / 2^31, rounded to the nearest, half up; saturates in the one case where both are -2^31 */
static inline int32_t fixed_high_multiply(int32_t a, int32_t b) {
	if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
	return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* x / 2^exponent, rounded to the nearest, half away from zero; exponent from 0 to 31 */
static inline int32_t fixed_divide_by_power(int32_t x, int32_t exponent) {
	int64_t half = ((int64_t)1 << exponent) >> 1;
	return (int32_t)((x + half - (half != 0 && x < 0)) >> exponent);
}

/* x * 2^exponent without a care for overflow; exponent from 0 to 31 */
static inline int32_t fixed_shift_left(int32_t x, int32_t exponent) {
	return (int32_t)((uint32_t)x << exponent);
}

/* x * 2^exponent, saturated; exponent from 0 to 30 */
static inline int32_t fixed_shift_left_saturated(int32_t x, int32_t exponent) {
	const int32_t most = (int32_t)(((uint32_t)1 << (31 - exponent)) - 1);
	if (x > most) return INT32_MAX;
	if (x < -most) return INT32_MIN;
	return fixed_shift_left(x, exponent);
}

/* (a + b) / 2, rounded to the nearest, half away from zero */
static inline int32_t fixed_half_sum(int32_t a, int32_t b) {
	const int64_t sum = (int64_t)a + b;
	return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/* The zero bits above the highest one; 32 for 0. */
static inline int32_t fixed_leading_zeros(uint32_t x) {
	int32_t count = 0;
	while (count < 32 && (x & (uint32_t)1 << 31) == 0) {
		x <<= 1;
		count++;
	}
	return count;
}

/* x * multiplier, rounded twice; shift from -31 to 30 */
static inline int32_t fixed_multiply(int32_t x, fixed_multiplier by) {
	int32_t left = by.shift > 0 ? by.shift : 0;
	int32_t right = by.shift > 0 ? 0 : -by.shift;
	return fixed_divide_by_power(fixed_high_multiply(fixed_shift_left(x, left), by.multiplier), right);
}

/* The same for a 64-bit sum: 16 bits of the multiplier, one rounding; shift from -31 to 14 */
static inline int32_t fixed_multiply_wide(int64_t x, fixed_multiplier by) {
	int64_t reduced = by.multiplier < 0x7fff0000 ? (by.multiplier + (1 << 15)) >> 16 : 0x7fff;
	int32_t shift = 15 - by.shift;
	uint64_t product = (uint64_t)x * (uint64_t)reduced + ((uint64_t)1 << (shift - 1));
	return (int32_t)((int64_t)product >> shift);
}

static inline int32_t fixed_add(int32_t a, int32_t b) {
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t fixed_subtract(int32_t a, int32_t b) {
	return (int32_t)((uint32_t)a - (uint32_t)b);
}

/* The low half of the product. */
static inline int32_t fixed_low_multiply(int32_t a, int32_t b) {
	return (int32_t)((uint32_t)a * (uint32_t)b);
}

static inline int32_t fixed_clamp(int32_t x, int32_t low, int32_t high) {
	if (x < low) x = low;
	return x > high ? high : x;
}

/* To the nearest, half away from zero; saturates at 2^30, NaN becomes -2^30. */
static inline int32_t fixed_round(float x) {
	const float most = 1073741824.0f;
	if (x >= most) return 1 << 30;
	if (!(x > -most)) return -(1 << 30);
	int32_t whole = (int32_t)x;
	/* exact: below 2^23 the fraction has room, above there is none */
	float rest = x - (float)whole;
	if (rest >= 0.5f) whole++;
	if (rest <= -0.5f) whole--;
	return whole;
}

/* The stored value nearest to a real one. */
static inline int32_t fixed_quantize(float real, float scale, int32_t zero_point, int32_t low, int32_t high) {
	int64_t stored = (int64_t)fixed_round(real / scale) + zero_point;
	if (stored < low) return low;
	return stored > high ? high : (int32_t)stored;
}

#endif
