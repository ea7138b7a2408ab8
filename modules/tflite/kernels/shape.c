/* SHAPE: the dimensions of the input, which are known when the model is loaded. */
#include "kernels.h"

#include <string.h>

typedef struct {
	void *output;
	uint32_t bytes;
	int32_t dimensions[TFLITE_MAX_RANK];
} shape;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != TFLITE_INT32) return tflite_refuse_type(preparation, &output, "int32 output");
	if (output.count != input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "a value for each dimension", output.count);
	shape *state = tflite_state(preparation, (uint32_t)sizeof(shape), 0, output.count);
	if (state == NULL) return true;
	state->output = output.data;
	state->bytes = output.bytes;
	for (uint32_t i = 0; i < input.rank; i++) state->dimensions[i] = (int32_t)input.shape[i];
	return true;
}

static void invoke(const void *state) {
	const shape *operation = state;
	memcpy(operation->output, operation->dimensions, operation->bytes);
}

const tflite_kernel tflite_shape = { BUILTIN_SHAPE, 1, 1, OPTIONS_SHAPE, "SHAPE", prepare, invoke, NULL };
