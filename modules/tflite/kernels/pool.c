#include "pool.h"

#include "../schema.h"

static bool check_operands(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output) {
	if ((input->type != TFLITE_INT8 && input->type != TFLITE_INT16 && input->type != TFLITE_FLOAT32) || !tflite_has(input->type)) {
		return tflite_refuse_type(preparation, input, "int8, int16 or float32 input");
	}
	if (output->type != input->type) return tflite_refuse_type(preparation, output, "output of the input's type");
	if (input->rank != 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, input, "4 dimensions", input->rank);
	if (output->rank != 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "4 dimensions", output->rank);
	if (output->shape[0] != input->shape[0]) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many batches as the input", output->shape[0]);
	if (output->shape[3] != input->shape[3]) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many channels as the input", output->shape[3]);
	return true;
}

/* Stored values go through as they are, so both sides must mean the same by them. */
static bool check_quantization(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	float difference = input->scale - output->scale;
	if (difference > 1e-6f || difference < -1e-6f) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, output, "the input's scale");
	return output->zero_point == input->zero_point ||
	       tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, output, "the input's zero point", output->zero_point);
}

bool pool_prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	fb_reader *reader = preparation->reader;
	const fb_table *options = &preparation->options;
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!check_operands(preparation, &input, &output)) return false;
	window_axis y = { (int32_t)input.shape[1], (int32_t)output.shape[1], fb_i32(reader, options, POOL_2D_FILTER_HEIGHT, 0), fb_i32(reader, options, POOL_2D_STRIDE_H, 0), 1, 0 };
	window_axis x = { (int32_t)input.shape[2], (int32_t)output.shape[2], fb_i32(reader, options, POOL_2D_FILTER_WIDTH, 0), fb_i32(reader, options, POOL_2D_STRIDE_W, 0), 1, 0 };
	uint8_t scheme = fb_u8(reader, options, POOL_2D_PADDING, PADDING_SAME);
	uint8_t activation = fb_u8(reader, options, POOL_2D_ACTIVATION, ACTIVATION_NONE);
	if (!window_fit(preparation, scheme, &y) || !window_fit(preparation, scheme, &x)) return false;
	activation_range range = { 0, 0 };
	activation_range_real range_real = { 0, 0 };
	if (tflite_has(TFLITE_FLOAT32) && input.type == TFLITE_FLOAT32) {
		if (!quantization_activation_real(preparation, activation, &range_real)) return false;
	} else if (!check_quantization(preparation, &input, &output) || !quantization_activation(preparation, activation, &output, &range)) {
		return false;
	}
	uint64_t rows = (uint64_t)(y.filter < y.input ? y.filter : y.input), columns = (uint64_t)(x.filter < x.input ? x.filter : x.input);
	/* The window is no larger than the input, and both tensors are below 2^31; the division of a mean counts for 8. */
	pool *state = tflite_state(preparation, (uint32_t)sizeof(pool), 0, (rows * columns + 8) * output.count);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = output.data;
	state->y = y;
	state->x = x;
	state->batches = input.shape[0];
	state->channels = input.shape[3];
	state->type = input.type;
	state->range = range;
	state->range_real = range_real;
	return true;
}

void pool_run(const pool *operation, void (*visit)(const pool *operation, const pool_place *place)) {
	pool_place place;
	place.output = 0;
	place.row = (size_t)operation->x.input * operation->channels;
	for (uint32_t batch = 0; batch < operation->batches; batch++) {
		const size_t image = batch * (size_t)operation->y.input * place.row;
		for (int32_t y = 0; y < operation->y.output; y++) {
			const window_span rows = window_at(&operation->y, y);
			place.rows = (uint32_t)(rows.to - rows.from);
			for (int32_t x = 0; x < operation->x.output; x++, place.output += operation->channels) {
				const window_span columns = window_at(&operation->x, x);
				place.columns = (uint32_t)(columns.to - columns.from);
				place.input = image + (size_t)rows.start * place.row + (size_t)columns.start * operation->channels;
				visit(operation, &place);
			}
		}
	}
}
