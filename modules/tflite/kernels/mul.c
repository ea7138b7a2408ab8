/* MUL: element by element, with broadcasting. The scale of a quantized product is that of its operands, multiplied. */
#include "mul.h"
#include "kernels.h"

static inline int32_t product(const mul *state, int32_t first, int32_t second) {
	return rescale_to(state->output, (first + state->offsets[0]) * (second + state->offsets[1]));
}

void mul_run_int8(const elementwise *operation, elementwise_run run) {
	const mul state = *(const mul *)operation;
	const int8_t *first = run.inputs[0], *second = run.inputs[1];
	int8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int8_t)product(&state, *first, *second);
}

static void run_int16(const elementwise *operation, elementwise_run run) {
	const mul state = *(const mul *)operation;
	const int16_t *first = run.inputs[0], *second = run.inputs[1];
	int16_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int16_t)product(&state, *first, *second);
}

static void run_int32(const elementwise *operation, elementwise_run run) {
	const activation_range range = ((const mul *)operation)->output.range;
	const int32_t *first = run.inputs[0], *second = run.inputs[1];
	int32_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = fixed_clamp(fixed_low_multiply(*first, *second), range.low, range.high);
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	const activation_range_real range = ((const mul *)operation)->range_real;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = activation_clamp_real(*first * *second, range);
}

static bool prepare_quantized(tflite_preparation *preparation, const elementwise_operands *operands, uint8_t activation, mul *operation) {
	const tflite_operand *inputs = operands->inputs, *output = &operands->output;
	for (uint32_t k = 0; k < 2; k++) {
		if (!rescale_expect_scale(preparation, &inputs[k])) return false;
		operation->offsets[k] = -inputs[k].zero_point;
	}
	if (!rescale_expect_scale(preparation, output)) return false;
	const double ratio = (double)inputs[0].scale * (double)inputs[1].scale / (double)output->scale;
	return rescale_result(preparation, output, ratio, 30, activation, &operation->output);
}

bool mul_prepare(tflite_preparation *preparation, elementwise_kernel run_int8) {
	elementwise_operands operands;
	mul operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	const tflite_type type = operands.output.type;
	const uint8_t activation = fb_u8(preparation->reader, &preparation->options, MUL_ACTIVATION, ACTIVATION_NONE);
	if (type == TFLITE_INT8 || (tflite_has(TFLITE_INT16) && type == TFLITE_INT16)) {
		operation.operands.kernel = run_int8;
		if (tflite_has(TFLITE_INT16) && type == TFLITE_INT16) operation.operands.kernel = run_int16;
		if (!prepare_quantized(preparation, &operands, activation, &operation)) return false;
	} else if (tflite_has(TFLITE_INT32) && type == TFLITE_INT32) {
		operation.operands.kernel = run_int32;
		if (!quantization_activation_int32(preparation, activation, &operation.output.range)) return false;
	} else if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) {
		operation.operands.kernel = run_float32;
		if (!quantization_activation_real(preparation, activation, &operation.range_real)) return false;
	} else {
		return tflite_refuse_type(preparation, &operands.output, "int8, int16, int32 or float32 operands");
	}
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 16);
}

/* 19 elements: more than a vector of 16. The expected values come from exact integers in another language. */
bool mul_self_check(elementwise_kernel run_int8) {
	static const int8_t first[19] = { 2, 55, -114, 127, -128, -102, -48, -71, 62, 112, -2, 66, -76, -1, -122, -18, 80, 15, -35 };
	static const int8_t second[19] = { 71, -47, -92, 127, -128, -64, -61, -128, -126, -21, -18, -44, -43, 20, 32, -27, -24, -35, -28 };
	static const int8_t expected[19] = { 16, -73, 127, 127, 127, 127, 58, 127, -128, -87, -1, -83, 78, 4, -12, 11, -68, -21, 26 };
	const rescale_output result = { { 1165401479, -5 }, 5, { -128, 127 } };
	int8_t output[19];
	const elementwise_run run = { 19, { 1, 1, 0 }, { first, second, NULL }, output };
	mul operation;
	memset(&operation, 0, sizeof operation);
	operation.offsets[0] = 11;
	operation.offsets[1] = -23;
	operation.output = result;
	run_int8(&operation.operands, run);
	return memcmp(output, expected, sizeof expected) == 0;
}

static bool prepare(tflite_preparation *preparation) {
	return mul_prepare(preparation, mul_run_int8);
}

static bool self_check(void) {
	return mul_self_check(mul_run_int8);
}

const tflite_kernel tflite_mul = MUL_KERNEL(prepare, self_check);
