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

/* What a layer's channels have in common. */
typedef struct {
	const uint8_t *bias;
	const int32_t *multipliers;
	const int8_t *shifts;
	/* all ones, or 0 where the channels share one multiplier */
	uint32_t index_mask;
	/* half a step more than the output's zero point */
	int32_t doubled_offset;
} requantizer;

static inline requantizer requantizer_of(const layer_finish *finish) {
	const requantizer result = { finish->bias, finish->multipliers, finish->shifts, finish->multiplier_count > 1 ? UINT32_MAX : 0, 2 * finish->offset + 1 };
	return result;
}

static inline uint32_t requantizer_bias(const requantizer *layer, uint32_t channel) {
	uint32_t bias = 0;
	if (layer->bias != NULL) memcpy(&bias, layer->bias + 4 * (size_t)channel, sizeof bias);
	return bias;
}

/* Whether requantize() computes what a multiplier with such a shift makes. */
static inline bool requantizer_is_plain(int32_t shift) {
	return shift >= -23 && shift <= -1;
}

/* False if the channel's shift is another: its outputs are then layer_finish_int8's, of sums without the bias. */
static inline bool requantizer_channel(const requantizer *layer, uint32_t channel, requantization *by) {
	const uint32_t index = channel & layer->index_mask;
	const int32_t shift = -layer->shifts[index];
	by->doubled_multiplier = (int32_t)((uint32_t)layer->multipliers[index] << 1);
	by->addend = (int32_t)((uint32_t)layer->doubled_offset << ((uint32_t)(shift - 1) & 31));
	by->shift = shift;
	return requantizer_is_plain(-shift);
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

/* Applies an activation to outputs that are requantized already, if it is one that int8 does not stand for. */
static inline void requantize_activation(const activation_range *range, int8_t *outputs, size_t count) {
	if (range->low == INT8_MIN && range->high == INT8_MAX) return;
	for (size_t i = 0; i < count; i++) outputs[i] = (int8_t)fixed_clamp(outputs[i], range->low, range->high);
}

#endif
