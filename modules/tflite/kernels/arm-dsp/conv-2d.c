/*
 * CONV_2D on int8: four places at a time, whose patches are widened once and multiplied with every filter (dot-pixels.h). A single place is one row times the
 * rows of the weights (dense.h).
 */
#include "../../schema.h"
#include "arm-dsp.h"
#include "dense.h"
#include "dot-pixels.h"
#include "filters.h"
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

typedef struct {
	int32_t y;
	int32_t x;
} place;

/* All channels at up to four places of one image; their outputs follow on each other. */
static void places_int8(const patches *from, const int8_t *image, const int8_t *weights, bool plain, uint32_t *patch, const place *places, uint32_t count, int8_t *outputs) {
	const conv_2d *conv = from->conv;
	const layer_finish *finish = &conv->common.finish;
	const uint32_t channels = conv->common.output_channels, together = conv->group_outputs;
	for (uint32_t channel = 0; channel < channels; channel += together, image += conv->common.tap, weights += (size_t)together * from->elements) {
		if (count == 1 && from->contiguous) {
			dense_int8(finish, patches_at(from, image, places[0].y, places[0].x), conv->common.input_offset, weights, from->elements, channel, together, 0, outputs + channel);
			continue;
		}
		for (uint32_t i = 0; i < count; i++) patches_fill(from, image, places[i].y, places[i].x, patch, i);
		filters_int8(conv, plain, patch, weights, (size_t)(channels - channel) * from->elements, channel, together, outputs + channel, count);
	}
	if (finish->range.low != INT8_MIN || finish->range.high != INT8_MAX) requantize_clamp(finish, outputs, (size_t)count * channels);
}

static void run(const conv_2d *conv) {
	const convolution *layer = &conv->common;
	patches from = patches_of(conv);
	uint32_t *patch = conv->scratch;
	from.bytes = (int8_t *)conv->scratch + dot_pixels_bytes(from.elements);
	const int8_t *image = layer->input, *weights = layer->weights;
	const bool plain = filters_are_plain(&layer->finish);
	int8_t *output = layer->output;
	if (layer->unpacked != NULL) {
		layer_unpack_int4(layer->weights, layer->output_channels * conv->filter, layer->unpacked);
		weights = layer->unpacked;
	}
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += (size_t)(layer->y.input * layer->x.input) * layer->input_channels) {
		place at[DOT_PIXELS] = { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } }, next = { 0, 0 };
		while (next.y < layer->y.output) {
			uint32_t count = 0;
			for (; count < DOT_PIXELS && next.y < layer->y.output; count++) {
				at[count] = next;
				if (++next.x < layer->x.output) continue;
				next.x = 0;
				next.y++;
			}
			places_int8(&from, image, weights, plain, patch, at, count, output);
			output += (size_t)count * layer->output_channels;
		}
	}
}

static const conv_2d_fast fast = { takes, constant_bytes, scratch_bytes, NULL, run };

static bool prepare(tflite_preparation *preparation) {
	return conv_2d_prepare(preparation, &fast);
}

const tflite_kernel arm_dsp_conv_2d = { BUILTIN_CONV_2D, 1, 8, OPTIONS_CONV_2D, "CONV_2D", prepare, conv_2d_invoke, NULL };
