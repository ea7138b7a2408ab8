/*
 * From sums to int8 outputs in five instructions: what layer_finish_int8 computes, for the multipliers of nearly all layers (shifts from -23 to -1).
 *
 * - The first rounding, (sum * m + 2^30) >> 31, is the high word of sum * 2m + 2^31. As 2m does not fit a signed word, 2m - 2^32 is multiplied with and
 *   sum * 2^32 added, which is SMMLAR. It is exact for every sum.
 * - The second rounds half away from zero: one less is added to a negative number before the shift. The output's zero point is added before the shift too. The addition
 *   saturates, at numbers that are far out of int8 after a shift of at most 23.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_REQUANTIZE_H
#define ASSAY_TFLITE_ARM_DSP_REQUANTIZE_H

#include "../layer.h"

/* What the outputs of one channel need. */
typedef struct {
	uint32_t bias;
	int32_t doubled_multiplier;
	int32_t addend;
	int32_t shift;
} requantization;

/* False if the channel's shift is another: its outputs are then layer_finish_int8's, of sums without the bias. */
static inline bool requantize_channel(const layer_finish *finish, uint32_t channel, requantization *by) {
	const uint32_t index = finish->multiplier_count > 1 ? channel : 0;
	const int32_t shift = -finish->shifts[index];
	by->bias = 0;
	if ((uint32_t)(shift - 1) > 22) return false;
	if (finish->bias != NULL) memcpy(&by->bias, finish->bias + 4 * (size_t)channel, sizeof by->bias);
	by->doubled_multiplier = (int32_t)((uint32_t)finish->multipliers[index] << 1);
	by->addend = (int32_t)((uint32_t)finish->offset << shift) + (1 << (shift - 1));
	by->shift = shift;
	return true;
}

/* The output before the activation: from -128 to 127. */
static inline int32_t requantize(uint32_t sum, const requantization *by) {
	int32_t result;
	__asm__("smmlar %0, %1, %2, %1\n\t"
	        "add %0, %0, %0, asr #31\n\t"
	        "qadd %0, %0, %3\n\t"
	        "asr %0, %0, %4\n\t"
	        "ssat %0, #8, %0"
	        : "=&r"(result)
	        : "r"(sum), "r"(by->doubled_multiplier), "r"(by->addend), "r"(by->shift));
	return result;
}

/* Whether the activation lets all of int8 pass: then requantize's result is the output. */
static inline bool requantize_is_whole(const layer_finish *finish) {
	return finish->range.low == INT8_MIN && finish->range.high == INT8_MAX;
}

#endif
