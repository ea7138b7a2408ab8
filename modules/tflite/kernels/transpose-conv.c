/*
 * TRANSPOSE_CONV: each input element adds its filter, times its value, to a patch of the output; weights [output channel][y][x][channel].
 * Computed from the other side: an output element collects from those input elements whose patches it lies in, so that no sums
 * have to be kept. The order in which float32 products are added is the same.
 */
#include "dot-product.h"
#include "kernels.h"
#include "layer.h"

typedef struct {
	int32_t input;
	int32_t output;
	int32_t filter;
	int32_t stride;
	/* how far the first patch begins before the output */
	int32_t padding;
} patch_axis;

typedef struct {
	const void *input;
	const void *weights;
	void *output;
	patch_axis y;
	patch_axis x;
	uint32_t batches;
	uint32_t input_channels;
	uint32_t output_channels;
	/* elements of a filter */
	uint32_t filter;
	tflite_type type;
	int32_t input_offset;
	/* an int16 bias, which the reference takes with int16 input; NULL if it is of another type, and `finish` has it */
	const uint8_t *narrow_bias;
	layer_finish finish;
} transpose_conv;

/* Keeps every sum of a position, a padding and a filter inside 32 bits. */
static const int64_t most = 1 << 29;

static bool refuse(tflite_preparation *preparation, const char *expected, int64_t got) {
	return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, expected, got);
}

/*
 * The padding is that of a convolution from the output to the input. The sizes of both need not fit each other: what falls off the output is
 * lost, and where nothing falls there is the bias, as in the reference.
 */
static bool fit_axis(tflite_preparation *preparation, uint8_t scheme, patch_axis *axis) {
	if (axis->stride < 1 || axis->stride > most) return refuse(preparation, "strides from 1 to 2^29", axis->stride);
	if (axis->filter > most) return refuse(preparation, "filters of at most 2^29 elements", axis->filter);
	if (axis->input > most) return refuse(preparation, "images of at most 2^29 elements", axis->input);
	if (axis->output > most) return refuse(preparation, "outputs of at most 2^29 elements", axis->output);
	int64_t patches;
	if (scheme == PADDING_SAME) patches = ((int64_t)axis->output + axis->stride - 1) / axis->stride;
	else if (scheme != PADDING_VALID) return refuse(preparation, "padding 0 (SAME) or 1 (VALID)", scheme);
	else if (axis->output < axis->filter) return refuse(preparation, "an output that a filter fits on", axis->output);
	else patches = (axis->output - axis->filter) / axis->stride + 1;
	int64_t padding = (patches - 1) * axis->stride + axis->filter - axis->output;
	axis->padding = padding > 0 ? (int32_t)(padding / 2) : 0;
	return true;
}

static bool load(tflite_preparation *preparation, layer_operands *operands) {
	const tflite_operand *input = &operands->input, *weights = &operands->weights, *bias = &operands->bias;
	/* The first operand says how large the output is, which its tensor says too. */
	if (!tflite_expect_operands(preparation, 3, 4)) return false;
	if (!tflite_input_operand(preparation, 1, &operands->weights) || !tflite_input_operand(preparation, 2, &operands->input)) return false;
	if (!tflite_optional_operand(preparation, 3, &operands->bias) || !tflite_output_operand(preparation, 0, &operands->output)) return false;
	if ((input->type != TFLITE_INT8 && input->type != TFLITE_INT16 && input->type != TFLITE_FLOAT32) || !tflite_has(input->type)) {
		return tflite_refuse_type(preparation, input, "int8, int16 or float32 input");
	}
	if (operands->output.type != input->type) return tflite_refuse_type(preparation, &operands->output, "output of the input's type");
	if (input->type == TFLITE_FLOAT32 && weights->type != TFLITE_FLOAT32) return tflite_refuse_type(preparation, weights, "float32 weights with float32 input");
	if (input->type != TFLITE_FLOAT32 && weights->type != TFLITE_INT8) return tflite_refuse_type(preparation, weights, "int8 weights with int8 or int16 input");
	if (!tflite_is_there(bias)) return true;
	if (input->type == TFLITE_FLOAT32) return bias->type == TFLITE_FLOAT32 || tflite_refuse_type(preparation, bias, "a float32 bias with float32 input");
	if (input->type == TFLITE_INT8) return bias->type == TFLITE_INT32 || tflite_refuse_type(preparation, bias, "an int32 bias with int8 input");
	return bias->type == TFLITE_INT64 || bias->type == TFLITE_INT16 || tflite_refuse_type(preparation, bias, "an int64 or int16 bias with int16 input");
}

static bool check_shapes(tflite_preparation *preparation, const layer_operands *operands) {
	const tflite_operand *input = &operands->input, *weights = &operands->weights, *output = &operands->output;
	const tflite_code invalid = TFLITE_INVALID_OPERATOR;
	if (input->rank != 4) return tflite_refuse_number(preparation, invalid, input, "4 dimensions", input->rank);
	if (weights->rank != 4) return tflite_refuse_number(preparation, invalid, weights, "4 dimensions", weights->rank);
	if (output->rank != 4) return tflite_refuse_number(preparation, invalid, output, "4 dimensions", output->rank);
	if (output->shape[0] != input->shape[0]) return tflite_refuse_number(preparation, invalid, output, "as many batches as the input", output->shape[0]);
	if (weights->shape[3] != input->shape[3]) return tflite_refuse_number(preparation, invalid, weights, "as many channels as the input", weights->shape[3]);
	return output->shape[3] == weights->shape[0] || tflite_refuse_number(preparation, invalid, output, "as many channels as the weights", output->shape[3]);
}

/* The sums leave these zero points out, so they must be 0. */
static bool check_zero_points(tflite_preparation *preparation, const layer_operands *operands) {
	const tflite_operand *input = &operands->input, *weights = &operands->weights, *output = &operands->output;
	if (weights->zero_point != 0) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, weights, "weights with zero points 0", weights->zero_point);
	if (input->type != TFLITE_INT16) return true;
	if (input->zero_point != 0) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, input, "int16 input with zero point 0", input->zero_point);
	return output->zero_point == 0 || tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, output, "int16 output with zero point 0", output->zero_point);
}

static patch_axis axis_of(const layer_operands *operands, uint32_t dimension, int32_t stride) {
	const patch_axis axis = { (int32_t)operands->input.shape[dimension], (int32_t)operands->output.shape[dimension], (int32_t)operands->weights.shape[dimension], stride, 0 };
	return axis;
}

/* Input elements that reach an output element along an axis, at most. */
static uint64_t reaching(const patch_axis *axis) {
	const int32_t overlapping = (axis->filter - 1) / axis->stride + 1;
	return (uint64_t)(overlapping < axis->input ? overlapping : axis->input);
}

static bool prepare(tflite_preparation *preparation) {
	fb_reader *reader = preparation->reader;
	const fb_table *options = &preparation->options;
	layer_operands operands;
	transpose_conv layer;
	memset(&layer, 0, sizeof layer);
	if (!load(preparation, &operands) || !check_shapes(preparation, &operands) || !check_zero_points(preparation, &operands)) return false;
	const uint8_t padding = fb_u8(reader, options, TRANSPOSE_CONV_PADDING, PADDING_SAME);
	layer.y = axis_of(&operands, 1, fb_i32(reader, options, TRANSPOSE_CONV_STRIDE_H, 0));
	layer.x = axis_of(&operands, 2, fb_i32(reader, options, TRANSPOSE_CONV_STRIDE_W, 0));
	if (!fit_axis(preparation, padding, &layer.y) || !fit_axis(preparation, padding, &layer.x)) return false;
	layer.batches = operands.input.shape[0];
	layer.input_channels = operands.input.shape[3];
	layer.output_channels = operands.output.shape[3];
	layer.filter = operands.weights.count / layer.output_channels;
	layer.type = operands.input.type;
	layer.input_offset = -operands.input.zero_point;
	const tflite_operand bias = operands.bias;
	const bool narrow = tflite_is_there(&bias) && bias.type == TFLITE_INT16;
	if (narrow) {
		if (bias.count != layer.output_channels) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &bias, "a bias for each output channel", bias.count);
		operands.bias.index = UINT32_MAX;
	}
	/* What int16 is summed in does not depend on the options: always 64 bits. */
	const uint8_t activation = fb_u8(reader, options, TRANSPOSE_CONV_ACTIVATION, ACTIVATION_NONE);
	if (!layer_check(preparation, &operands, layer.output_channels, 0, activation, TFLITE_INT64, false, &layer.finish)) return false;
	const uint64_t products = reaching(&layer.y) * reaching(&layer.x) * layer.input_channels;
	transpose_conv *state = tflite_state(preparation, layer_front_bytes((uint32_t)sizeof(transpose_conv), &layer.finish), 0, (products + 8) * operands.output.count);
	if (state == NULL) return true;
	*state = layer;
	state->input = operands.input.data;
	state->weights = operands.weights.data;
	state->output = operands.output.data;
	state->narrow_bias = narrow ? bias.data : NULL;
	layer_start(preparation, &operands, false, state + 1, &state->finish);
	return true;
}

/* Input elements from `from` to before `to` reach an output element along an axis: the first by tap `tap` of its filter, each next by one `stride` before. */
typedef struct {
	int32_t from;
	int32_t to;
	int32_t tap;
} reach;

static reach reach_of(const patch_axis *axis, int32_t output) {
	const int32_t place = output + axis->padding;
	reach result;
	result.from = place < axis->filter ? 0 : (place - axis->filter) / axis->stride + 1;
	result.to = place / axis->stride + 1;
	if (result.to > axis->input) result.to = axis->input;
	result.tap = result.from < result.to ? place - result.from * axis->stride : 0;
	return result;
}

/* Elements of the input image and of a filter, at the first tap of a row. */
static inline size_t input_at(const transpose_conv *layer, int32_t y, int32_t x) {
	return ((size_t)y * (size_t)layer->x.input + (size_t)x) * layer->input_channels;
}

static inline size_t weights_at(const transpose_conv *layer, int32_t tap_y, int32_t tap_x) {
	return ((size_t)tap_y * (size_t)layer->x.filter + (size_t)tap_x) * layer->input_channels;
}

static void place_int8(const transpose_conv *layer, const void *image, const reach *rows, const reach *columns, void *result) {
	int8_t *output = result;
	uint32_t channel = 0;
	while (channel < layer->output_channels) {
		const uint32_t together = layer->output_channels - channel >= 4 ? 4 : 1;
		const int8_t *filter = (const int8_t *)layer->weights + (size_t)channel * layer->filter;
		uint32_t sums[4] = { 0, 0, 0, 0 };
		for (int32_t y = rows->from, tap_y = rows->tap; y < rows->to; y++, tap_y -= layer->y.stride) {
			for (int32_t x = columns->from, tap_x = columns->tap; x < columns->to; x++, tap_x -= layer->x.stride) {
				const int8_t *from = (const int8_t *)image + input_at(layer, y, x);
				const int8_t *with = filter + weights_at(layer, tap_y, tap_x);
				if (together == 4) dot_product_4(from, layer->input_offset, with, layer->filter, layer->input_channels, sums);
				else sums[0] += dot_product(from, layer->input_offset, with, layer->input_channels);
			}
		}
		for (uint32_t i = 0; i < together; i++, channel++) output[channel] = layer_finish_int8(&layer->finish, sums[i], channel);
	}
}

static void place_int16(const transpose_conv *layer, const void *image, const reach *rows, const reach *columns, void *result) {
	for (uint32_t channel = 0; channel < layer->output_channels; channel++) {
		const int8_t *filter = (const int8_t *)layer->weights + (size_t)channel * layer->filter;
		int16_t bias = 0;
		if (layer->narrow_bias != NULL) memcpy(&bias, layer->narrow_bias + 2 * (size_t)channel, sizeof bias);
		int64_t sum = bias;
		for (int32_t y = rows->from, tap_y = rows->tap; y < rows->to; y++, tap_y -= layer->y.stride) {
			for (int32_t x = columns->from, tap_x = columns->tap; x < columns->to; x++, tap_x -= layer->x.stride) {
				const int16_t *from = (const int16_t *)image + input_at(layer, y, x);
				const int8_t *with = filter + weights_at(layer, tap_y, tap_x);
				for (uint32_t i = 0; i < layer->input_channels; i++) sum += from[i] * with[i];
			}
		}
		((int16_t *)result)[channel] = layer_finish_int16(&layer->finish, sum, channel);
	}
}

static void place_float32(const transpose_conv *layer, const void *image, const reach *rows, const reach *columns, void *result) {
	for (uint32_t channel = 0; channel < layer->output_channels; channel++) {
		const float *filter = (const float *)layer->weights + (size_t)channel * layer->filter;
		float sum = 0.0f;
		for (int32_t y = rows->from, tap_y = rows->tap; y < rows->to; y++, tap_y -= layer->y.stride) {
			for (int32_t x = columns->from, tap_x = columns->tap; x < columns->to; x++, tap_x -= layer->x.stride) {
				const float *from = (const float *)image + input_at(layer, y, x);
				const float *with = filter + weights_at(layer, tap_y, tap_x);
				for (uint32_t i = 0; i < layer->input_channels; i++) sum += from[i] * with[i];
			}
		}
		((float *)result)[channel] = layer_finish_float32(&layer->finish, sum, channel);
	}
}

typedef void place(const transpose_conv *layer, const void *image, const reach *rows, const reach *columns, void *result);

static void run(const transpose_conv *layer, size_t element_bytes, place *compute) {
	const size_t image_bytes = input_at(layer, layer->y.input, 0) * element_bytes;
	const uint8_t *image = layer->input;
	uint8_t *result = layer->output;
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += image_bytes) {
		for (int32_t y = 0; y < layer->y.output; y++) {
			const reach rows = reach_of(&layer->y, y);
			for (int32_t x = 0; x < layer->x.output; x++, result += layer->output_channels * element_bytes) {
				const reach columns = reach_of(&layer->x, x);
				compute(layer, image, &rows, &columns, result);
			}
		}
	}
}

static void invoke(const void *state) {
	const transpose_conv *layer = state;
	if (tflite_has(TFLITE_FLOAT32) && layer->type == TFLITE_FLOAT32) run(layer, sizeof(float), place_float32);
	else if (tflite_has(TFLITE_INT16) && layer->type == TFLITE_INT16) run(layer, sizeof(int16_t), place_int16);
	else run(layer, sizeof(int8_t), place_int8);
}

const tflite_kernel tflite_transpose_conv = { BUILTIN_TRANSPOSE_CONV, 1, 5, OPTIONS_TRANSPOSE_CONV, "TRANSPOSE_CONV", prepare, invoke, NULL };
