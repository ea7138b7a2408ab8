/* RESHAPE: the same elements in the same order. The file says the new shape; an operand that repeats it is not read. */
#include "kernels.h"

#include <string.h>

typedef struct {
	const void *input;
	void *output;
	uint32_t bytes;
} reshape;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!tflite_expect_operands(preparation, 1, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	if (output.count != input.count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many elements as the input", output.count);
	reshape *state = tflite_state(preparation, (uint32_t)sizeof(reshape), 0, input.count);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = output.data;
	state->bytes = input.bytes;
	return true;
}

static void invoke(const void *state) {
	const reshape *operation = state;
	/* Where the graph lets it, the output lies where the input does. */
	if (operation->output != operation->input) memcpy(operation->output, operation->input, operation->bytes);
}

const tflite_kernel tflite_reshape = { BUILTIN_RESHAPE, 1, 1, OPTIONS_RESHAPE, "RESHAPE", prepare, invoke, NULL };
