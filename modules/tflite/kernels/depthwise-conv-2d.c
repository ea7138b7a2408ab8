/* DEPTHWISE_CONV_2D: each input channel makes `multiplier` output channels of its own; weights [1][y][x][output channel]. */
#include "depthwise-conv-2d.h"
#include "kernels.h"

bool depthwise_conv_2d_prepare(tflite_preparation *preparation, const depthwise_conv_2d_fast *fast) {
	fb_reader *reader = preparation->reader;
	const fb_table *table = &preparation->options;
	layer_operands operands;
	/* An int32 bias with int16 input is not for this operator: the reference reads past its end. */
	if (!layer_load(preparation, false, &operands)) return false;
	convolution_options options;
	options.padding = fb_u8(reader, table, DEPTHWISE_CONV_2D_PADDING, PADDING_SAME);
	options.activation = fb_u8(reader, table, DEPTHWISE_CONV_2D_ACTIVATION, ACTIVATION_NONE);
	options.bias_type = TFLITE_INT64;
	options.stride_y = fb_i32(reader, table, DEPTHWISE_CONV_2D_STRIDE_H, 0);
	options.stride_x = fb_i32(reader, table, DEPTHWISE_CONV_2D_STRIDE_W, 0);
	options.dilation_y = fb_i32(reader, table, DEPTHWISE_CONV_2D_DILATION_H, 1);
	options.dilation_x = fb_i32(reader, table, DEPTHWISE_CONV_2D_DILATION_W, 1);
	int32_t multiplier = fb_i32(reader, table, DEPTHWISE_CONV_2D_MULTIPLIER, 0);
	depthwise_conv_2d layer;
	memset(&layer, 0, sizeof layer);
	if (!convolution_check(preparation, &operands, &options, 3, &layer.common)) return false;
	if (operands.weights.shape[0] != 1) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &operands.weights, "weights whose first dimension is 1", operands.weights.shape[0]);
	}
	if (multiplier < 1 || (uint64_t)layer.common.input_channels * (uint32_t)multiplier != layer.common.output_channels) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "a depth multiplier that makes input channels into output channels", multiplier);
	}
	layer.multiplier = (uint32_t)multiplier;
	if (fast != NULL && fast->takes(&layer)) layer.fast = fast;
	const uint32_t front = layer_front_bytes((uint32_t)sizeof(depthwise_conv_2d), &layer.common.finish);
	const uint32_t constants = layer.fast == NULL ? 0 : layer.fast->constant_bytes(&layer);
	const uint32_t unpacked = layer_round_up(layer_scratch_bytes(&operands));
	const uint32_t scratch = layer.fast == NULL ? 0 : layer.fast->scratch_bytes(&layer);
	uint64_t work = (uint64_t)operands.output.count * (operands.weights.count / layer.common.output_channels);
	depthwise_conv_2d *state = tflite_state(preparation, front + constants, unpacked + scratch, work);
	if (state == NULL) return true;
	*state = layer;
	convolution_start(preparation, &operands, state + 1, &state->common);
	state->constants = (uint8_t *)state + front;
	state->scratch = preparation->scratch + unpacked;
	if (state->fast != NULL && state->fast->start != NULL) state->fast->start(state);
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	return depthwise_conv_2d_prepare(preparation, NULL);
}

/*
 * Sums of four neighbouring output channels. `apart` says how far apart their input channels are: 1 when each has its own,
 * 0 when all four share one.
 */
static inline void sum_4(const convolution *layer, const int8_t *image, const int8_t *weights, const convolution_patch *patch, size_t apart, uint32_t sums[4]) {
	const int32_t offset = layer->input_offset;
	uint32_t a = 0, b = 0, c = 0, d = 0;
	for (uint32_t row = 0; row < patch->rows; row++) {
		const int8_t *from = image + row * patch->input_row;
		const int8_t *with = weights + row * patch->weights_row;
		for (uint32_t tap = 0; tap < patch->taps; tap++, from += patch->input_tap, with += layer->tap) {
			a += (uint32_t)((from[0] + offset) * with[0]);
			b += (uint32_t)((from[apart] + offset) * with[1]);
			c += (uint32_t)((from[2 * apart] + offset) * with[2]);
			d += (uint32_t)((from[3 * apart] + offset) * with[3]);
		}
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
}

static uint32_t sum_1(const convolution *layer, const int8_t *image, const int8_t *weights, const convolution_patch *patch) {
	uint32_t sum = 0;
	for (uint32_t row = 0; row < patch->rows; row++) {
		const int8_t *from = image + row * patch->input_row;
		const int8_t *with = weights + row * patch->weights_row;
		for (uint32_t tap = 0; tap < patch->taps; tap++, from += patch->input_tap, with += layer->tap) {
			sum += (uint32_t)((*from + layer->input_offset) * *with);
		}
	}
	return sum;
}

static void place_int8(const convolution *layer, const void *image, const void *weights, const convolution_patch *patch, void *result) {
	const uint32_t multiplier = ((const depthwise_conv_2d *)layer)->multiplier;
	/* With one output channel each, all channels are one stretch; else an input channel's are. */
	const size_t apart = multiplier == 1 ? 1 : 0;
	const uint32_t stretch = multiplier == 1 ? layer->output_channels : multiplier;
	const int8_t *from = (const int8_t *)image + patch->input;
	const int8_t *with = (const int8_t *)weights + patch->weights;
	int8_t *output = result;
	for (uint32_t first = 0; first < layer->output_channels; first += stretch, from++) {
		uint32_t i = 0;
		for (; i + 4 <= stretch; i += 4) {
			uint32_t sums[4];
			sum_4(layer, from + i * apart, with + first + i, patch, apart, sums);
			for (uint32_t k = 0; k < 4; k++) output[first + i + k] = layer_finish_int8(&layer->finish, sums[k], first + i + k);
		}
		for (; i < stretch; i++) output[first + i] = layer_finish_int8(&layer->finish, sum_1(layer, from + i * apart, with + first + i, patch), first + i);
	}
}

static void place_int16(const convolution *layer, const void *image, const void *weights, const convolution_patch *patch, void *result) {
	const uint32_t multiplier = ((const depthwise_conv_2d *)layer)->multiplier;
	for (uint32_t channel = 0; channel < layer->output_channels; channel++) {
		const int16_t *from = (const int16_t *)image + patch->input + channel / multiplier;
		const int8_t *with = (const int8_t *)weights + patch->weights + channel;
		int64_t sum = 0;
		for (uint32_t row = 0; row < patch->rows; row++, from += patch->input_row, with += patch->weights_row) {
			for (uint32_t tap = 0; tap < patch->taps; tap++) sum += from[tap * patch->input_tap] * with[tap * layer->tap];
		}
		((int16_t *)result)[channel] = layer_finish_int16(&layer->finish, sum, channel);
	}
}

static void place_float32(const convolution *layer, const void *image, const void *weights, const convolution_patch *patch, void *result) {
	const uint32_t multiplier = ((const depthwise_conv_2d *)layer)->multiplier;
	for (uint32_t channel = 0; channel < layer->output_channels; channel++) {
		const float *from = (const float *)image + patch->input + channel / multiplier;
		const float *with = (const float *)weights + patch->weights + channel;
		float sum = 0.0f;
		for (uint32_t row = 0; row < patch->rows; row++, from += patch->input_row, with += patch->weights_row) {
			for (uint32_t tap = 0; tap < patch->taps; tap++) sum += from[tap * patch->input_tap] * with[tap * layer->tap];
		}
		((float *)result)[channel] = layer_finish_float32(&layer->finish, sum, channel);
	}
}

void depthwise_conv_2d_run(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	if (tflite_has(TFLITE_INT4) && layer->unpacked != NULL) layer_unpack_int4(layer->weights, (uint32_t)(layer->y.filter * layer->x.filter) * layer->tap, layer->unpacked);
	if (tflite_has(TFLITE_FLOAT32) && layer->type == TFLITE_FLOAT32) convolution_run(layer, place_float32);
	else if (tflite_has(TFLITE_INT16) && layer->type == TFLITE_INT16) convolution_run(layer, place_int16);
	else convolution_run(layer, place_int8);
}

void depthwise_conv_2d_invoke(const void *state) {
	const depthwise_conv_2d *layer = state;
	if (layer->fast != NULL) layer->fast->run(layer);
	else depthwise_conv_2d_run(layer);
}

/* As in conv-2d.c: an image of 2 x 3, filters of 2 x 2, padding SAME, 5 channels so that both inner loops run. */
bool depthwise_conv_2d_self_check(const depthwise_conv_2d_fast *fast, void *memory, uint32_t memory_bytes) {
	static const int8_t input[30] = { -1, -36, -4, -87, 25, 125, 47, 101, 19, -91, -68, 86, -44, 47, -51,
		                              122, 87, -108, -89, 32, 46, 51, 126, 105, -93, -81, 10, 114, -95, -97 };
	static const int8_t weights[20] = { 60, 52, -48, 38, 20, 127, 47, 83, -13, -55, 56, -29, 100, 44, -39, -122, 113, -9, -37, -84 };
	static const int32_t bias[5] = { 351, -661, 111, -780, -454 };
	static const int8_t expected[30] = { 102, 2, -18, -63, 31, 67, 10, 4, 26, 34, -56, 2, 39, -22, -1,
		                                 80, 11, 46, -34, 10, -47, 0, 4, 12, 2, -35, -9, -28, -28, -18 };
	int32_t multipliers[5] = { 1690997196, 1605490625, 1913299918, 1246788851, 2038364417 };
	int8_t shifts[5] = { -7, -8, -8, -7, -8 };
	int8_t output[30];
	depthwise_conv_2d operation;
	memset(output, 0, sizeof output);
	memset(&operation, 0, sizeof operation);
	operation.multiplier = 1;
	convolution_for_check(&operation.common);
	operation.common.input = input;
	operation.common.weights = weights;
	operation.common.output = output;
	operation.common.input_channels = 5;
	operation.common.tap = 5;
	operation.common.finish.bias = (const uint8_t *)bias;
	operation.common.finish.multipliers = multipliers;
	operation.common.finish.shifts = shifts;
	if (fast != NULL && fast->takes(&operation)) {
		const uint32_t scratch = layer_round_up(fast->scratch_bytes(&operation));
		if (scratch + fast->constant_bytes(&operation) > memory_bytes) return false;
		operation.fast = fast;
		operation.scratch = memory;
		operation.constants = (uint8_t *)memory + scratch;
		if (fast->start != NULL) fast->start(&operation);
	}
	depthwise_conv_2d_invoke(&operation);
	return memcmp(output, expected, sizeof expected) == 0;
}

static bool self_check(void) {
	return depthwise_conv_2d_self_check(NULL, NULL, 0);
}

const tflite_kernel tflite_depthwise_conv_2d = DEPTHWISE_CONV_2D_KERNEL(prepare, self_check);
