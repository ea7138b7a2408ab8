/* What NEON on 64-bit Arm has in common, with the dot product extension and without: see vector.h. */
#ifndef ASSAY_TFLITE_VECTOR_NEON_H
#define ASSAY_TFLITE_VECTOR_NEON_H

#include "vector.h"

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 4, GROUP = 4, COLUMN = 4 };

typedef int8_t element;
typedef int32x4_t lanes;
typedef int8x16_t weights;
typedef int16x8_t wide;
typedef int8x8_t bytes;

typedef struct {
	lanes low;
	lanes high;
} pair;

typedef struct {
	lanes multiplier;
	lanes exponent;
} scale;

#define DEPTH_CHANNEL(vector, lane) ((vector) * LANES + (lane))
#define DEPTH_WEIGHT(channel, tap) ((tap) * 2 * LANES + (channel))

static inline lanes vector_load(const int32_t *from) {
	return vld1q_s32(from);
}

static inline void vector_store(int32_t *to, lanes from) {
	vst1q_s32(to, from);
}

static inline weights vector_weights(const int8_t *from) {
	return vld1q_s8(from);
}

/* Four inputs in the lower half. A compiler that is not told so loads them into a general register first, from where the way is long. */
static inline int32x2_t vector_four(const element *from) {
	uint32_t all;
	memcpy(&all, from, sizeof all);
	int32x2_t four = vcreate_s32(all);
	__asm__("" : "+w"(four));
	return four;
}

/* Inputs stay as they are, so the whole offset is added to the bias. */
static inline int32_t vector_residue(int32_t offset) {
	return offset;
}

static inline element vector_zero(int32_t offset) {
	return (element)-offset;
}

static inline void vector_stretch(const int8_t *from, int32_t offset, element *to, size_t count) {
	(void)offset;
	memcpy(to, from, count);
}

static inline wide vector_wide(const int16_t *from) {
	return vld1q_s16(from);
}

static inline pair vector_dot_depth(pair sums, wide first, wide second, wide with_first, wide with_second) {
	sums.low = vmlal_s16(vmlal_s16(sums.low, vget_low_s16(first), vget_low_s16(with_first)), vget_low_s16(second), vget_low_s16(with_second));
	sums.high = vmlal_high_s16(vmlal_high_s16(sums.high, first, with_first), second, with_second);
	return sums;
}

static inline void vector_store_wide(int16_t *to, wide from) {
	vst1q_s16(to, from);
}

static inline wide vector_widen(const int8_t *from) {
	return vmovl_s8(vld1_s8(from));
}

static inline wide vector_repeat_wide(int32_t value) {
	return vdupq_n_s16((int16_t)value);
}

static inline wide vector_add_wide(wide a, wide b) {
	return vaddq_s16(a, b);
}

static inline bytes vector_load_bytes(const int8_t *from) {
	return vld1_s8(from);
}

static inline bytes vector_max(bytes a, bytes b) {
	return vmax_s8(a, b);
}

static inline void vector_stretch_wide(const int8_t *from, int32_t offset, int16_t *to, size_t count) {
	const int16x8_t added = vdupq_n_s16((int16_t)offset);
	size_t i = 0;
	for (; i + 8 <= count; i += 8) vst1q_s16(to + i, vaddw_s8(added, vld1_s8(from + i)));
	for (; i < count; i++) to[i] = (int16_t)(from[i] + offset);
}

static inline lanes vector_dot_row(lanes sums, wide by, const int8_t *from) {
	const int16x8_t with = vmovl_s8(vld1_s8(from));
	return vmlal_high_s16(vmlal_s16(sums, vget_low_s16(by), vget_low_s16(with)), by, with);
}

static inline scale vector_scale_at(const int32_t *multipliers, const int32_t *halves, const int32_t *exponents) {
	const scale by = { vector_load(multipliers), vector_load(exponents) };
	(void)halves;
	return by;
}

/* A shift to the left by a negative number is one to the right; it adds the half itself, in more bits than 32. */
#define VECTOR_TAME(most, exponent) ((void)(most), (exponent) >= 1)
#define VECTOR_NEAR(most, exponent) ((void)(most), (void)(exponent), false)
#define VECTOR_EXPONENT(exponent, near) (-(exponent))
#define VECTOR_HALF(exponent, near) 0

/* sqrdmulh is fixed_high_multiply. */
static inline lanes vector_scale(lanes sums, scale by) {
	const lanes high = vqrdmulhq_s32(sums, by.multiplier);
	return vrshlq_s32(vaddq_s32(high, vshrq_n_s32(high, 31)), by.exponent);
}

static inline pair vector_part(wide from) {
	const pair parts = { vmovl_s16(vget_low_s16(from)), vmovl_high_s16(from) };
	return parts;
}

static inline lanes vector_shift_left(lanes values, int32_t bits) {
	return vshlq_s32(values, vdupq_n_s32(bits));
}

static inline lanes vector_add(lanes a, lanes b) {
	return vaddq_s32(a, b);
}

static inline lanes vector_multiply(lanes a, lanes b) {
	return vmulq_s32(a, b);
}

typedef struct {
	int32_t multiplier;
	int32_t exponent;
} alike;

static inline void vector_set_alike(alike *to, int32_t multiplier, int32_t exponent) {
	to->multiplier = multiplier;
	to->exponent = exponent;
}

static inline lanes vector_scale_alike(lanes values, const alike *by) {
	const lanes high = vqrdmulhq_n_s32(values, by->multiplier);
	/* Without a division nothing is taken off negative numbers. */
	const lanes negative = vandq_s32(vshrq_n_s32(high, 31), vdupq_n_s32(by->exponent == 0 ? 0 : -1));
	return vrshlq_s32(vaddq_s32(high, negative), vdupq_n_s32(-by->exponent));
}

static inline bytes vector_narrow(lanes first, lanes second, int32_t offset) {
	return vqmovn_s16(vqaddq_s16(vcombine_s16(vqmovn_s32(first), vqmovn_s32(second)), vdupq_n_s16((int16_t)offset)));
}

static inline bytes vector_narrow_depth(pair sums, int32_t offset) {
	return vector_narrow(sums.low, sums.high, offset);
}

static inline bytes vector_narrow_near(lanes first, scale first_scale, lanes second, scale second_scale, int32_t offset) {
	return vector_narrow(vector_scale(first, first_scale), vector_scale(second, second_scale), offset);
}

static inline bytes vector_clamp(bytes values, int8_t low, int8_t high) {
	return vmin_s8(vmax_s8(values, vdup_n_s8(low)), vdup_n_s8(high));
}

static inline void vector_store_bytes(int8_t *to, bytes values, uint32_t count) {
	if (count >= 8) {
		vst1_s8(to, values);
		return;
	}
	uint64_t rest = vget_lane_u64(vreinterpret_u64_s8(values), 0);
	for (; count > 0; count--, rest >>= 8) *to++ = (int8_t)(rest & 0xff);
}

#endif
