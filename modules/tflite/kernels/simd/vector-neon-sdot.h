/* NEON with the dot product extension: sdot multiplies four int8 with four and adds up for each int32. See vector.h. */
#ifndef ASSAY_TFLITE_VECTOR_NEON_SDOT_H
#define ASSAY_TFLITE_VECTOR_NEON_SDOT_H

#include "vector-neon.h"

typedef int8x8_t inputs;

#define VECTOR_WEIGHT(lane, member) ((lane) * GROUP + (member))

/* The instruction repeats them itself. */
static inline inputs vector_inputs(const element *from) {
	return vreinterpret_s8_s32(vector_four(from));
}

static inline lanes vector_dot(lanes sums, inputs by, weights with) {
	return vdotq_lane_s32(sums, with, by, 0);
}

#endif
