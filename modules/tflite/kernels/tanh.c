/* TANH. As in the reference, int8 results are in 128ths whatever the output's quantization says. */
#include "elementary.h"
#include "exponential.h"
#include "kernels.h"
#include "sigmoid.h"

static bool prepare(tflite_preparation *preparation) {
	return sigmoid_prepare(preparation, -11);
}

static int32_t compute_int8(const void *state, int32_t stored) {
	const sigmoid *operation = state;
	const int32_t value = stored - operation->zero_point;
	if (value <= -operation->radius) return INT8_MIN;
	if (value >= operation->radius) return INT8_MAX;
	const int32_t result = exponential_tanh(fixed_multiply(value, operation->to_q4));
	return fixed_clamp(fixed_divide_by_power(result, 24), INT8_MIN, INT8_MAX);
}

static int32_t compute_int16(const void *state, int32_t stored) {
	return sigmoid_tanh(sigmoid_steps(state, stored));
}

static float compute_real(const void *state, float value) {
	(void)state;
	return elementary_tanh(value);
}

static void invoke(const void *state) {
	const sigmoid *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) one_input_run_real(&operation->elements, compute_real);
	else if (tflite_has(TFLITE_INT16) && operation->elements.type == TFLITE_INT16) one_input_run(&operation->elements, compute_int16);
	else one_input_run(&operation->elements, compute_int8);
}

const tflite_kernel tflite_tanh = { BUILTIN_TANH, 1, 3, OPTIONS_NONE, "TANH", prepare, invoke, NULL };
