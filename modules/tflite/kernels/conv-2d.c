/* CONV_2D: each output channel has a filter over a group of input channels; weights [output channel][y][x][channel]. */
#include "conv-2d.h"
#include "dot-product.h"
#include "kernels.h"

bool conv_2d_prepare(tflite_preparation *preparation, const conv_2d_fast *fast) {
	fb_reader *reader = preparation->reader;
	const fb_table *table = &preparation->options;
	layer_operands operands;
	if (!layer_load(preparation, true, &operands)) return false;
	convolution_options options;
	options.padding = fb_u8(reader, table, CONV_2D_PADDING, PADDING_SAME);
	options.activation = fb_u8(reader, table, CONV_2D_ACTIVATION, ACTIVATION_NONE);
	options.bias_type = fb_u8(reader, table, CONV_2D_BIAS_TYPE, TFLITE_FLOAT32);
	options.stride_y = fb_i32(reader, table, CONV_2D_STRIDE_H, 0);
	options.stride_x = fb_i32(reader, table, CONV_2D_STRIDE_W, 0);
	options.dilation_y = fb_i32(reader, table, CONV_2D_DILATION_H, 1);
	options.dilation_x = fb_i32(reader, table, CONV_2D_DILATION_W, 1);
	conv_2d layer;
	memset(&layer, 0, sizeof layer);
	if (!convolution_check(preparation, &operands, &options, 0, &layer.common)) return false;
	const uint32_t inputs = layer.common.input_channels, group_inputs = layer.common.tap, outputs = layer.common.output_channels;
	if (inputs % group_inputs != 0 || outputs % (inputs / group_inputs) != 0) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &operands.weights, "filters that divide the channels into equal groups", group_inputs);
	}
	layer.group_outputs = outputs / (inputs / group_inputs);
	layer.filter = operands.weights.count / outputs;
	if (fast != NULL && fast->takes(&layer)) layer.fast = fast;
	const uint32_t front = layer_front_bytes((uint32_t)sizeof(conv_2d), &layer.common.finish);
	const uint32_t constants = layer.fast == NULL ? 0 : layer.fast->constant_bytes(&layer);
	const uint32_t unpacked = layer_round_up(layer_scratch_bytes(&operands));
	const uint32_t scratch = layer.fast == NULL ? 0 : layer.fast->scratch_bytes(&layer);
	conv_2d *state = tflite_state(preparation, front + constants, unpacked + scratch, (uint64_t)operands.output.count * layer.filter);
	if (state == NULL) return true;
	*state = layer;
	convolution_start(preparation, &operands, state + 1, &state->common);
	state->constants = (uint8_t *)state + front;
	state->scratch = preparation->scratch + unpacked;
	if (state->fast != NULL && state->fast->start != NULL) state->fast->start(state);
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	return conv_2d_prepare(preparation, NULL);
}

/*
 * The rows of a patch as runs of elements that lie next to each other in the image and in the filter: one run where a tap's
 * channels follow on the last one's, else one for each tap.
 */
typedef struct {
	uint32_t count;
	uint32_t length;
} runs;

static inline runs runs_of(const convolution *layer, const convolution_patch *patch) {
	bool joined = layer->x.dilation == 1 && layer->tap == layer->input_channels;
	const runs result = { joined ? 1 : patch->taps, joined ? patch->taps * layer->tap : layer->tap };
	return result;
}

static void place_int8(const convolution *layer, const void *image, const void *weights, const convolution_patch *patch, void *result) {
	const conv_2d *conv = (const conv_2d *)layer;
	const runs run = runs_of(layer, patch);
	int8_t *output = result;
	const int8_t *group_image = (const int8_t *)image + patch->input;
	for (uint32_t channel = 0; channel < layer->output_channels; group_image += layer->tap) {
		const uint32_t end = channel + conv->group_outputs;
		while (channel < end) {
			const uint32_t together = end - channel >= 4 ? 4 : 1;
			const int8_t *filter = (const int8_t *)weights + (size_t)channel * conv->filter + patch->weights;
			uint32_t sums[4] = { 0, 0, 0, 0 };
			for (uint32_t row = 0; row < patch->rows; row++) {
				const int8_t *from = group_image + row * patch->input_row;
				const int8_t *with = filter + row * patch->weights_row;
				for (uint32_t i = 0; i < run.count; i++, from += patch->input_tap, with += layer->tap) {
					if (together == 4) dot_product_4_long(from, layer->input_offset, with, conv->filter, run.length, sums);
					else sums[0] += dot_product(from, layer->input_offset, with, run.length);
				}
			}
			for (uint32_t i = 0; i < together; i++, channel++) output[channel] = layer_finish_int8(&layer->finish, sums[i], channel);
		}
	}
}

static void place_int16(const convolution *layer, const void *image, const void *weights, const convolution_patch *patch, void *result) {
	const conv_2d *conv = (const conv_2d *)layer;
	const runs run = runs_of(layer, patch);
	for (uint32_t channel = 0; channel < layer->output_channels; channel++) {
		const int16_t *group_image = (const int16_t *)image + patch->input + (size_t)(channel / conv->group_outputs) * layer->tap;
		const int8_t *filter = (const int8_t *)weights + (size_t)channel * conv->filter + patch->weights;
		int64_t sum = 0;
		for (uint32_t row = 0; row < patch->rows; row++) {
			const int16_t *from = group_image + row * patch->input_row;
			const int8_t *with = filter + row * patch->weights_row;
			for (uint32_t i = 0; i < run.count; i++, from += patch->input_tap, with += layer->tap) {
				for (uint32_t k = 0; k < run.length; k++) sum += from[k] * with[k];
			}
		}
		((int16_t *)result)[channel] = layer_finish_int16(&layer->finish, sum, channel);
	}
}

static void place_float32(const convolution *layer, const void *image, const void *weights, const convolution_patch *patch, void *result) {
	const conv_2d *conv = (const conv_2d *)layer;
	const runs run = runs_of(layer, patch);
	for (uint32_t channel = 0; channel < layer->output_channels; channel++) {
		const float *group_image = (const float *)image + patch->input + (size_t)(channel / conv->group_outputs) * layer->tap;
		const float *filter = (const float *)weights + (size_t)channel * conv->filter + patch->weights;
		float sum = 0.0f;
		for (uint32_t row = 0; row < patch->rows; row++) {
			const float *from = group_image + row * patch->input_row;
			const float *with = filter + row * patch->weights_row;
			for (uint32_t i = 0; i < run.count; i++, from += patch->input_tap, with += layer->tap) {
				for (uint32_t k = 0; k < run.length; k++) sum += from[k] * with[k];
			}
		}
		((float *)result)[channel] = layer_finish_float32(&layer->finish, sum, channel);
	}
}

void conv_2d_run(const conv_2d *conv) {
	const convolution *layer = &conv->common;
	if (tflite_has(TFLITE_INT4) && layer->unpacked != NULL) layer_unpack_int4(layer->weights, layer->output_channels * conv->filter, layer->unpacked);
	if (tflite_has(TFLITE_FLOAT32) && layer->type == TFLITE_FLOAT32) convolution_run(layer, place_float32);
	else if (tflite_has(TFLITE_INT16) && layer->type == TFLITE_INT16) convolution_run(layer, place_int16);
	else convolution_run(layer, place_int8);
}

void conv_2d_invoke(const void *state) {
	const conv_2d *layer = state;
	if (layer->fast != NULL) layer->fast->run(layer);
	else conv_2d_run(layer);
}

/*
 * An image of 2 x 3 with 2 channels, 5 filters of 2 x 2 (so that both inner loops run), padding SAME (so that filters hang over
 * the edge), multipliers per channel. The expected values come from exact integers in another language.
 */
bool conv_2d_self_check(const conv_2d_fast *fast, void *memory, uint32_t memory_bytes) {
	static const int8_t input[12] = { 37, -51, 74, -104, -91, -80, 59, -99, -19, -109, -84, 94 };
	static const int8_t weights[40] = { -20, -110, -66, -104, 14, -19, -112, 84, 17, -96, 115, -70, 34, 33, 22, 115, -112, 20, 22, -26,
		                                -115, 122, -71, -116, 15, 92, -93, -53, -20, -91, 11, -97, 19, -49, 16, 81, 47, -81, -101, 21 };
	static const int32_t bias[5] = { 269, 408, -516, -138, -701 };
	static const int8_t expected[30] = { 13, 14, -37, 34, 9, 127, 25, -111, 3, 45, 23, 10, 95, -68, -44,
		                                 84, 36, -35, -13, -21, 21, -25, -28, -38, 28, -49, -38, 28, 20, -33 };
	int32_t multipliers[5] = { 1208580123, 1516034799, 1991989311, 2073614216, 1850234028 };
	int8_t shifts[5] = { -7, -8, -8, -8, -8 };
	int8_t output[30];
	conv_2d conv;
	memset(output, 0, sizeof output);
	memset(&conv, 0, sizeof conv);
	conv.group_outputs = 5;
	conv.filter = 8;
	convolution_for_check(&conv.common);
	conv.common.input = input;
	conv.common.weights = weights;
	conv.common.output = output;
	conv.common.input_channels = 2;
	conv.common.tap = 2;
	conv.common.finish.bias = (const uint8_t *)bias;
	conv.common.finish.multipliers = multipliers;
	conv.common.finish.shifts = shifts;
	if (fast != NULL && fast->takes(&conv)) {
		const uint32_t scratch = layer_round_up(fast->scratch_bytes(&conv));
		if (scratch + fast->constant_bytes(&conv) > memory_bytes) return false;
		conv.fast = fast;
		conv.scratch = memory;
		conv.constants = (uint8_t *)memory + scratch;
		if (fast->start != NULL) fast->start(&conv);
	}
	conv_2d_invoke(&conv);
	return memcmp(output, expected, sizeof expected) == 0;
}

static bool self_check(void) {
	return conv_2d_self_check(NULL, NULL, 0);
}

const tflite_kernel tflite_conv_2d = CONV_2D_KERNEL(prepare, self_check);
