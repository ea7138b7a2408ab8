/* MAX_POOL_2D: the greatest element of each window. */
#include "kernels.h"
#include "pool.h"

#include <float.h>

static inline int8_t greater(int8_t a, int8_t b) {
	return a > b ? a : b;
}

/* Four channels at a time, which lie next to each other. */
static void place_int8(const pool *operation, const pool_place *place) {
	const size_t channels = operation->channels;
	const int8_t *input = (const int8_t *)operation->input + place->input;
	int8_t *output = (int8_t *)operation->output + place->output;
	size_t channel = 0;
	for (; channel + 4 <= channels; channel += 4) {
		const int8_t *from = input + channel;
		int8_t a = INT8_MIN, b = INT8_MIN, c = INT8_MIN, d = INT8_MIN;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			const int8_t *at = from;
			for (uint32_t column = 0; column < place->columns; column++, at += channels) {
				a = greater(a, at[0]);
				b = greater(b, at[1]);
				c = greater(c, at[2]);
				d = greater(d, at[3]);
			}
		}
		output[channel] = (int8_t)fixed_clamp(a, operation->range.low, operation->range.high);
		output[channel + 1] = (int8_t)fixed_clamp(b, operation->range.low, operation->range.high);
		output[channel + 2] = (int8_t)fixed_clamp(c, operation->range.low, operation->range.high);
		output[channel + 3] = (int8_t)fixed_clamp(d, operation->range.low, operation->range.high);
	}
	for (; channel < channels; channel++) {
		const int8_t *from = input + channel;
		int8_t most = INT8_MIN;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) most = greater(most, from[column * channels]);
		}
		output[channel] = (int8_t)fixed_clamp(most, operation->range.low, operation->range.high);
	}
}

static void place_int16(const pool *operation, const pool_place *place) {
	int16_t *output = (int16_t *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const int16_t *from = (const int16_t *)operation->input + place->input + channel;
		int16_t most = INT16_MIN;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) {
				const int16_t value = from[column * (size_t)operation->channels];
				if (value > most) most = value;
			}
		}
		output[channel] = (int16_t)fixed_clamp(most, operation->range.low, operation->range.high);
	}
}

static void place_float32(const pool *operation, const pool_place *place) {
	float *output = (float *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const float *from = (const float *)operation->input + place->input + channel;
		float most = -FLT_MAX;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) {
				const float value = from[column * (size_t)operation->channels];
				if (value > most) most = value;
			}
		}
		output[channel] = activation_clamp_real(most, operation->range_real);
	}
}

void max_pool_2d_invoke(const void *state) {
	const pool *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) pool_run(operation, place_float32);
	else if (tflite_has(TFLITE_INT16) && operation->type == TFLITE_INT16) pool_run(operation, place_int16);
	else pool_run(operation, place_int8);
}

const tflite_kernel tflite_max_pool_2d = MAX_POOL_2D_KERNEL(pool_prepare, max_pool_2d_invoke, NULL);
