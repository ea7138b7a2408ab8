/* LOGICAL_NOT of bool. */
#include "elementwise.h"
#include "kernels.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!elementwise_operands_of(preparation, (uint32_t)1 << TFLITE_BOOL, "bool input", &input, &output)) return false;
	elementwise *state = tflite_state(preparation, (uint32_t)sizeof(elementwise), 0, input.count);
	if (state != NULL) *state = elementwise_of(&input, &output);
	return true;
}

static void invoke(const void *state) {
	const elementwise *operation = state;
	const uint8_t *input = operation->input;
	uint8_t *output = operation->output;
	for (uint32_t i = 0; i < operation->count; i++) output[i] = input[i] == 0;
}

const tflite_kernel tflite_logical_not = { BUILTIN_LOGICAL_NOT, 1, 1, OPTIONS_LOGICAL_NOT, "LOGICAL_NOT", prepare, invoke, NULL };
