/* LOGISTIC: 1 / (1 + exp(-x)). */
#include "elementary.h"
#include "exponential.h"
#include "kernels.h"
#include "sigmoid.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand output;
	if (!sigmoid_prepare(preparation, -12) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type == TFLITE_INT8 && output.zero_point != -128) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, &output, "zero point -128", output.zero_point);
	}
	return true;
}

static int32_t compute_int8(const void *state, int32_t stored) {
	const sigmoid *operation = state;
	const int32_t value = stored - operation->zero_point;
	if (value <= -operation->radius) return INT8_MIN;
	if (value >= operation->radius) return INT8_MAX;
	const int32_t result = exponential_logistic(fixed_multiply(value, operation->to_q4));
	return fixed_clamp(fixed_divide_by_power(result, 23) - 128, INT8_MIN, INT8_MAX);
}

static int32_t compute_int16(const void *state, int32_t stored) {
	return sigmoid_logistic(sigmoid_steps(state, stored));
}

static float compute_real(const void *state, float value) {
	(void)state;
	return elementary_logistic(value);
}

static void invoke(const void *state) {
	const sigmoid *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute_real);
	else if (tflite_has(TFLITE_INT16) && operation->elements.type == TFLITE_INT16) one_input_run(&operation->elements, compute_int16);
	else one_input_run(&operation->elements, compute_int8);
}

const tflite_kernel tflite_logistic = { BUILTIN_LOGISTIC, 1, 3, OPTIONS_NONE, "LOGISTIC", prepare, invoke, NULL };
