/* MAX_POOL_2D: the greatest element of each window. */
#include "kernels.h"
#include "pool.h"

#include <float.h>

static bool prepare(tflite_preparation *preparation) {
	return pool_prepare(preparation);
}

static void place_int8(const pool *operation, const pool_place *place) {
	int8_t *output = (int8_t *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const int8_t *from = (const int8_t *)operation->input + place->input + channel;
		int8_t most = INT8_MIN;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) {
				const int8_t value = from[column * (size_t)operation->channels];
				if (value > most) most = value;
			}
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

static void invoke(const void *state) {
	const pool *operation = state;
	pool_run(operation, operation->type == TFLITE_INT8 ? place_int8 : operation->type == TFLITE_INT16 ? place_int16 : place_float32);
}

const tflite_kernel tflite_max_pool_2d = { BUILTIN_MAX_POOL_2D, 1, 3, OPTIONS_POOL_2D, "MAX_POOL_2D", prepare, invoke, NULL };
