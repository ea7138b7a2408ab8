/*
 * DIV: element by element, with broadcasting. Where the reference's behaviour is undefined, the quotient is defined here: one by
 * zero saturates towards the dividend's sign, 0 / 0 is 0; the lowest int32 by -1 is itself; and a quantized quotient that takes a
 * shift by more than 31 bits is 0, to which it rounds.
 */
#include "exponential.h"
#include "kernels.h"
#include "rescale.h"

typedef struct {
	elementwise operands;
	/* minus the zero points */
	int32_t offsets[2];
	/* its range also holds for int32 */
	rescale_output output;
	activation_range_real range_real;
} div_operation;

static inline int32_t by_zero(int32_t dividend) {
	return dividend == 0 ? 0 : dividend > 0 ? INT32_MAX : INT32_MIN;
}

/* The quotient of two differences of 9 bits, times the multiplier. */
static int32_t quotient(int32_t dividend, int32_t divisor, fixed_multiplier by) {
	if (divisor == 0) return by_zero(dividend);
	if (divisor < 0) {
		dividend = -dividend;
		divisor = -divisor;
	}
	/* divisor = 2^(31 - zeros) * (1 + x), and the dividend is shifted as far to the left as it goes */
	const int32_t zeros = fixed_leading_zeros((uint32_t)divisor);
	const int32_t headroom = fixed_leading_zeros((uint32_t)(dividend < 0 ? ~dividend : dividend)) - 1;
	const int32_t inverse = reciprocal_of_one_plus((int32_t)(((uint32_t)divisor << zeros) - ((uint32_t)1 << 31)));
	const int32_t unscaled = fixed_high_multiply(fixed_shift_left(dividend, headroom), inverse);
	const int32_t exponent = 31 - zeros + headroom - by.shift;
	return exponent > 31 ? 0 : fixed_divide_by_power(fixed_high_multiply(unscaled, by.multiplier), exponent);
}

static void run_int8(const elementwise *operation, elementwise_run run) {
	const div_operation state = *(const div_operation *)operation;
	const int8_t *first = run.inputs[0], *second = run.inputs[1];
	int8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) {
		const int32_t scaled = quotient(*first + state.offsets[0], *second + state.offsets[1], state.output.multiplier);
		/* Saturated before, so that the zero point cannot carry it over the edge. */
		const int32_t stored = fixed_clamp(scaled, -(1 << 30), 1 << 30) + state.output.offset;
		output[i] = (int8_t)fixed_clamp(stored, state.output.range.low, state.output.range.high);
	}
}

static inline int32_t divide(int32_t dividend, int32_t divisor) {
	if (divisor == 0) return by_zero(dividend);
	return divisor == -1 ? fixed_subtract(0, dividend) : dividend / divisor;
}

static void run_int32(const elementwise *operation, elementwise_run run) {
	const activation_range range = ((const div_operation *)operation)->output.range;
	const int32_t *first = run.inputs[0], *second = run.inputs[1];
	int32_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = fixed_clamp(divide(*first, *second), range.low, range.high);
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	const activation_range_real range = ((const div_operation *)operation)->range_real;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = activation_clamp_real(*first / *second, range);
}

static bool prepare_quantized(tflite_preparation *preparation, const elementwise_operands *operands, uint8_t activation, div_operation *operation) {
	const tflite_operand *inputs = operands->inputs, *output = &operands->output;
	for (uint32_t k = 0; k < 2; k++) {
		if (!rescale_expect_scale(preparation, &inputs[k])) return false;
		operation->offsets[k] = -inputs[k].zero_point;
	}
	if (!rescale_expect_scale(preparation, output)) return false;
	/* A dividend of 9 bits has at least 23 of headroom, which the multiplier's shift may take up. */
	return rescale_result(preparation, output, (double)(inputs[0].scale / (inputs[1].scale * output->scale)), 23, activation, &operation->output);
}

static bool prepare(tflite_preparation *preparation) {
	elementwise_operands operands;
	div_operation operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	const tflite_type type = operands.output.type;
	const uint8_t activation = fb_u8(preparation->reader, &preparation->options, DIV_ACTIVATION, ACTIVATION_NONE);
	if (type == TFLITE_INT8) {
		operation.operands.kernel = run_int8;
		if (!prepare_quantized(preparation, &operands, activation, &operation)) return false;
	} else if (tflite_has(TFLITE_INT32) && type == TFLITE_INT32) {
		operation.operands.kernel = run_int32;
		if (!elementwise_expect_no_scales(preparation, &operands)) return false;
		if (!quantization_activation_int32(preparation, activation, &operation.output.range)) return false;
	} else if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) {
		operation.operands.kernel = run_float32;
		if (!quantization_activation_real(preparation, activation, &operation.range_real)) return false;
	} else {
		return tflite_refuse_type(preparation, &operands.output, "int8, int32 or float32 operands");
	}
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 64);
}

const tflite_kernel tflite_div = { BUILTIN_DIV, 1, 2, OPTIONS_DIV, "DIV", prepare, elementwise_invoke, NULL };
