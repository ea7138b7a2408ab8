/* ELU: x where it is positive, else exp(x) - 1. Of int8 by a table of all 256 values. */
#include "elementary.h"
#include "kernels.h"
#include "one-input.h"
#include "quantization.h"

typedef struct {
	one_input elements;
	int8_t table[256];
} elu;

/*
 * The reference makes this table with the C library's expf. Against glibc's, which takes the neighbour of the nearest float32 once in
 * 2,000 numbers, the tables of 1,200,000 random pairs of scales were equal but for one entry, on the edge between two steps.
 */
static void fill(int8_t *table, const tflite_operand *input, const tflite_operand *output) {
	const float inverse_scale = 1.0f / output->scale;
	for (int32_t stored = INT8_MIN; stored <= INT8_MAX; stored++) {
		const float value = input->scale * (float)(stored - input->zero_point);
		const float result = value < 0.0f ? elementary_exp(value) - 1.0f : value;
		table[stored - INT8_MIN] = (int8_t)fixed_clamp(fixed_round(result * inverse_scale) + output->zero_point, INT8_MIN, INT8_MAX);
	}
}

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	/* Beyond, rounded values do not fit in 32 bits; written so that an infinite inverse, times 0, fails too. */
	const float inverse_scale = 1.0f / output->scale;
	return (input->scale * 255.0f * inverse_scale <= 1073741824.0f && inverse_scale <= 1073741824.0f) ||
	       tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, output, "a scale above 2^-30, and above the input's by 2^-22");
}

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	if (!one_input_operands_of(preparation, types, "int8 or float32 input", &input, &output)) return false;
	if (input.type == TFLITE_INT8 && !check_quantized(preparation, &input, &output)) return false;
	const uint32_t bytes = (uint32_t)(input.type == TFLITE_INT8 ? sizeof(elu) : sizeof(one_input));
	elu *state = tflite_state(preparation, bytes, 0, (uint64_t)input.count * 64);
	if (state == NULL) return true;
	state->elements = one_input_of(&input, &output);
	if (input.type == TFLITE_INT8) fill(state->table, &input, &output);
	return true;
}

static float compute_real(const void *state, float value) {
	(void)state;
	return value < 0.0f ? elementary_exp_minus_1(value) : value;
}

static void invoke(const void *state) {
	const elu *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) {
		one_input_run_real(&operation->elements, compute_real);
		return;
	}
	const int8_t *input = operation->elements.input;
	int8_t *output = operation->elements.output;
	for (uint32_t i = 0; i < operation->elements.count; i++) output[i] = operation->table[input[i] - INT8_MIN];
}

const tflite_kernel tflite_elu = { BUILTIN_ELU, 1, 1, OPTIONS_NONE, "ELU", prepare, invoke, NULL };
