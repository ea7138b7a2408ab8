#include "convolution.h"

static bool check_shapes(tflite_preparation *preparation, const layer_operands *operands, uint32_t channel_dimension) {
	const tflite_operand *input = &operands->input, *weights = &operands->weights, *output = &operands->output;
	if (input->rank != 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, input, "4 dimensions", input->rank);
	if (weights->rank != 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, weights, "4 dimensions", weights->rank);
	if (output->rank != 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "4 dimensions", output->rank);
	if (output->shape[0] != input->shape[0]) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many batches as the input", output->shape[0]);
	return output->shape[3] == weights->shape[channel_dimension] ||
	       tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many channels as the weights", output->shape[3]);
}

/* The sums leave these zero points out, so they must be 0. */
static bool check_zero_points(tflite_preparation *preparation, const layer_operands *operands) {
	const tflite_operand *input = &operands->input, *weights = &operands->weights, *output = &operands->output;
	if (weights->zero_point != 0) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, weights, "weights with zero points 0", weights->zero_point);
	if (input->type != TFLITE_INT16) return true;
	if (input->zero_point != 0) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, input, "int16 input with zero point 0", input->zero_point);
	return output->zero_point == 0 || tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, output, "int16 output with zero point 0", output->zero_point);
}

static window_axis axis_of(const layer_operands *operands, uint32_t dimension, int32_t stride, int32_t dilation) {
	const window_axis axis = { (int32_t)operands->input.shape[dimension], (int32_t)operands->output.shape[dimension],
		                       (int32_t)operands->weights.shape[dimension], stride, dilation, 0 };
	return axis;
}

bool convolution_check(tflite_preparation *preparation, const layer_operands *operands, const convolution_options *options, uint32_t channel_dimension,
                       convolution *layer) {
	if (!check_shapes(preparation, operands, channel_dimension) || !check_zero_points(preparation, operands)) return false;
	layer->y = axis_of(operands, 1, options->stride_y, options->dilation_y);
	layer->x = axis_of(operands, 2, options->stride_x, options->dilation_x);
	if (!window_fit(preparation, options->padding, &layer->y) || !window_fit(preparation, options->padding, &layer->x)) return false;
	layer->batches = operands->input.shape[0];
	layer->input_channels = operands->input.shape[3];
	layer->output_channels = operands->output.shape[3];
	layer->tap = operands->weights.shape[3];
	layer->type = operands->input.type;
	layer->weights_type = operands->weights.type;
	layer->constant_weights = layer_is_constant(operands);
	layer->input_offset = -operands->input.zero_point;
	return layer_check(preparation, operands, layer->output_channels, channel_dimension, options->activation, options->bias_type, false, &layer->finish);
}

void convolution_for_check(convolution *layer) {
	const window_axis y = { 2, 2, 2, 1, 1, 0 }, x = { 3, 3, 2, 1, 1, 0 };
	layer->y = y;
	layer->x = x;
	layer->batches = 1;
	layer->output_channels = 5;
	layer->type = TFLITE_INT8;
	layer->weights_type = TFLITE_INT8;
	layer->constant_weights = true;
	layer->input_offset = 5;
	layer->finish.sum_type = TFLITE_INT32;
	layer->finish.offset = -9;
	layer->finish.range = quantization_type_range(TFLITE_INT8);
	layer->finish.multiplier_count = 5;
}

void convolution_start(tflite_preparation *preparation, const layer_operands *operands, void *multipliers, convolution *layer) {
	layer->input = operands->input.data;
	layer->weights = operands->weights.data;
	layer->output = operands->output.data;
	layer->unpacked = operands->weights.type == TFLITE_INT4 ? (int8_t *)preparation->scratch : NULL;
	layer_start(preparation, operands, false, multipliers, &layer->finish);
}

static convolution_patch patch_at(const convolution *layer, const window_span *y, const window_span *x) {
	convolution_patch patch;
	size_t width = (size_t)layer->x.input * layer->input_channels;
	patch.input = (size_t)y->start * width + (size_t)x->start * layer->input_channels;
	patch.weights = ((size_t)y->from * (size_t)layer->x.filter + (size_t)x->from) * layer->tap;
	patch.rows = (uint32_t)(y->to - y->from);
	patch.taps = (uint32_t)(x->to - x->from);
	patch.input_tap = (size_t)layer->x.dilation * layer->input_channels;
	patch.input_row = (size_t)layer->y.dilation * width;
	patch.weights_row = (size_t)layer->x.filter * layer->tap;
	return patch;
}

void convolution_run(const convolution *layer, convolution_place *place) {
	const size_t element = layer->type == TFLITE_FLOAT32 ? 4 : layer->type == TFLITE_INT16 ? 2 : 1;
	const size_t image_bytes = (size_t)layer->y.input * (size_t)layer->x.input * layer->input_channels * element;
	const uint8_t *image = layer->input;
	uint8_t *result = layer->output;
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += image_bytes) {
		for (int32_t y = 0; y < layer->y.output; y++) {
			const window_span rows = window_at(&layer->y, y);
			for (int32_t x = 0; x < layer->x.output; x++, result += layer->output_channels * element) {
				const window_span columns = window_at(&layer->x, x);
				const convolution_patch patch = patch_at(layer, &rows, &columns);
				place(layer, image, layer->unpacked != NULL ? layer->unpacked : layer->weights, &patch, result);
			}
		}
	}
}
