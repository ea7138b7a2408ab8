/* AVERAGE_POOL_2D: the mean of each window, of the part of it that lies on the image, rounded half away from zero. */
#include "kernels.h"
#include "pool.h"

/* Four channels at a time, which lie next to each other. */
static void place_int8(const pool *operation, const pool_place *place) {
	const size_t channels = operation->channels;
	const int8_t *input = (const int8_t *)operation->input + place->input;
	int8_t *output = (int8_t *)operation->output + place->output;
	size_t channel = 0;
	for (; channel + 4 <= channels; channel += 4) {
		const int8_t *from = input + channel;
		int32_t a = 0, b = 0, c = 0, d = 0;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			const int8_t *at = from;
			for (uint32_t column = 0; column < place->columns; column++, at += channels) {
				a = fixed_add(a, at[0]);
				b = fixed_add(b, at[1]);
				c = fixed_add(c, at[2]);
				d = fixed_add(d, at[3]);
			}
		}
		output[channel] = (int8_t)pool_mean(operation, a, place);
		output[channel + 1] = (int8_t)pool_mean(operation, b, place);
		output[channel + 2] = (int8_t)pool_mean(operation, c, place);
		output[channel + 3] = (int8_t)pool_mean(operation, d, place);
	}
	for (; channel < channels; channel++) {
		const int8_t *from = input + channel;
		int32_t sum = 0;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) sum = fixed_add(sum, from[column * channels]);
		}
		output[channel] = (int8_t)pool_mean(operation, sum, place);
	}
}

static void place_int16(const pool *operation, const pool_place *place) {
	int16_t *output = (int16_t *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const int16_t *from = (const int16_t *)operation->input + place->input + channel;
		int32_t sum = 0;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) sum = fixed_add(sum, from[column * (size_t)operation->channels]);
		}
		output[channel] = (int16_t)pool_mean(operation, sum, place);
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

void average_pool_2d_invoke(const void *state) {
	const pool *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) pool_run(operation, place_float32);
	else if (tflite_has(TFLITE_INT16) && operation->type == TFLITE_INT16) pool_run(operation, place_int16);
	else pool_run(operation, place_int8);
}

const tflite_kernel tflite_average_pool_2d = AVERAGE_POOL_2D_KERNEL(pool_prepare, average_pool_2d_invoke, NULL);
