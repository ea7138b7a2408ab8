/* Operators that compute a function of each float32 element, and nothing else: in the reference too they have no other type. */
#include "one-input.h"
#include "elementary.h"
#include "kernels.h"

#include <math.h>

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!one_input_operands_of(preparation, (uint32_t)1 << TFLITE_FLOAT32, "float32 input", &input, &output)) return false;
	one_input *state = tflite_state(preparation, (uint32_t)sizeof(one_input), 0, (uint64_t)input.count * 64);
	if (state != NULL) *state = one_input_of(&input, &output);
	return true;
}

static float exponential(const void *operation, float x) {
	(void)operation;
	return elementary_exp(x);
}

static float logarithm(const void *operation, float x) {
	(void)operation;
	return elementary_log(x);
}

static float square_root(const void *operation, float x) {
	(void)operation;
	return sqrtf(x);
}

static float square(const void *operation, float x) {
	(void)operation;
	return x * x;
}

static float sine(const void *operation, float x) {
	(void)operation;
	return elementary_sin(x);
}

static float cosine(const void *operation, float x) {
	(void)operation;
	return elementary_cos(x);
}

static float negative(const void *operation, float x) {
	(void)operation;
	return -x;
}

static float round_down(const void *operation, float x) {
	(void)operation;
	return floorf(x);
}

static float round_up(const void *operation, float x) {
	(void)operation;
	return ceilf(x);
}

/* Half to the even neighbour. By floor, as in the reference, so that -0.3 becomes 0 and not -0. */
static float round_half_even(const void *operation, float x) {
	(void)operation;
	const float whole = floorf(x), rest = x - whole;
	/* Where there is a half, whole numbers are below 2^23. */
	if (rest < 0.5f || (rest == 0.5f && (int32_t)whole % 2 == 0)) return whole;
	return whole + 1.0f;
}

static void invoke_exp(const void *state) { one_input_run_real(state, exponential); }
static void invoke_log(const void *state) { one_input_run_real(state, logarithm); }
static void invoke_sqrt(const void *state) { one_input_run_real(state, square_root); }
static void invoke_square(const void *state) { one_input_run_real(state, square); }
static void invoke_sin(const void *state) { one_input_run_real(state, sine); }
static void invoke_cos(const void *state) { one_input_run_real(state, cosine); }
static void invoke_neg(const void *state) { one_input_run_real(state, negative); }
static void invoke_floor(const void *state) { one_input_run_real(state, round_down); }
static void invoke_ceil(const void *state) { one_input_run_real(state, round_up); }
static void invoke_round(const void *state) { one_input_run_real(state, round_half_even); }

const tflite_kernel tflite_exp = { BUILTIN_EXP, 1, 2, OPTIONS_EXP, "EXP", prepare, invoke_exp, NULL };
const tflite_kernel tflite_log = { BUILTIN_LOG, 1, 2, OPTIONS_NONE, "LOG", prepare, invoke_log, NULL };
const tflite_kernel tflite_sqrt = { BUILTIN_SQRT, 1, 1, OPTIONS_NONE, "SQRT", prepare, invoke_sqrt, NULL };
const tflite_kernel tflite_square = { BUILTIN_SQUARE, 1, 1, OPTIONS_SQUARE, "SQUARE", prepare, invoke_square, NULL };
const tflite_kernel tflite_sin = { BUILTIN_SIN, 1, 1, OPTIONS_NONE, "SIN", prepare, invoke_sin, NULL };
const tflite_kernel tflite_cos = { BUILTIN_COS, 1, 1, OPTIONS_COS, "COS", prepare, invoke_cos, NULL };
const tflite_kernel tflite_neg = { BUILTIN_NEG, 1, 1, OPTIONS_NEG, "NEG", prepare, invoke_neg, NULL };
const tflite_kernel tflite_floor = { BUILTIN_FLOOR, 1, 1, OPTIONS_NONE, "FLOOR", prepare, invoke_floor, NULL };
const tflite_kernel tflite_ceil = { BUILTIN_CEIL, 1, 1, OPTIONS_NONE, "CEIL", prepare, invoke_ceil, NULL };
const tflite_kernel tflite_round = { BUILTIN_ROUND, 1, 1, OPTIONS_NONE, "ROUND", prepare, invoke_round, NULL };
