#include "one-place.h"

#include "dsp.h"
#include "requantize.h"

/* The part of the window that lies on the image, as runs of taps. */
typedef struct {
	uint32_t rows;
	uint32_t taps;
	size_t input_step;
	size_t weights_step;
	/* from one row to the next */
	size_t input_row;
	size_t weights_row;
} window_runs;

/* One tap of four channels. */
static inline void add_tap(uint32_t values, uint32_t with, uint32_t offsets, uint32_t sums[4]) {
	const uint32_t even = dsp_add_even(offsets, values), odd = dsp_add_odd(offsets, values), even_weights = dsp_even(with), odd_weights = dsp_odd(with);
	sums[0] = dsp_multiply_low(even, even_weights, sums[0]);
	sums[1] = dsp_multiply_low(odd, odd_weights, sums[1]);
	sums[2] = dsp_multiply_high(even, even_weights, sums[2]);
	sums[3] = dsp_multiply_high(odd, odd_weights, sums[3]);
}

static inline void sum_channels(const window_runs *runs, const int8_t *image, const int8_t *weights, uint32_t offsets, uint32_t sums[4]) {
	const size_t input_step = runs->input_step, weights_step = runs->weights_step;
	for (uint32_t row = 0; row < runs->rows; row++, image += runs->input_row, weights += runs->weights_row) {
		const int8_t *from = image, *with = weights;
		for (uint32_t i = runs->taps; i > 0; i--, from += input_step, with += weights_step) add_tap(dsp_load(from), dsp_load(with), offsets, sums);
	}
}

/* The same for one channel. */
static uint32_t sum_channel(const window_runs *runs, const int8_t *image, const int8_t *weights, int32_t offset) {
	uint32_t sum = 0;
	for (uint32_t row = 0; row < runs->rows; row++, image += runs->input_row, weights += runs->weights_row) {
		for (uint32_t i = 0; i < runs->taps; i++) sum += (uint32_t)((image[i * runs->input_step] + offset) * weights[i * runs->weights_step]);
	}
	return sum;
}

/* Channels whose sums are finished together. */
enum { TOGETHER = 16 };

void one_place_run(const convolution *layer, const int8_t *weights) {
	const window_span rows = window_at(&layer->y, 0), taps = window_at(&layer->x, 0);
	const uint32_t channels = layer->output_channels;
	const size_t width = (size_t)layer->x.input * channels, image_bytes = (size_t)layer->y.input * width;
	window_runs runs = { (uint32_t)(rows.to - rows.from), (uint32_t)(taps.to - taps.from), (size_t)layer->x.dilation * channels, channels, (size_t)layer->y.dilation * width,
		                 (size_t)layer->x.filter * channels };
	const int8_t *image = (const int8_t *)layer->input + (size_t)rows.start * width + (size_t)taps.start * channels;
	weights += (size_t)(rows.from * layer->x.filter + taps.from) * channels;
	if (runs.taps == 1) {
		/* A column is one run. */
		const window_runs column = { 1, runs.rows, runs.input_row, runs.weights_row, 0, 0 };
		runs = column;
	}
	int8_t *output = layer->output;
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += image_bytes, output += channels) {
		uint32_t channel = 0;
		uint32_t sums[TOGETHER];
		for (; channel < channels; channel += TOGETHER) {
			const uint32_t together = channels - channel < TOGETHER ? channels - channel : TOGETHER;
			uint32_t i = 0;
			memset(sums, 0, sizeof sums);
			for (; i + 4 <= together; i += 4) sum_channels(&runs, image + channel + i, weights + channel + i, dsp_pair(layer->input_offset), sums + i);
			for (; i < together; i++) sums[i] = sum_channel(&runs, image + channel + i, weights + channel + i, layer->input_offset);
			requantize_sums(&layer->finish, channel, 1, sums, together, output + channel, 1);
		}
	}
}
