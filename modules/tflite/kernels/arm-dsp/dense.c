#include "dense.h"

#include "constant-channels.h"
#include "dot-rows.h"
#include "requantize.h"

static inline void finish_one(const layer_finish *finish, const requantizer *layer, uint32_t sum, uint32_t channel, int8_t *output) {
	requantization by;
	if (requantizer_channel(layer, channel, &by)) *output = (int8_t)requantize(sum + requantizer_bias(layer, channel), &by);
	else if (constant_channel(finish, channel)) *output = (int8_t)finish->multipliers[channel];
	else *output = layer_finish_int8(finish, sum, channel);
}

void dense_int8(const layer_finish *finish, const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t first, uint32_t count, uint32_t start, int8_t *output) {
	const requantizer layer = requantizer_of(finish);
	uint32_t i = 0;
	for (; i + 4 <= count; i += 4, weights += 4 * (size_t)depth) {
		uint32_t sums[4] = { start, start, start, start };
		dot_rows(input, offset, weights, depth, depth, sums);
		for (uint32_t k = 0; k < 4; k++) finish_one(finish, &layer, sums[k], first + i + k, output + i + k);
	}
	for (; i < count; i++, weights += depth) finish_one(finish, &layer, start + dot_row(input, offset, weights, depth), first + i, output + i);
	requantize_activation(&finish->range, output, count);
}
