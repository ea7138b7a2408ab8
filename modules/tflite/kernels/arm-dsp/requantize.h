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
	int32_t doubled_multiplier;
	int32_t addend;
	int32_t shift;
} requantization;

static inline uint32_t requantize_load(const uint8_t *at) {
	uint32_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static inline uint32_t requantize_bias(const layer_finish *finish, uint32_t channel) {
	return finish->bias == NULL ? 0 : requantize_load(finish->bias + 4 * (size_t)channel);
}

static inline int32_t requantize_shift(const layer_finish *finish, uint32_t channel) {
	return finish->shifts[finish->multiplier_count > 1 ? channel : 0];
}

/* Whether requantize() computes what a multiplier with such a shift makes. */
static inline bool requantize_is_plain(int32_t shift) {
	return shift >= -23 && shift <= -1;
}

/* False if the channel's multiplier is not plain. */
static inline bool requantize_channel(const layer_finish *finish, uint32_t channel, requantization *by) {
	const uint32_t index = finish->multiplier_count > 1 ? channel : 0;
	const int32_t shift = -finish->shifts[index];
	by->doubled_multiplier = (int32_t)((uint32_t)finish->multipliers[index] << 1);
	by->addend = (int32_t)((uint32_t)(2 * finish->offset + 1) << ((uint32_t)(shift - 1) & 31));
	by->shift = shift;
	return requantize_is_plain(-shift);
}

/* fixed_high_multiply with the multiplier that `doubled` is twice of. */
static inline int32_t requantize_high(int32_t x, int32_t doubled) {
	int32_t result;
	__asm__("smmlar %0, %1, %2, %1" : "=r"(result) : "r"(x), "r"(doubled));
	return result;
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

/*
 * Outputs of sums without their biases: with step 0 of one channel, with step 1 of as many as there are sums. All multipliers, those of constant
 * channels included; the activation is left to requantize_activation.
 */
void requantize_sums(const layer_finish *finish, uint32_t channel, uint32_t channel_step, const uint32_t *sums, uint32_t count, int8_t *outputs, size_t output_step);

/* Applies an activation to outputs, if it is one that int8 does not stand for. */
void requantize_activation(const activation_range *range, int8_t *outputs, size_t count);

#endif
