/*
 * CONV_2D on int8: four places at a time, whose patches are widened once and multiplied with every filter (dot-pixels.h). A single place is one row times the
 * rows of the weights (dense.h).
 */
#include "../../schema.h"
#include "arm-dsp.h"
#include "dense.h"
#include "dot-pixels.h"
#include "patches.h"
#include "requantize.h"

static bool takes(const conv_2d *conv) {
	return conv->common.type == TFLITE_INT8 && conv->common.finish.sum_type == TFLITE_INT32;
}

static uint32_t constant_bytes(const conv_2d *conv) {
	(void)conv;
	return 0;
}

static uint32_t scratch_bytes(const conv_2d *conv) {
	const patches from = patches_of(conv);
	const convolution *layer = &conv->common;
	/* A single contiguous place needs no patch. */
	if (from.contiguous && layer->batches == 1 && layer->y.output == 1 && layer->x.output == 1) return 0;
	return dot_pixels_bytes(from.elements) + patches_gathered_bytes(&from);
}

/* The outputs of one filter at up to four places. */
static inline void filter_int8(const layer_finish *finish, bool whole, const uint32_t *patch, const int8_t *filter, uint32_t elements, uint32_t channel, int8_t *const outputs[DOT_PIXELS], uint32_t places) {
	requantization by;
	const bool fast = requantize_channel(finish, channel, &by);
	uint32_t sums[DOT_PIXELS] = { by.bias, by.bias, by.bias, by.bias };
	dot_pixels(patch, filter, elements, sums);
	for (uint32_t i = 0; i < places; i++) {
		if (!fast) outputs[i][channel] = layer_finish_int8(finish, sums[i], channel);
		else if (whole) outputs[i][channel] = (int8_t)requantize(sums[i], &by);
		else outputs[i][channel] = (int8_t)fixed_clamp(requantize(sums[i], &by), finish->range.low, finish->range.high);
	}
}

typedef struct {
	int32_t y;
	int32_t x;
} place;

/* All channels at up to four places of one image. */
static void places_int8(const patches *from, const int8_t *image, const int8_t *weights, uint32_t *patch, const place *places, uint32_t count, int8_t *const outputs[DOT_PIXELS]) {
	const conv_2d *conv = from->conv;
	const layer_finish *finish = &conv->common.finish;
	const bool whole = requantize_is_whole(finish);
	for (uint32_t channel = 0; channel < conv->common.output_channels; image += conv->common.tap) {
		const uint32_t end = channel + conv->group_outputs;
		if (count == 1 && from->contiguous) {
			dense_int8(finish, patches_at(from, image, places[0].y, places[0].x), conv->common.input_offset, weights, from->elements, channel, conv->group_outputs, 0, outputs[0] + channel);
			weights += (size_t)conv->group_outputs * from->elements;
			channel = end;
			continue;
		}
		for (uint32_t i = 0; i < count; i++) patches_fill(from, image, places[i].y, places[i].x, patch, i);
		for (; channel < end; channel++, weights += from->elements) {
			if (count == DOT_PIXELS) filter_int8(finish, whole, patch, weights, from->elements, channel, outputs, DOT_PIXELS);
			else filter_int8(finish, whole, patch, weights, from->elements, channel, outputs, count);
		}
	}
}

static void run(const conv_2d *conv) {
	const convolution *layer = &conv->common;
	patches from = patches_of(conv);
	uint32_t *patch = conv->scratch;
	from.bytes = (int8_t *)conv->scratch + dot_pixels_bytes(from.elements);
	const int8_t *image = layer->input, *weights = layer->weights;
	int8_t *output = layer->output;
	if (layer->unpacked != NULL) {
		layer_unpack_int4(layer->weights, layer->output_channels * conv->filter, layer->unpacked);
		weights = layer->unpacked;
	}
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += (size_t)(layer->y.input * layer->x.input) * layer->input_channels) {
		place at[DOT_PIXELS] = { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } }, next = { 0, 0 };
		while (next.y < layer->y.output) {
			int8_t *outputs[DOT_PIXELS] = { output, output, output, output };
			uint32_t count = 0;
			for (; count < DOT_PIXELS && next.y < layer->y.output; count++, output += layer->output_channels) {
				at[count] = next;
				outputs[count] = output;
				if (++next.x < layer->x.output) continue;
				next.x = 0;
				next.y++;
			}
			places_int8(&from, image, weights, patch, at, count, outputs);
		}
	}
}

static const conv_2d_fast fast = { takes, constant_bytes, scratch_bytes, NULL, run };

static bool prepare(tflite_preparation *preparation) {
	return conv_2d_prepare(preparation, &fast);
}

const tflite_kernel arm_dsp_conv_2d = { BUILTIN_CONV_2D, 1, 8, OPTIONS_CONV_2D, "CONV_2D", prepare, conv_2d_invoke, NULL };
