/* ABS. int16 without quantization is taken as it is, and its lowest value stays as it is. */
#include "kernels.h"
#include "one-input.h"
#include "quantization.h"

#include <math.h>

typedef struct {
	one_input elements;
	int32_t input_zero_point;
	int32_t output_zero_point;
	bool quantized;
	bool rescaled;
	fixed_multiplier multiplier;
	activation_range range;
} absolute;

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, absolute *operation) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	if (input->type == TFLITE_INT16 && (input->zero_point != 0 || output->zero_point != 0)) {
		return tflite_refuse(preparation, TFLITE_UNSUPPORTED, input, "int16 tensors with zero point 0");
	}
	operation->quantized = true;
	operation->rescaled = input->scale != output->scale;
	operation->range = quantization_type_range(input->type);
	operation->input_zero_point = input->zero_point;
	operation->output_zero_point = output->zero_point;
	return quantization_multiplier(preparation, output, (double)(input->scale / output->scale), 30, &operation->multiplier);
}

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_INT16 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	absolute operation;
	memset(&operation, 0, sizeof operation);
	if (!one_input_operands_of(preparation, types, "int8, int16 or float32 input", &input, &output)) return false;
	if (input.type == TFLITE_INT8 || (input.type == TFLITE_INT16 && input.scale_count > 0)) {
		if (!check_quantized(preparation, &input, &output, &operation)) return false;
	}
	absolute *state = tflite_state(preparation, (uint32_t)sizeof(absolute), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	*state = operation;
	state->elements = one_input_of(&input, &output);
	return true;
}

static int32_t compute(const void *state, int32_t stored) {
	const absolute *operation = state;
	const int32_t difference = stored - operation->input_zero_point;
	int32_t magnitude = difference < 0 ? -difference : difference;
	if (!operation->quantized) return magnitude;
	if (operation->rescaled) magnitude = fixed_multiply(magnitude, operation->multiplier);
	return fixed_clamp(fixed_add(magnitude, operation->output_zero_point), operation->range.low, operation->range.high);
}

static float compute_real(const void *state, float value) {
	(void)state;
	return fabsf(value);
}

static void invoke(const void *state) {
	const absolute *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute_real);
	else one_input_run(&operation->elements, compute);
}

const tflite_kernel tflite_abs = { BUILTIN_ABS, 1, 5, OPTIONS_ABS, "ABS", prepare, invoke, NULL };
