/* LOGICAL_NOT of bool. */
#include "kernels.h"
#include "one-input.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!one_input_operands_of(preparation, (uint32_t)1 << TFLITE_BOOL, "bool input", &input, &output)) return false;
	one_input *state = tflite_state(preparation, (uint32_t)sizeof(one_input), 0, input.count);
	if (state != NULL) *state = one_input_of(&input, &output);
	return true;
}

static void invoke(const void *state) {
	const one_input *operation = state;
	const uint8_t *input = operation->input;
	uint8_t *output = operation->output;
	for (uint32_t i = 0; i < operation->count; i++) output[i] = input[i] == 0;
}

const tflite_kernel tflite_logical_not = { BUILTIN_LOGICAL_NOT, 1, 1, OPTIONS_LOGICAL_NOT, "LOGICAL_NOT", prepare, invoke, NULL };
