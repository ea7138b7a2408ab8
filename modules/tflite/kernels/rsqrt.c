/*
 * RSQRT: 1 / sqrt(x). Of integers, 0 gives the highest value; so do those below, where the reference's invoke fails and leaves
 * the rest of the output as it was.
 */
#include "inverse-square-root.h"
#include "kernels.h"
#include "one-input.h"
#include "quantization.h"

#include <math.h>

/* Bits of fraction that the root of an integer keeps. */
enum { FRACTION = 20 };

typedef struct {
	one_input elements;
	int32_t input_zero_point;
	int32_t output_zero_point;
	fixed_multiplier multiplier;
	activation_range range;
} rsqrt;

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, rsqrt *operation) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	if (input->type == TFLITE_INT16 && (input->zero_point != 0 || output->zero_point != 0)) {
		return tflite_refuse(preparation, TFLITE_UNSUPPORTED, input, "int16 tensors with zero point 0");
	}
	/* The product in float32, as in the reference; the square root is exact on every machine. */
	const float product = sqrtf(input->scale) * output->scale;
	if (!quantization_multiplier(preparation, output, 1.0 / (double)product, 30 + FRACTION, &operation->multiplier)) return false;
	if (operation->multiplier.multiplier != 0 && operation->multiplier.shift - FRACTION < -31) {
		return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, output, "smaller scales, 1 / sqrt(input's) / output's at least 2^-12, its power of 2",
		                            operation->multiplier.shift);
	}
	operation->multiplier.shift -= FRACTION;
	operation->range = quantization_type_range(input->type);
	operation->input_zero_point = input->zero_point;
	operation->output_zero_point = output->zero_point;
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_INT16 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	rsqrt operation;
	memset(&operation, 0, sizeof operation);
	if (!one_input_operands_of(preparation, types, "int8, int16 or float32 input", &input, &output)) return false;
	if (input.type != TFLITE_FLOAT32 && !check_quantized(preparation, &input, &output, &operation)) return false;
	rsqrt *state = tflite_state(preparation, (uint32_t)sizeof(rsqrt), 0, (uint64_t)input.count * 64);
	if (state == NULL) return true;
	*state = operation;
	state->elements = one_input_of(&input, &output);
	return true;
}

static int32_t compute(const void *state, int32_t stored) {
	const rsqrt *operation = state;
	const int32_t value = stored - operation->input_zero_point;
	if (value <= 0) return operation->range.high;
	fixed_multiplier root = inverse_square_root(value);
	root.shift += FRACTION;
	const int32_t scaled = fixed_multiply(fixed_multiply(1, root), operation->multiplier);
	return fixed_clamp(fixed_add(scaled, operation->output_zero_point), operation->range.low, operation->range.high);
}

static float compute_real(const void *state, float value) {
	(void)state;
	return 1.0f / sqrtf(value);
}

static void invoke(const void *state) {
	const rsqrt *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute_real);
	else one_input_run(&operation->elements, compute);
}

const tflite_kernel tflite_rsqrt = { BUILTIN_RSQRT, 1, 3, OPTIONS_NONE, "RSQRT", prepare, invoke, NULL };
