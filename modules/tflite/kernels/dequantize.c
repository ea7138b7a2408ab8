/* DEQUANTIZE: real = scale * (stored - zero point), in float64, rounded to float32. */
#include "kernels.h"

typedef struct {
	const void *input;
	float *output;
	uint32_t count;
	tflite_type type;
	float scale;
	int32_t zero_point;
} dequantize;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!tflite_has(input.type) || !tflite_has(TFLITE_FLOAT32)) return tflite_refuse_type(preparation, &input, "input and output of types that are built in");
	if (input.type != TFLITE_INT8 && input.type != TFLITE_INT16 && input.type != TFLITE_UINT8) {
		return tflite_refuse_type(preparation, &input, "int8, int16 or uint8 input");
	}
	if (output.type != TFLITE_FLOAT32) return tflite_refuse_type(preparation, &output, "float32 output");
	if (!tflite_expect_per_tensor(preparation, &input)) return false;
	if (output.count != input.count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many elements as the input", output.count);
	dequantize *state = tflite_state(preparation, (uint32_t)sizeof(dequantize), 0, (uint64_t)input.count * 4);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = (float *)(void *)output.data;
	state->count = input.count;
	state->type = input.type;
	state->scale = input.scale;
	state->zero_point = input.zero_point;
	return true;
}

static void invoke(const void *state) {
	const dequantize *operation = state;
	const double scale = (double)operation->scale;
	for (uint32_t i = 0; i < operation->count; i++) {
		int32_t stored;
		if (operation->type == TFLITE_INT8) stored = ((const int8_t *)operation->input)[i];
		else if (operation->type == TFLITE_INT16) stored = ((const int16_t *)operation->input)[i];
		else stored = ((const uint8_t *)operation->input)[i];
		operation->output[i] = (float)(scale * (stored - operation->zero_point));
	}
}

const tflite_kernel tflite_dequantize = { BUILTIN_DEQUANTIZE, 1, 6, OPTIONS_DEQUANTIZE, "DEQUANTIZE", prepare, invoke, NULL };
