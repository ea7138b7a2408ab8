/*
 * NEON as every 64-bit Arm has it: smull multiplies eight int8 to int16, whose neighbours sadalp adds to int32. No product of two int8
 * leaves int16; the sum of two could, so that smlal must not add a second one. See vector.h.
 */
#ifndef ASSAY_TFLITE_VECTOR_NEON_SMULL_H
#define ASSAY_TFLITE_VECTOR_NEON_SMULL_H

#include "vector-neon.h"

typedef struct {
	int8x8_t first;
	int8x16_t second;
} inputs;

/* Two neighbours of each lane, then the other two of each. */
#define VECTOR_WEIGHT(lane, member) ((member) / 2 * 2 * LANES + (lane) * 2 + (member) % 2)

static inline inputs vector_inputs(const element *from) {
	const int16x4_t twos = vreinterpret_s16_s32(vector_four(from));
	const inputs by = { vreinterpret_s8_s16(vdup_lane_s16(twos, 0)), vreinterpretq_s8_s16(vdupq_lane_s16(twos, 1)) };
	return by;
}

static inline lanes vector_dot(lanes sums, inputs by, weights with) {
	return vpadalq_s16(vpadalq_s16(sums, vmull_s8(vget_low_s8(with), by.first)), vmull_high_s8(with, by.second));
}

#endif
