/* WebAssembly's 128-bit vectors: pairs of int16, which i32x4.dot_i16x8_s multiplies and adds. See vector.h. */
#ifndef ASSAY_TFLITE_VECTOR_WASM_H
#define ASSAY_TFLITE_VECTOR_WASM_H

#include "vector.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>

enum { LANES = 4, GROUP = 2, COLUMN = 2 };

typedef int16_t element;
typedef v128_t lanes;
typedef v128_t inputs;
typedef v128_t weights;
typedef v128_t wide;
typedef v128_t bytes;

typedef struct {
	lanes low;
	lanes high;
} pair;

/*
 * Where the vectors lie, not the vectors. To the compiler a long product is a product of two vectors that were widened before; when it
 * widens one of them once, ahead of a loop, what was one instruction becomes a multiplication of 64 bits, which machines put together
 * from ten. What is loaded where it is used stays one instruction.
 */
typedef struct {
	const int32_t *multipliers;
	const int32_t *halves;
	const int32_t *exponents;
} scale;

#define VECTOR_WEIGHT(lane, member) ((lane) * GROUP + (member))
#define DEPTH_CHANNEL(vector, lane) ((vector) * LANES + (lane))
#define DEPTH_WEIGHT(channel, tap) ((channel) * 2 + (tap))

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

static inline wide vector_wide(const int16_t *from) {
	return wasm_v128_load(from);
}

static inline pair vector_dot_depth(pair sums, wide first, wide second, wide low, wide high) {
	sums.low = wasm_i32x4_add(sums.low, wasm_i32x4_dot_i16x8(wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11), low));
	sums.high = wasm_i32x4_add(sums.high, wasm_i32x4_dot_i16x8(wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15), high));
	return sums;
}

static inline void vector_store_wide(int16_t *to, wide from) {
	wasm_v128_store(to, from);
}

static inline wide vector_widen(const int8_t *from) {
	return wasm_i16x8_load8x8(from);
}

static inline wide vector_repeat_wide(int32_t value) {
	return wasm_i16x8_splat((int16_t)value);
}

static inline wide vector_add_wide(wide a, wide b) {
	return wasm_i16x8_add(a, b);
}

static inline bytes vector_load_bytes(const int8_t *from) {
	return wasm_v128_load64_zero(from);
}

static inline bytes vector_max(bytes a, bytes b) {
	return wasm_i8x16_max(a, b);
}

static inline void vector_stretch_wide(const int8_t *from, int32_t offset, int16_t *to, size_t count) {
	const v128_t added = wasm_i16x8_splat((int16_t)offset);
	size_t i = 0;
	for (; i + 8 <= count; i += 8) wasm_v128_store(to + i, wasm_i16x8_add(wasm_i16x8_load8x8(from + i), added));
	for (; i < count; i++) to[i] = (int16_t)(from[i] + offset);
}

static inline lanes vector_dot_row(lanes sums, wide by, const int8_t *from) {
	return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(by, wasm_i16x8_load8x8(from)));
}

static inline void vector_stretch(const int8_t *from, int32_t offset, element *to, size_t count) {
	vector_stretch_wide(from, offset, to, count);
}

static inline scale vector_scale_at(const int32_t *multipliers, const int32_t *halves, const int32_t *exponents) {
	const scale by = { multipliers, halves, exponents };
	return by;
}

/*
 * All lanes shift alike here, so each is multiplied by the power of 2 that makes a shift of the product by 30 the right one. It leaves
 * one bit, which is shifted out on its own after the half is added to it: that holds for any sum, also for those of channels that training
 * has left without weights, whose exponents are near 31 and whose biases are of any size.
 */
#define VECTOR_TAME(most, exponent) ((void)(most), (exponent) >= 1)
#define VECTOR_NEAR(most, exponent) ((exponent) <= 15 && (most) < (int64_t)1 << (14 + (exponent)))
#define VECTOR_EXPONENT(exponent, near) ((int32_t)1 << ((near) ? 17 - (exponent) : 31 - (exponent)))
#define VECTOR_HALF(exponent, near) ((near) ? ((int32_t)1 << 15) + ((int32_t)1 << (15 - (exponent))) : 0)

static inline lanes vector_scale(lanes sums, scale by) {
	const lanes multiplier = vector_load(by.multipliers), exponent = vector_load(by.exponents);
	const v128_t rounding = wasm_i64x2_splat((int64_t)1 << 30);
	const v128_t low = wasm_u64x2_shr(wasm_i64x2_add(wasm_i64x2_extmul_low_i32x4(sums, multiplier), rounding), 31);
	const v128_t high = wasm_u64x2_shr(wasm_i64x2_add(wasm_i64x2_extmul_high_i32x4(sums, multiplier), rounding), 31);
	const lanes quotient = wasm_i32x4_shuffle(low, high, 0, 2, 4, 6);
	const lanes moved = wasm_i32x4_add(quotient, wasm_i32x4_shr(quotient, 31));
	const v128_t low_rest = wasm_u64x2_shr(wasm_i64x2_extmul_low_i32x4(moved, exponent), 30), high_rest = wasm_u64x2_shr(wasm_i64x2_extmul_high_i32x4(moved, exponent), 30);
	return wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_shuffle(low_rest, high_rest, 0, 2, 4, 6), wasm_i32x4_splat(1)), 1);
}

static inline pair vector_part(wide from) {
	const pair parts = { wasm_i32x4_extend_low_i16x8(from), wasm_i32x4_extend_high_i16x8(from) };
	return parts;
}

static inline lanes vector_shift_left(lanes values, int32_t bits) {
	return wasm_i32x4_shl(values, (uint32_t)bits);
}

static inline lanes vector_add(lanes a, lanes b) {
	return wasm_i32x4_add(a, b);
}

static inline lanes vector_multiply(lanes a, lanes b) {
	return wasm_i32x4_mul(a, b);
}

/* Both shifts are one: see vector_scale_alike. The multiplier is loaded where it is used, as in a scale. */
typedef struct {
	int32_t multipliers[LANES];
	int32_t added;
	int32_t negative;
	int32_t shift;
} alike;

static inline void vector_set_alike(alike *to, int32_t multiplier, int32_t exponent) {
	for (uint32_t i = 0; i < LANES; i++) to->multipliers[i] = multiplier;
	to->added = exponent == 0 ? 1 : 1 + ((int32_t)1 << exponent);
	to->negative = exponent == 0 ? 0 : -2;
	to->shift = exponent + 1;
	/* From here on the compiler does not know that all are the same. */
	__asm__ volatile("" : : "r"(to) : "memory");
}

/*
 * With x quadrupled, the upper half of the product is twice the quotient, rounded down; 1 rounds it to the nearest whole number, and since
 * whole numbers can be added before or after rounding down, the half of the division and what is taken off negative numbers, twice
 * too, are added before the one shift.
 */
static inline lanes vector_scale_alike(lanes values, const alike *by) {
	const lanes scaled = wasm_i32x4_shl(values, 2), multiplier = vector_load(by->multipliers);
	const lanes top = wasm_i32x4_shuffle(wasm_i64x2_extmul_low_i32x4(scaled, multiplier), wasm_i64x2_extmul_high_i32x4(scaled, multiplier), 1, 3, 5, 7);
	const lanes negative = wasm_v128_and(wasm_i32x4_shr(values, 31), wasm_i32x4_splat(by->negative));
	return wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_add(top, wasm_i32x4_splat(by->added)), negative), (uint32_t)by->shift);
}

static inline bytes vector_narrow(lanes first, lanes second, int32_t offset) {
	const v128_t moved = wasm_i16x8_add_sat(wasm_i16x8_narrow_i32x4(first, second), wasm_i16x8_splat((int16_t)offset));
	return wasm_i8x16_narrow_i16x8(moved, moved);
}

static inline bytes vector_narrow_depth(pair sums, int32_t offset) {
	return vector_narrow(sums.low, sums.high, offset);
}

/*
 * Where no output is beyond 2^14 before it is narrowed, as in layers whose channels all have weights, the sum is first multiplied by the
 * power of 2 that makes the second shift one by 16: its result is the upper half of a lane. With k = 16 - exponent and whole numbers
 * added before or after rounding down,
 *
 *     (floor((x * m + 2^30) / 2^31) + 2^(exponent - 1) - (1 if x is negative)) >> exponent
 *   = (floor(x * 2^(k + 1) * m / 2^32) + 2^(k - 1) + 2^15 - (2^k if x is negative)) >> 16
 *
 * (the quotient of a negative x is only not negative if it is 0, and then either way makes 0).
 */
static inline lanes near_scale(lanes sums, scale by) {
	const lanes factor = vector_load(by.exponents), multiplier = vector_load(by.multipliers), scaled = wasm_i32x4_mul(sums, factor);
	const lanes top = wasm_i32x4_shuffle(wasm_i64x2_extmul_low_i32x4(scaled, multiplier), wasm_i64x2_extmul_high_i32x4(scaled, multiplier), 1, 3, 5, 7);
	const lanes negative = wasm_v128_and(wasm_i32x4_shr(sums, 31), wasm_u32x4_shr(factor, 1));
	return wasm_i32x4_sub(wasm_i32x4_add(top, vector_load(by.halves)), negative);
}

static inline bytes vector_narrow_near(lanes first, scale first_scale, lanes second, scale second_scale, int32_t offset) {
	const wide results = wasm_i16x8_shuffle(near_scale(first, first_scale), near_scale(second, second_scale), 1, 3, 5, 7, 9, 11, 13, 15);
	const wide moved = wasm_i16x8_add_sat(results, wasm_i16x8_splat((int16_t)offset));
	return wasm_i8x16_narrow_i16x8(moved, moved);
}

static inline bytes vector_clamp(bytes values, int8_t low, int8_t high) {
	return wasm_i8x16_min(wasm_i8x16_max(values, wasm_i8x16_splat(low)), wasm_i8x16_splat(high));
}

/* A function of its own, for the ends of rows: what it needs is then not computed before it is known to be called. */
static NEVER_INLINE void store_fewer(int8_t *to, bytes values, uint32_t count) {
	uint64_t rest = (uint64_t)wasm_i64x2_extract_lane(values, 0);
	if (count >= 4) {
		wasm_v128_store32_lane(to, values, 0);
		to += 4;
		count -= 4;
		rest >>= 32;
	}
	for (; count > 0; count--, rest >>= 8) *to++ = (int8_t)(rest & 0xff);
}

static inline void vector_store_bytes(int8_t *to, bytes values, uint32_t count) {
	if (count >= 8) wasm_v128_store64_lane(to, values, 0);
	else store_fewer(to, values, count);
}

#endif
