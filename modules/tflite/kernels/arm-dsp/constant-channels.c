#include "constant-channels.h"

#include "requantize.h"

/* A widened input is at most 255, a weight 128. */
enum { MOST_PRODUCT = 255 * 128 };

static bool all_zero(const int8_t *weights, uint32_t elements) {
	for (uint32_t i = 0; i < elements; i++) {
		if (weights[i] != 0) return false;
	}
	return true;
}

/* Outputs never fall where sums rise, so what the least and the greatest sum make is what all make. */
static bool is_constant(const layer_finish *finish, uint32_t channel, const int8_t *weights, uint32_t elements) {
	int32_t bias = 0;
	if (finish->bias != NULL) memcpy(&bias, finish->bias + 4 * (size_t)channel, sizeof bias);
	const int64_t most = (int64_t)elements * MOST_PRODUCT;
	if (finish->multipliers[channel] == 0) return true;
	if (bias + most <= INT32_MAX && bias - most >= INT32_MIN &&
	    layer_finish_int8(finish, (uint32_t)most, channel) == layer_finish_int8(finish, 0u - (uint32_t)most, channel)) {
		return true;
	}
	return weights != NULL && all_zero(weights + (size_t)channel * elements, elements);
}

void constant_channels_mark(layer_finish *finish, const int8_t *weights, uint32_t elements) {
	if (finish->multiplier_count < 2) return;
	for (uint32_t i = 0; i < finish->multiplier_count; i++) {
		/* The others are looked at for nothing: their scales let something through. */
		if (requantize_is_plain(finish->shifts[i]) || finish->shifts[i] > 0) continue;
		if (!is_constant(finish, i, weights, elements)) continue;
		finish->multipliers[i] = layer_finish_int8(finish, 0, i);
		finish->shifts[i] = CONSTANT_CHANNEL;
	}
}
