#include "places.h"

#include "dsp.h"
#include "requantize.h"

/* Channels whose sums are finished together. */
enum { TOGETHER = 16 };

/* The part of the window that lies on the image, as rows of taps; in elements. */
typedef struct {
	const int8_t *image;
	const int8_t *weights;
	uint32_t rows;
	uint32_t taps;
	size_t input_step;
	size_t weights_step;
	size_t input_row;
	size_t weights_row;
} window_part;

static window_part part_at(const convolution *layer, const int8_t *image, const int8_t *weights, int32_t y, int32_t x) {
	const window_span rows = window_at(&layer->y, y), taps = window_at(&layer->x, x);
	const size_t width = (size_t)layer->x.input * layer->input_channels, filter = (size_t)layer->x.filter * layer->tap;
	const window_part part = { image + (size_t)rows.start * width + (size_t)taps.start * layer->input_channels, weights + (size_t)rows.from * filter + (size_t)taps.from * layer->tap,
		                       (uint32_t)(rows.to - rows.from), (uint32_t)(taps.to - taps.from), (size_t)layer->x.dilation * layer->input_channels, layer->tap,
		                       (size_t)layer->y.dilation * width, filter };
	if (part.taps != 1) return part;
	/* A column is one row. */
	const window_part column = { part.image, part.weights, 1, part.rows, part.input_row, part.weights_row, 0, 0 };
	return column;
}

/* The sums of four channels, whose inputs and weights are neighbours. */
static inline void sum_four(const window_part *part, size_t channel, uint32_t offsets, uint32_t sums[4]) {
	const int8_t *row = part->image + channel, *row_weights = part->weights + channel;
	uint32_t a = 0, b = 0, c = 0, d = 0;
	for (uint32_t i = 0; i < part->rows; i++, row += part->input_row, row_weights += part->weights_row) {
		const int8_t *from = row, *with = row_weights;
		for (uint32_t taps = part->taps; taps > 0; taps--, from += part->input_step, with += part->weights_step) {
			const uint32_t values = dsp_load(from), weights = dsp_load(with), even = dsp_add_even(offsets, values), odd = dsp_add_odd(offsets, values);
			a = dsp_multiply_low(even, dsp_even(weights), a);
			b = dsp_multiply_low(odd, dsp_odd(weights), b);
			c = dsp_multiply_high(even, dsp_even(weights), c);
			d = dsp_multiply_high(odd, dsp_odd(weights), d);
		}
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
}

static uint32_t sum_one(const window_part *part, size_t input, size_t output, int32_t offset) {
	uint32_t sum = 0;
	for (uint32_t row = 0; row < part->rows; row++) {
		const int8_t *from = part->image + row * part->input_row + input, *with = part->weights + row * part->weights_row + output;
		for (uint32_t taps = part->taps; taps > 0; taps--, from += part->input_step, with += part->weights_step) sum += (uint32_t)((*from + offset) * *with);
	}
	return sum;
}

/* The outputs of some channels at one place. */
static void run_place(const depthwise_conv_2d *operation, const window_part *part, uint32_t first, uint32_t end, int8_t *output) {
	const convolution *layer = &operation->common;
	for (uint32_t channel = first; channel < end; channel += TOGETHER) {
		const uint32_t together = end - channel < TOGETHER ? end - channel : TOGETHER;
		uint32_t sums[TOGETHER], i = 0;
		for (; operation->multiplier == 1 && i + 4 <= together; i += 4) sum_four(part, channel + i, dsp_pair(layer->input_offset), sums + i);
		for (; i < together; i++) sums[i] = sum_one(part, (channel + i) / operation->multiplier, channel + i, layer->input_offset);
		requantize_sums(&layer->finish, channel, 1, sums, together, output + channel, 1);
	}
}

void places_run(const depthwise_conv_2d *operation, const int8_t *weights, uint32_t first, uint32_t end) {
	const convolution *layer = &operation->common;
	const size_t image_bytes = (size_t)(layer->y.input * layer->x.input) * layer->input_channels;
	const int8_t *image = layer->input;
	int8_t *output = layer->output;
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += image_bytes) {
		for (int32_t y = 0; y < layer->y.output; y++) {
			for (int32_t x = 0; x < layer->x.output; x++, output += layer->output_channels) {
				const window_part part = part_at(layer, image, weights, y, x);
				run_place(operation, &part, first, end, output);
			}
		}
	}
}
