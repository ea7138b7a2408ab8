/*
 * FLOOR_DIV and FLOOR_MOD: the quotient rounded down and what it leaves, of float32, element by element, with broadcasting. The
 * quotient is rounded in float64, as in the reference; by zero it is infinite or no number (the reference ends the invoke).
 */
#include "elementary.h"
#include "elementwise.h"
#include "kernels.h"

#include <math.h>

static void run_quotient(const elementwise *operation, elementwise_run run) {
	(void)operation;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (float)floor((double)*first / (double)*second);
}

/* fmod has the dividend's sign, the result the divisor's. */
static inline float rest(float dividend, float divisor) {
	const float truncated = elementary_remainder(dividend, divisor);
	return truncated != 0.0f && (divisor < 0.0f) != (truncated < 0.0f) ? truncated + divisor : truncated;
}

static void run_rest(const elementwise *operation, elementwise_run run) {
	(void)operation;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = rest(*first, *second);
}

static bool prepare(tflite_preparation *preparation, elementwise_kernel kernel) {
	elementwise_operands operands;
	elementwise operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	if (!tflite_has(TFLITE_FLOAT32) || operands.output.type != TFLITE_FLOAT32) return tflite_refuse_type(preparation, &operands.output, "float32 operands");
	operation.kernel = kernel;
	return elementwise_start(preparation, &operands, &operation, (uint32_t)sizeof operation, 64);
}

static bool prepare_quotient(tflite_preparation *preparation) {
	return prepare(preparation, run_quotient);
}

static bool prepare_rest(tflite_preparation *preparation) {
	return prepare(preparation, run_rest);
}

const tflite_kernel tflite_floor_div = { BUILTIN_FLOOR_DIV, 1, 3, OPTIONS_FLOOR_DIV, "FLOOR_DIV", prepare_quotient, elementwise_invoke, NULL };
const tflite_kernel tflite_floor_mod = { BUILTIN_FLOOR_MOD, 1, 2, OPTIONS_FLOOR_MOD, "FLOOR_MOD", prepare_rest, elementwise_invoke, NULL };
