/* WebAssembly SIMD: pairs of int16, which i32x4.dot_i16x8_s multiplies and adds. See vector.h. */
#ifndef ASSAY_TFLITE_VECTOR_WASM_H
#define ASSAY_TFLITE_VECTOR_WASM_H

#include "vector.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

enum { LANES = 4, GROUP = 2 };

typedef v128_t lanes;
typedef v128_t wide;
typedef v128_t inputs;
typedef v128_t weights;
typedef int16_t element;
/* in the lower half */
typedef v128_t bytes;

typedef struct {
	lanes low;
	lanes high;
} pair;

#define VECTOR_WEIGHT(lane, member) ((lane) * GROUP + (member))

static inline lanes vector_load(const int32_t *from) {
	return wasm_v128_load(from);
}

static inline void vector_store(int32_t *to, lanes from) {
	wasm_v128_store(to, from);
}

static inline inputs vector_inputs(const element *from) {
	return wasm_v128_load32_splat(from);
}

static inline weights vector_weights(const int8_t *from) {
	return wasm_i16x8_load8x8(from);
}

static inline lanes vector_dot(lanes sums, inputs by, weights with) {
	return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(with, by));
}

static inline int32_t vector_residue(int32_t offset) {
	(void)offset;
	return 0;
}

static inline element vector_zero(int32_t offset) {
	(void)offset;
	return 0;
}

#define DEPTH_CHANNEL(vector, lane) ((vector) * 4 + (lane))
#define DEPTH_WEIGHT(channel, tap) ((channel) * 2 + (tap))

static inline wide vector_wide(const int16_t *from) {
	return wasm_v128_load(from);
}

static inline void vector_dot_depth(pair *sums, wide first, wide second, const wide with[2]) {
	const wide low = wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11), high = wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
	sums->low = wasm_i32x4_add(sums->low, wasm_i32x4_dot_i16x8(low, with[0]));
	sums->high = wasm_i32x4_add(sums->high, wasm_i32x4_dot_i16x8(high, with[1]));
}

static inline void vector_stretch_wide(const int8_t *from, int32_t offset, int16_t *to, size_t count) {
	const wide added = wasm_i16x8_splat((int16_t)offset);
	size_t i = 0;
	for (; i + 8 <= count; i += 8) wasm_v128_store(to + i, wasm_i16x8_add(wasm_i16x8_load8x8(from + i), added));
	for (; i < count; i++) to[i] = (int16_t)(from[i] + offset);
}

static inline void vector_stretch(const int8_t *from, int32_t offset, element *to, size_t count) {
	vector_stretch_wide(from, offset, to, count);
}

/*
 * Lanes can only be shifted all by the same. So each sum is first multiplied by a power of 2 that makes all of them end on the
 * same exponent, one above the largest: `common`. With k = common - exponent, from 1 on, the result of fixed-point.h,
 *
 *     (floor((x * m + 2^30) / 2^31) + 2^(exponent - 1) - (1 if x is negative)) >> exponent
 *
 * is the same as
 *
 *     (floor(x * 2^(k + 1) * m / 2^32) + 2^(k - 1) + 2^(common - 1) - (2^k if x is negative)) >> common
 *
 * since whole numbers can be added on either side of rounding down. (The quotient of a negative x is only not negative if it is 0,
 * and then both come out as 0.) Instead of the exponent a lane keeps 2^(k + 1), instead of its half what is added.
 */
static inline bool vector_settle(int64_t most, int32_t *exponents, int32_t *halves, uint32_t count, int32_t *common) {
	int32_t largest = 0, smallest = 31;
	for (uint32_t i = 0; i < count; i++) {
		if (exponents[i] == 0) continue;
		if (exponents[i] > largest) largest = exponents[i];
		if (exponents[i] < smallest) smallest = exponents[i];
	}
	*common = largest + 1;
	if (*common > 30) return false;
	if (largest > 0 && most >= (int64_t)1 << (30 - (*common - smallest))) return false;
	for (uint32_t i = 0; i < count; i++) {
		if (exponents[i] == 0) continue;
		const int32_t k = *common - exponents[i];
		halves[i] = ((int32_t)1 << (k - 1)) + ((int32_t)1 << (*common - 1));
		exponents[i] = (int32_t)1 << (k + 1);
	}
	return true;
}

static inline lanes vector_scale(lanes sums, lanes multiplier, lanes half, lanes exponent, int32_t common) {
	const lanes negative = wasm_v128_and(wasm_i32x4_shr(sums, 31), wasm_u32x4_shr(exponent, 1));
	const lanes scaled = wasm_i32x4_mul(sums, exponent);
	const v128_t low = wasm_i64x2_extmul_low_i32x4(scaled, multiplier), high = wasm_i64x2_extmul_high_i32x4(scaled, multiplier);
	const lanes top = wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
	return wasm_i32x4_shr(wasm_i32x4_sub(wasm_i32x4_add(top, half), negative), (uint32_t)common);
}

static inline bytes vector_narrow(lanes first, lanes second, int32_t offset) {
	const wide moved = wasm_i16x8_add_sat(wasm_i16x8_narrow_i32x4(first, second), wasm_i16x8_splat((int16_t)offset));
	return wasm_i8x16_narrow_i16x8(moved, moved);
}

static inline bytes vector_narrow_depth(pair sums, int32_t offset) {
	return vector_narrow(sums.low, sums.high, offset);
}

static inline bytes vector_clamp(bytes values, int8_t low, int8_t high) {
	return wasm_i8x16_min(wasm_i8x16_max(values, wasm_i8x16_splat(low)), wasm_i8x16_splat(high));
}

static inline void vector_store_bytes(int8_t *to, bytes values, uint32_t count) {
	if (count >= 8) {
		wasm_v128_store64_lane(to, values, 0);
		return;
	}
	if (count >= 4) {
		wasm_v128_store32_lane(to, values, 0);
		values = wasm_u64x2_shr(values, 32);
		to += 4;
		count -= 4;
	}
	uint32_t rest = (uint32_t)wasm_i32x4_extract_lane(values, 0);
	for (; count > 0; count--, rest >>= 8) *to++ = (int8_t)(rest & 0xff);
}

#endif
