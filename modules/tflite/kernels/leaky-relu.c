/* LEAKY_RELU: x where it is positive, else alpha * x. */
#include "../schema.h"
#include "kernels.h"
#include "one-input.h"
#include "quantization.h"

#include <float.h>

typedef struct {
	one_input elements;
	int32_t input_zero_point;
	int32_t output_zero_point;
	/* float32 */
	float alpha;
	/* integers: what positive and what negative ones are multiplied by, and whether alpha is negative */
	fixed_multiplier identity;
	fixed_multiplier slope;
	bool negative_slope;
	activation_range range;
} leaky_relu;

static bool find_multipliers(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, leaky_relu *operation) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	if (!quantization_multiplier(preparation, output, (double)(input->scale / output->scale), 30, &operation->identity)) return false;
	/* In float32, step by step, as the reference does. */
	const float slope = input->scale * operation->alpha / output->scale;
	operation->negative_slope = slope < 0.0f;
	if (slope == 0.0f) return true;
	return quantization_multiplier(preparation, output, operation->negative_slope ? -(double)slope : (double)slope, 30, &operation->slope);
}

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_INT16 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	leaky_relu operation;
	memset(&operation, 0, sizeof operation);
	if (!one_input_operands_of(preparation, types, "int8, int16 or float32 input", &input, &output)) return false;
	operation.alpha = fb_f32(preparation->reader, &preparation->options, LEAKY_RELU_ALPHA, 0.0f);
	/* Written so that NaN fails too. */
	if (!(operation.alpha >= -FLT_MAX && operation.alpha <= FLT_MAX)) return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, NULL, "a finite alpha");
	if (input.type != TFLITE_FLOAT32) {
		if (!find_multipliers(preparation, &input, &output, &operation)) return false;
		operation.range = quantization_type_range(output.type);
	}
	leaky_relu *state = tflite_state(preparation, (uint32_t)sizeof(leaky_relu), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	*state = operation;
	state->elements = one_input_of(&input, &output);
	state->input_zero_point = input.zero_point;
	state->output_zero_point = output.zero_point;
	return true;
}

static int32_t compute(const void *state, int32_t stored) {
	const leaky_relu *operation = state;
	const int32_t value = stored - operation->input_zero_point;
	int32_t scaled = fixed_multiply(value, value >= 0 ? operation->identity : operation->slope);
	if (value < 0 && operation->negative_slope) scaled = (int32_t)(0u - (uint32_t)scaled);
	return fixed_clamp(fixed_add(scaled, operation->output_zero_point), operation->range.low, operation->range.high);
}

static float compute_real(const void *state, float value) {
	const leaky_relu *operation = state;
	return value > 0.0f ? value : value * operation->alpha;
}

static void invoke(const void *state) {
	const leaky_relu *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute_real);
	else one_input_run(&operation->elements, compute);
}

const tflite_kernel tflite_leaky_relu = { BUILTIN_LEAKY_RELU, 1, 2, OPTIONS_LEAKY_RELU, "LEAKY_RELU", prepare, invoke, NULL };
