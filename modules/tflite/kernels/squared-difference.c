/*
 * SQUARED_DIFFERENCE: (first - second)^2, element by element, with broadcasting. Quantized operands are brought to a common scale
 * first.
 */
#include "kernels.h"
#include "rescale.h"

typedef struct {
	elementwise operands;
	rescale_input inputs[2];
	rescale_output output;
} squared_difference;

/* Of operands scaled to at most half of their range, the difference has 16 bits and its square 31. */
static inline int32_t square(const squared_difference *state, int32_t first, int32_t second) {
	const int32_t difference = rescale_from(state->inputs[0], first) - rescale_from(state->inputs[1], second);
	return rescale_to(state->output, difference * difference);
}

static void run_int8(const elementwise *operation, elementwise_run run) {
	const squared_difference state = *(const squared_difference *)operation;
	const int8_t *first = run.inputs[0], *second = run.inputs[1];
	int8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int8_t)square(&state, *first, *second);
}

static void run_int16(const elementwise *operation, elementwise_run run) {
	const squared_difference state = *(const squared_difference *)operation;
	const int16_t *first = run.inputs[0], *second = run.inputs[1];
	int16_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int16_t)square(&state, *first, *second);
}

static void run_int32(const elementwise *operation, elementwise_run run) {
	(void)operation;
	const int32_t *first = run.inputs[0], *second = run.inputs[1];
	int32_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) {
		const int32_t difference = fixed_subtract(*first, *second);
		output[i] = fixed_low_multiply(difference, difference);
	}
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	(void)operation;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (*first - *second) * (*first - *second);
}

static bool prepare_quantized(tflite_preparation *preparation, const elementwise_operands *operands, squared_difference *operation) {
	const tflite_operand *inputs = operands->inputs, *output = &operands->output;
	/* 7 bits more for 8, none for 16: the square then fills 31 bits. */
	const int32_t left_shift = output->type == TFLITE_INT16 ? 0 : 7;
	const double common_scale = 2.0 * (double)rescale_larger_scale(operands);
	const double first_ratio = (double)inputs[0].scale / common_scale, second_ratio = (double)inputs[1].scale / common_scale;
	const double result_ratio = common_scale * common_scale / (double)((float)(1 << (2 * left_shift)) * output->scale);
	return rescale_expect_scale(preparation, &inputs[0]) && rescale_expect_scale(preparation, &inputs[1]) && rescale_expect_scale(preparation, output) &&
	       rescale_inputs(preparation, operands, left_shift, first_ratio, second_ratio, operation->inputs) &&
	       rescale_result(preparation, output, result_ratio, 30, ACTIVATION_NONE, &operation->output);
}

static bool prepare(tflite_preparation *preparation) {
	elementwise_operands operands;
	squared_difference operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	const tflite_type type = operands.output.type;
	if (type == TFLITE_INT8 || (tflite_has(TFLITE_INT16) && type == TFLITE_INT16)) {
		operation.operands.kernel = run_int8;
		if (tflite_has(TFLITE_INT16) && type == TFLITE_INT16) operation.operands.kernel = run_int16;
		if (!prepare_quantized(preparation, &operands, &operation)) return false;
	} else if (tflite_has(TFLITE_INT32) && type == TFLITE_INT32) {
		operation.operands.kernel = run_int32;
	} else if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) {
		operation.operands.kernel = run_float32;
	} else {
		return tflite_refuse_type(preparation, &operands.output, "int8, int16, int32 or float32 operands");
	}
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 16);
}

const tflite_kernel tflite_squared_difference = { BUILTIN_SQUARED_DIFFERENCE, 1, 2, OPTIONS_SQUARED_DIFFERENCE, "SQUARED_DIFFERENCE", prepare, elementwise_invoke, NULL };
