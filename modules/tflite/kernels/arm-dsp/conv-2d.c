/*
 * CONV_2D on int8: four places at a time, whose patches are widened once and multiplied with every filter (dot-pixels.h). A single place is one row times the
 * rows of the weights (dense.h).
 */
#include "arm-dsp.h"
#include "constant-channels.h"
#include "dense.h"
#include "dot-pixels.h"
#include "filters.h"
#include "patches.h"
#include "requantize.h"

static bool takes(const conv_2d *conv) {
	return conv->common.type == TFLITE_INT8 && conv->common.finish.sum_type == TFLITE_INT32 && conv->filter < 1 << 24;
}

static uint32_t constant_bytes(const conv_2d *conv) {
	(void)conv;
	return 0;
}

/* Single places are read as they lie. */
static bool needs_no_patch(const patches *from) {
	return from->contiguous && from->layer->batches == 1 && from->layer->y.output == 1 && from->layer->x.output == 1;
}

static uint32_t scratch_bytes(const conv_2d *conv) {
	const patches from = patches_of(conv);
	if (needs_no_patch(&from)) return 0;
	return dot_pixels_bytes(from.elements) + patches_gathered_bytes(&from) + filters_copy_bytes(conv);
}

/* All channels at up to four places of one image; their outputs follow on each other. */
static void places_int8(const conv_2d *conv, const patches *from, const int8_t *image, const filters *weights, uint32_t *patch, const patches_place *places, uint32_t count, int8_t *outputs) {
	const convolution *layer = &conv->common;
	const uint32_t together = conv->group_outputs;
	for (uint32_t channel = 0; channel < layer->output_channels; channel += together, image += layer->tap) {
		if (count == 1 && from->contiguous) {
			dense_int8(&layer->finish, patches_at(from, image, places), layer->input_offset, weights->all + (size_t)channel * conv->filter, conv->filter, channel, together, 0, outputs + channel);
			continue;
		}
		for (uint32_t i = 0; i < count; i++) patches_fill(from, image, &places[i], patch, i);
		filters_int8(conv, weights, patch, channel, together, outputs + channel, count);
	}
	requantize_activation(&layer->finish.range, outputs, (size_t)count * layer->output_channels);
}

static void start(const conv_2d *conv) {
	const convolution *layer = &conv->common;
	layer_finish finish = layer->finish;
	if (layer->constant_weights) constant_channels_mark(&finish, layer->unpacked == NULL ? layer->weights : NULL, conv->filter);
}

static void run(const conv_2d *conv) {
	const convolution *layer = &conv->common;
	patches from = patches_of(conv);
	uint32_t *patch = conv->scratch;
	from.bytes = (int8_t *)conv->scratch + dot_pixels_bytes(from.elements);
	const int8_t *image = layer->input;
	int8_t *output = layer->output;
	if (layer->unpacked != NULL) layer_unpack_int4(layer->weights, layer->output_channels * conv->filter, layer->unpacked);
	int8_t *copy = needs_no_patch(&from) ? NULL : from.bytes + patches_gathered_bytes(&from);
	const filters weights = filters_of(conv, layer->unpacked != NULL ? layer->unpacked : layer->weights, copy);
	patches_begin(&from);
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += (size_t)(layer->y.input * layer->x.input) * layer->input_channels) {
		patches_place places[DOT_PIXELS];
		patches_walk walk = { 0, 0 };
		for (uint32_t count; (count = patches_next(layer, &walk, places)) > 0; output += (size_t)count * layer->output_channels) {
			places_int8(conv, &from, image, &weights, patch, places, count, output);
		}
	}
}

const conv_2d_fast arm_dsp_conv_2d_fast = { takes, constant_bytes, scratch_bytes, start, run };

static bool prepare(tflite_preparation *preparation) {
	if (!conv_2d_prepare(preparation, &arm_dsp_conv_2d_fast)) return false;
	const conv_2d *conv = preparation->state;
	return arm_dsp_has_portable() || conv == NULL || conv->fast != NULL || tflite_refuse(preparation, TFLITE_TOO_LARGE, NULL, "filters of less than 2^24 elements");
}

static void invoke(const void *state) {
	const conv_2d *conv = state;
	if (!arm_dsp_has_portable() || conv->fast != NULL) run(conv);
	else conv_2d_run(conv);
}

static bool self_check(void) {
	uint64_t memory[ARM_DSP_CHECK_BYTES / 8];
	return conv_2d_self_check(&arm_dsp_conv_2d_fast, memory, sizeof memory);
}

const tflite_kernel arm_dsp_conv_2d = CONV_2D_KERNEL_OF(prepare, invoke, self_check);
