/* HARD_SWISH: x * min(max(x + 3, 0), 6) / 6. int8 in 16-bit fixed point, each step rounded and saturated as the reference does. */
#include "kernels.h"
#include "one-input.h"
#include "quantization.h"

/* real = multiplier / 2^15 * 2^exponent */
typedef struct {
	int32_t multiplier;
	int32_t exponent;
} narrow_multiplier;

typedef struct {
	one_input elements;
	int32_t input_zero_point;
	int32_t output_zero_point;
	/* from 128ths of the input's step to the output's */
	narrow_multiplier output;
	/* and to steps of 3 / 2^15, which cover [-3, 3] */
	narrow_multiplier gate;
} hard_swish;

static narrow_multiplier narrowed(fixed_multiplier wide) {
	narrow_multiplier narrow = { INT16_MAX, wide.shift };
	if (wide.multiplier < INT32_MAX - (1 << 15)) narrow.multiplier = (wide.multiplier + (1 << 15)) >> 16;
	return narrow;
}

static bool find_multipliers(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, hard_swish *operation) {
	fixed_multiplier wide;
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	/* In float32, as in the reference. */
	const float fine_scale = 1.0f / 128.0f * input->scale;
	if (!quantization_multiplier(preparation, output, (double)(fine_scale / output->scale), 0, &wide)) return false;
	operation->output = narrowed(wide);
	if (!quantization_multiplier(preparation, input, (double)(fine_scale / (3.0f / 32768.0f)), 31, &wide)) return false;
	operation->gate = narrowed(wide);
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	hard_swish operation;
	memset(&operation, 0, sizeof operation);
	if (!one_input_operands_of(preparation, types, "int8 or float32 input", &input, &output)) return false;
	if (input.type == TFLITE_INT8 && !find_multipliers(preparation, &input, &output, &operation)) return false;
	hard_swish *state = tflite_state(preparation, (uint32_t)sizeof(hard_swish), 0, (uint64_t)input.count * 16);
	if (state == NULL) return true;
	*state = operation;
	state->elements = one_input_of(&input, &output);
	state->input_zero_point = input.zero_point;
	state->output_zero_point = output.zero_point;
	return true;
}

/* a * b / 2^15, rounded to the nearest, half up */
static int32_t high_multiply(int32_t a, int32_t b) {
	return (a * b + (1 << 14)) >> 15;
}

static int32_t shift_left_saturated(int32_t x, int32_t exponent) {
	const int64_t shifted = (int64_t)x * ((int64_t)1 << exponent);
	return shifted > INT16_MAX ? INT16_MAX : shifted < INT16_MIN ? INT16_MIN : (int32_t)shifted;
}

/* Above 15, where the 16-bit mask of the fraction has no room, the reference ends on 1 or -1. */
static int32_t divide_by_power(int32_t x, int32_t exponent) {
	if (exponent > 15) return x >= 0 ? 1 : -1;
	return fixed_divide_by_power(x, exponent);
}

static int32_t compute(const void *state, int32_t stored) {
	const hard_swish *operation = state;
	const int32_t fine = (stored - operation->input_zero_point) * 128;
	const int32_t exponent = operation->gate.exponent;
	/* x / 3, saturated to [-1, 1) only by the last doubling */
	int32_t gate = exponent > 0 ? shift_left_saturated(fine, exponent - 1) : fine;
	gate = high_multiply(gate, operation->gate.multiplier);
	if (exponent > 0) gate = shift_left_saturated(gate, 1);
	if (exponent < 0) gate = divide_by_power(gate, -exponent);
	/* (x + 3) / 6 in [0, 1) */
	gate = (gate + (1 << 15)) >> 1;
	/* This product is rounded towards zero, against the bias of the others. */
	const int32_t product = gate * high_multiply(fine, operation->output.multiplier) / (1 << 15);
	/* The sum is of 16 bits and wraps around. */
	const int16_t result = (int16_t)(divide_by_power(product, -operation->output.exponent) + operation->output_zero_point);
	return fixed_clamp(result, INT8_MIN, INT8_MAX);
}

static float compute_real(const void *state, float value) {
	(void)state;
	const float shifted = value + 3.0f;
	const float gate = shifted < 0.0f ? 0.0f : shifted > 6.0f ? 6.0f : shifted;
	return value * gate / 6.0f;
}

static void invoke(const void *state) {
	const hard_swish *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute_real);
	else one_input_run(&operation->elements, compute);
}

const tflite_kernel tflite_hard_swish = { BUILTIN_HARD_SWISH, 1, 1, OPTIONS_HARD_SWISH, "HARD_SWISH", prepare, invoke, NULL };
