/* ZEROS_LIKE: as many zeros as the input has elements; stored zeros, whatever the zero point. */
#include "kernels.h"
#include "one-input.h"

#include <string.h>

typedef struct {
	uint8_t *output;
	uint32_t bytes;
} zeros_like;

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_INT32 | (uint32_t)1 << TFLITE_INT64 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	if (!one_input_operands_of(preparation, types, "int8, int32, int64 or float32 input", &input, &output)) return false;
	zeros_like *state = tflite_state(preparation, (uint32_t)sizeof(zeros_like), 0, output.count);
	if (state == NULL) return true;
	state->output = output.data;
	state->bytes = output.bytes;
	return true;
}

static void invoke(const void *state) {
	const zeros_like *operation = state;
	memset(operation->output, 0, operation->bytes);
}

const tflite_kernel tflite_zeros_like = { BUILTIN_ZEROS_LIKE, 1, 1, OPTIONS_ZEROS_LIKE, "ZEROS_LIKE", prepare, invoke, NULL };
