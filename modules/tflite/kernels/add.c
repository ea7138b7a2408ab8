/*
 * ADD: element by element, with broadcasting. Quantized operands are brought to a common scale first. In int32 a fused activation
 * does nothing, as in the reference.
 */
#include "add.h"
#include "kernels.h"

static inline int32_t sum(const add *state, int32_t first, int32_t second) {
	return rescale_to(state->output, fixed_add(rescale_from(state->inputs[0], first), rescale_from(state->inputs[1], second)));
}

void add_run_int8(const elementwise *operation, elementwise_run run) {
	const add state = *(const add *)operation;
	const int8_t *first = run.inputs[0], *second = run.inputs[1];
	int8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int8_t)sum(&state, *first, *second);
}

static void run_int16(const elementwise *operation, elementwise_run run) {
	const add state = *(const add *)operation;
	const int16_t *first = run.inputs[0], *second = run.inputs[1];
	int16_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int16_t)sum(&state, *first, *second);
}

static void run_int32(const elementwise *operation, elementwise_run run) {
	const int32_t *first = run.inputs[0], *second = run.inputs[1];
	int32_t *output = run.output;
	(void)operation;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = fixed_add(*first, *second);
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	const activation_range_real range = ((const add *)operation)->range_real;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = activation_clamp_real(*first + *second, range);
}

static bool prepare_quantized(tflite_preparation *preparation, const elementwise_operands *operands, uint8_t activation, add *operation) {
	const tflite_operand *inputs = operands->inputs, *output = &operands->output;
	const int32_t left_shift = rescale_sum_shift(output->type);
	const double common_scale = 2.0 * (double)rescale_larger_scale(operands);
	const double first_ratio = (double)inputs[0].scale / common_scale, second_ratio = (double)inputs[1].scale / common_scale;
	const double result_ratio = common_scale / ((double)(1 << left_shift) * (double)output->scale);
	return rescale_inputs(preparation, operands, left_shift, first_ratio, second_ratio, operation->inputs) &&
	       rescale_result(preparation, output, result_ratio, 0, activation, &operation->output);
}

bool add_prepare(tflite_preparation *preparation, elementwise_kernel run_int8) {
	elementwise_operands operands;
	add operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	const tflite_type type = operands.output.type;
	const uint8_t activation = fb_u8(preparation->reader, &preparation->options, ADD_ACTIVATION, ACTIVATION_NONE);
	if (type == TFLITE_INT8 || (tflite_has(TFLITE_INT16) && type == TFLITE_INT16)) {
		operation.operands.kernel = run_int8;
		if (tflite_has(TFLITE_INT16) && type == TFLITE_INT16) operation.operands.kernel = run_int16;
		if (!prepare_quantized(preparation, &operands, activation, &operation)) return false;
	} else if (tflite_has(TFLITE_INT32) && type == TFLITE_INT32) {
		operation.operands.kernel = run_int32;
		if (!elementwise_expect_no_scales(preparation, &operands)) return false;
	} else if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) {
		operation.operands.kernel = run_float32;
		if (!quantization_activation_real(preparation, activation, &operation.range_real)) return false;
	} else {
		return tflite_refuse_type(preparation, &operands.output, "int8, int16, int32 or float32 operands");
	}
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 16);
}

/* 19 elements: more than a vector of 16. The expected values come from exact integers in another language. */
bool add_self_check(elementwise_kernel run_int8) {
	static const int8_t first[19] = { 2, 55, -114, 127, -128, -102, -48, -71, 62, 112, -2, 66, -76, -1, -122, -18, 80, 15, -35 };
	static const int8_t second[19] = { 71, -47, -92, 127, -128, -64, -61, -128, -126, -21, -18, -44, -43, 20, 32, -27, -24, -35, -28 };
	static const int8_t expected[19] = { 34, 36, -100, 127, -100, -100, -58, -100, 13, 95, -2, 47, -76, 13, -88, -20, 66, 6, -35 };
	const rescale_input first_input = { 11, 20, { 1073741824, 0 } }, second_input = { -23, 20, { 1840700270, -2 } };
	const rescale_output result = { { 1856589449, -19 }, 5, { -100, 127 } };
	int8_t output[19];
	const elementwise_run run = { 19, { 1, 1, 0 }, { first, second, NULL }, output };
	add operation;
	memset(&operation, 0, sizeof operation);
	operation.inputs[0] = first_input;
	operation.inputs[1] = second_input;
	operation.output = result;
	run_int8(&operation.operands, run);
	return memcmp(output, expected, sizeof expected) == 0;
}

static bool prepare(tflite_preparation *preparation) {
	return add_prepare(preparation, add_run_int8);
}

static bool self_check(void) {
	return add_self_check(add_run_int8);
}

const tflite_kernel tflite_add = ADD_KERNEL(prepare, self_check);
