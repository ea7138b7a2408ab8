/* RELU and RELU6: what is negative becomes 0; RELU6 also cuts what is above 6. */
#include "kernels.h"
#include "one-input.h"
#include "quantization.h"

typedef struct {
	one_input elements;
	int32_t input_zero_point;
	int32_t output_zero_point;
	fixed_multiplier multiplier;
	activation_range range;
} relu;

static bool operands(tflite_preparation *preparation, tflite_operand *input, tflite_operand *output) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_INT16 | (uint32_t)1 << TFLITE_FLOAT32;
	return one_input_operands_of(preparation, types, "int8, int16 or float32 input", input, output);
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	relu operation;
	memset(&operation, 0, sizeof operation);
	if (!operands(preparation, &input, &output)) return false;
	if (input.type != TFLITE_FLOAT32) {
		if (!tflite_expect_per_tensor(preparation, &input) || !tflite_expect_per_tensor(preparation, &output)) return false;
		if (input.type == TFLITE_INT16 && (input.zero_point != 0 || output.zero_point != 0)) {
			return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &input, "int16 tensors with zero point 0");
		}
		if (!quantization_multiplier(preparation, &output, (double)(input.scale / output.scale), 30, &operation.multiplier)) return false;
		operation.range = quantization_type_range(input.type);
		operation.range.low = output.zero_point;
	}
	relu *state = tflite_state(preparation, (uint32_t)sizeof(relu), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	*state = operation;
	state->elements = one_input_of(&input, &output);
	state->input_zero_point = input.zero_point;
	state->output_zero_point = output.zero_point;
	return true;
}

static int32_t compute(const void *state, int32_t stored) {
	const relu *operation = state;
	const int32_t scaled = fixed_multiply(stored - operation->input_zero_point, operation->multiplier);
	return fixed_clamp(fixed_add(scaled, operation->output_zero_point), operation->range.low, operation->range.high);
}

static float compute_real(const void *state, float value) {
	(void)state;
	return value < 0.0f ? 0.0f : value;
}

static void invoke(const void *state) {
	const relu *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute_real);
	else one_input_run(&operation->elements, compute);
}

/* As in the reference, RELU6 only cuts: it takes the output's quantization to be that of the input. */
typedef struct {
	one_input elements;
	activation_range range;
} relu6;

static bool prepare6(tflite_preparation *preparation) {
	tflite_operand input, output;
	activation_range range = { 0, 0 };
	if (!operands(preparation, &input, &output)) return false;
	if (input.type != TFLITE_FLOAT32) {
		if (!tflite_expect_per_tensor(preparation, &input)) return false;
		if (!quantization_activation(preparation, ACTIVATION_RELU6, &input, &range)) return false;
	}
	relu6 *state = tflite_state(preparation, (uint32_t)sizeof(relu6), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	state->elements = one_input_of(&input, &output);
	state->range = range;
	return true;
}

static int32_t compute6(const void *state, int32_t stored) {
	const relu6 *operation = state;
	return fixed_clamp(stored, operation->range.low, operation->range.high);
}

static float compute6_real(const void *state, float value) {
	(void)state;
	return value > 6.0f ? 6.0f : value < 0.0f ? 0.0f : value;
}

static void invoke6(const void *state) {
	const relu6 *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute6_real);
	else one_input_run(&operation->elements, compute6);
}

const tflite_kernel tflite_relu = { BUILTIN_RELU, 1, 3, OPTIONS_NONE, "RELU", prepare, invoke, NULL };
const tflite_kernel tflite_relu6 = { BUILTIN_RELU6, 1, 3, OPTIONS_NONE, "RELU6", prepare6, invoke6, NULL };
