#include "constant-channels.h"

#include "dsp.h"
#include "requantize.h"

/* A widened input is at most 255, a weight 128. */
enum { MOST_PRODUCT = 255 * 128 };

static bool all_zero(const int8_t *weights, uint32_t elements) {
	for (; elements >= 4; elements -= 4, weights += 4) {
		if (dsp_load(weights) != 0) return false;
	}
	for (; elements > 0; elements--) {
		if (*weights++ != 0) return false;
	}
	return true;
}

/* Sums below this one, and shifts below 31, are rounded without leaving 32 bits. */
static const uint32_t most_sum = 3u << 29;

/* What a sum becomes before the zero point is added. */
static inline int32_t scaled(int32_t sum, int32_t doubled_multiplier, int32_t shift) {
	const int32_t high = requantize_high(sum, doubled_multiplier);
	return (high + (high >> 31) + (1 << (shift - 1))) >> shift;
}

/*
 * Outputs never fall where sums rise, so what the least and the greatest sum make is what all make. `weights` are the channel's, or NULL.
 */
static bool is_constant(const layer_finish *finish, uint32_t channel, const int8_t *weights, uint32_t elements, int32_t *output) {
	const int32_t bias = (int32_t)requantize_bias(finish, channel), shift = -finish->shifts[channel], doubled = (int32_t)((uint32_t)finish->multipliers[channel] << 1);
	if (doubled != 0 && shift < 24) return false;
	const uint32_t distance = bias < 0 ? 0u - (uint32_t)bias : (uint32_t)bias;
	if (doubled != 0 && elements < 1 << 14 && shift < 31 && distance < most_sum - (MOST_PRODUCT << 14)) {
		const int32_t most = (int32_t)(elements * MOST_PRODUCT), highest = scaled(bias + most, doubled, shift);
		*output = fixed_clamp(highest + finish->offset, finish->range.low, finish->range.high);
		if (highest == scaled(bias - most, doubled, shift)) return true;
	}
	*output = layer_finish_int8(finish, 0, channel);
	return doubled == 0 || (weights != NULL && all_zero(weights, elements));
}

void constant_channels_mark(layer_finish *finish, const int8_t *weights, uint32_t elements) {
	int32_t *multipliers = finish->multipliers;
	int8_t *shifts = finish->shifts;
	for (uint32_t i = 0, count = finish->multiplier_count < 2 ? 0 : finish->multiplier_count; i < count; i++) {
		int32_t output;
		/* The others are looked at for nothing: their scales let something through. */
		if (requantize_is_plain(shifts[i])) continue;
		if (!is_constant(finish, i, weights == NULL ? NULL : weights + (size_t)i * elements, elements, &output)) continue;
		multipliers[i] = output;
		shifts[i] = CONSTANT_CHANNEL;
	}
}
