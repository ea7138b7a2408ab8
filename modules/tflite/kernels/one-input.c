#include "one-input.h"

bool one_input_operands(tflite_preparation *preparation, tflite_operand *input, tflite_operand *output) {
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, input) || !tflite_output_operand(preparation, 0, output)) return false;
	return output->count == input->count ||
	       tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many elements as the input", output->count);
}

bool one_input_operands_of(tflite_preparation *preparation, uint32_t types, const char *expected, tflite_operand *input, tflite_operand *output) {
	if (!one_input_operands(preparation, input, output)) return false;
	if (!tflite_has(input->type) || ((uint32_t)1 << input->type & types) == 0) return tflite_refuse_type(preparation, input, expected);
	return output->type == input->type || tflite_refuse_type(preparation, output, "output of the input's type");
}

one_input one_input_of(const tflite_operand *input, const tflite_operand *output) {
	const one_input operation = { input->data, output->data, input->count, input->type };
	return operation;
}

static void run_int8(const one_input *operation, int32_t (*compute)(const void *operation, int32_t stored)) {
	const int8_t *input = operation->input;
	int8_t *output = operation->output;
	int8_t table[256];
	if (operation->count <= 2 * sizeof table) {
		for (uint32_t i = 0; i < operation->count; i++) output[i] = (int8_t)compute(operation, input[i]);
		return;
	}
	for (int32_t stored = INT8_MIN; stored <= INT8_MAX; stored++) table[stored - INT8_MIN] = (int8_t)compute(operation, stored);
	for (uint32_t i = 0; i < operation->count; i++) output[i] = table[input[i] - INT8_MIN];
}

void one_input_run(const one_input *operation, int32_t (*compute)(const void *operation, int32_t stored)) {
	if (tflite_has(TFLITE_INT16) && operation->type == TFLITE_INT16) {
		const int16_t *input = operation->input;
		int16_t *output = operation->output;
		for (uint32_t i = 0; i < operation->count; i++) output[i] = (int16_t)compute(operation, input[i]);
	} else {
		run_int8(operation, compute);
	}
}

void one_input_run_real(const one_input *operation, float (*compute)(const void *operation, float value)) {
	const float *input = operation->input;
	float *output = operation->output;
	for (uint32_t i = 0; i < operation->count; i++) output[i] = compute(operation, input[i]);
}
