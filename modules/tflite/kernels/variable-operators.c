/*
 * VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE. The interpreter has found which variable a handle stands for, and checked that what is
 * read and assigned is as large as it (variables.c above); a handle's data is the variable.
 */
#include "kernels.h"

#include <string.h>

typedef struct {
	const uint8_t *from;
	uint8_t *to;
	uint32_t bytes;
} copy;

static bool expect_counts(tflite_preparation *preparation, uint32_t inputs, uint32_t outputs) {
	if (preparation->inputs.length != inputs) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "a handle, and a value if it is assigned", preparation->inputs.length);
	return preparation->outputs.length == outputs || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "another number of outputs", preparation->outputs.length);
}

static bool prepare_copy(tflite_preparation *preparation, const tflite_operand *from, const tflite_operand *to) {
	copy *state = tflite_state(preparation, (uint32_t)sizeof(copy), 0, from->bytes);
	if (state == NULL) return true;
	state->from = from->data;
	state->to = to->data;
	state->bytes = from->bytes;
	return true;
}

static bool prepare_handle(tflite_preparation *preparation) {
	if (!expect_counts(preparation, 0, 1)) return false;
	tflite_state(preparation, 0, 0, 1);
	return true;
}

static bool prepare_read(tflite_preparation *preparation) {
	tflite_operand variable, value;
	if (!expect_counts(preparation, 1, 1)) return false;
	return tflite_input_operand(preparation, 0, &variable) && tflite_output_operand(preparation, 0, &value) && prepare_copy(preparation, &variable, &value);
}

static bool prepare_assign(tflite_preparation *preparation) {
	tflite_operand variable, value;
	if (!expect_counts(preparation, 2, 0)) return false;
	return tflite_input_operand(preparation, 0, &variable) && tflite_input_operand(preparation, 1, &value) && prepare_copy(preparation, &value, &variable);
}

static void invoke_nothing(const void *state) {
	(void)state;
}

static void invoke_copy(const void *state) {
	const copy *operation = state;
	/* What is read shares the variable's memory where it can. */
	if (operation->from != operation->to) memmove(operation->to, operation->from, operation->bytes);
}

const tflite_kernel tflite_var_handle = { BUILTIN_VAR_HANDLE, 1, 1, OPTIONS_VAR_HANDLE, "VAR_HANDLE", prepare_handle, invoke_nothing, NULL };
const tflite_kernel tflite_read_variable = { BUILTIN_READ_VARIABLE, 1, 1, OPTIONS_READ_VARIABLE, "READ_VARIABLE", prepare_read, invoke_copy, NULL };
const tflite_kernel tflite_assign_variable = { BUILTIN_ASSIGN_VARIABLE, 1, 1, OPTIONS_ASSIGN_VARIABLE, "ASSIGN_VARIABLE", prepare_assign, invoke_copy, NULL };
