/* AVERAGE_POOL_2D: the mean of each window, of the part of it that lies on the image, rounded half away from zero. */
#include "kernels.h"
#include "pool.h"

static bool prepare(tflite_preparation *preparation) {
	return pool_prepare(preparation);
}

/* A window is never empty: see window_fit. A sum of 2^31 elements of int16 stays inside 64 bits. */
static int32_t mean_of(const pool *operation, int64_t sum, const pool_place *place) {
	const int64_t count = (int64_t)place->rows * place->columns;
	const int64_t mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
	return fixed_clamp((int32_t)mean, operation->range.low, operation->range.high);
}

static void place_int8(const pool *operation, const pool_place *place) {
	int8_t *output = (int8_t *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const int8_t *from = (const int8_t *)operation->input + place->input + channel;
		int64_t sum = 0;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) sum += from[column * (size_t)operation->channels];
		}
		output[channel] = (int8_t)mean_of(operation, sum, place);
	}
}

static void place_int16(const pool *operation, const pool_place *place) {
	int16_t *output = (int16_t *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const int16_t *from = (const int16_t *)operation->input + place->input + channel;
		int64_t sum = 0;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) sum += from[column * (size_t)operation->channels];
		}
		output[channel] = (int16_t)mean_of(operation, sum, place);
	}
}

static void place_float32(const pool *operation, const pool_place *place) {
	float *output = (float *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const float *from = (const float *)operation->input + place->input + channel;
		float sum = 0.0f;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) sum += from[column * (size_t)operation->channels];
		}
		output[channel] = activation_clamp_real(sum / ((float)place->rows * (float)place->columns), operation->range_real);
	}
}

static void invoke(const void *state) {
	const pool *operation = state;
	pool_run(operation, operation->type == TFLITE_INT8 ? place_int8 : operation->type == TFLITE_INT16 ? place_int16 : place_float32);
}

const tflite_kernel tflite_average_pool_2d = { BUILTIN_AVERAGE_POOL_2D, 1, 3, OPTIONS_POOL_2D, "AVERAGE_POOL_2D", prepare, invoke, NULL };
