#include "requantize.h"

#include "constant-channels.h"

/* Any multiplier, of a sum without its bias. */
__attribute__((noinline)) static int8_t finish_otherwise(const layer_finish *finish, uint32_t sum, uint32_t channel) {
	return constant_channel(finish, channel) ? (int8_t)finish->multipliers[channel] : layer_finish_int8(finish, sum, channel);
}

void requantize_sums(const layer_finish *finish, uint32_t channel, uint32_t channel_step, const uint32_t *sums, uint32_t count, int8_t *outputs, size_t output_step) {
	const uint32_t first = finish->multiplier_count > 1 ? channel : 0, each = finish->multiplier_count > 1 ? channel_step : 0;
	const int32_t *multiplier = finish->multipliers + first;
	const int8_t *shift = finish->shifts + first;
	const uint8_t *bias = finish->bias;
	const uint32_t doubled_offset = (uint32_t)(2 * finish->offset + 1);
	for (const uint32_t *end = sums + count; sums < end; sums++) {
		const int32_t exponent = *shift;
		if (requantize_is_plain(exponent)) {
			const requantization by = { (int32_t)((uint32_t)*multiplier << 1), (int32_t)(doubled_offset << (-1 - exponent)), -exponent };
			*outputs = (int8_t)requantize(*sums + (bias == NULL ? 0 : requantize_load(bias + 4 * channel)), &by);
		} else {
			*outputs = finish_otherwise(finish, *sums, channel);
		}
		multiplier += each;
		shift += each;
		outputs += output_step;
		channel += channel_step;
	}
}

void requantize_activation(const activation_range *range, int8_t *outputs, size_t count) {
	if (range->low == INT8_MIN && range->high == INT8_MAX) return;
	for (size_t i = 0; i < count; i++) outputs[i] = (int8_t)fixed_clamp(outputs[i], range->low, range->high);
}
