/*
 * SUB: element by element, with broadcasting. Quantized operands are brought to a common scale first, whose ratios the reference
 * computes in float32.
 */
#include "kernels.h"
#include "rescale.h"

typedef struct {
	elementwise operands;
	rescale_input inputs[2];
	/* its range also holds for int32 */
	rescale_output output;
	activation_range_real range_real;
} sub;

static inline int32_t difference(const sub *state, int32_t first, int32_t second) {
	return rescale_to(state->output, fixed_subtract(rescale_from(state->inputs[0], first), rescale_from(state->inputs[1], second)));
}

static void run_int8(const elementwise *operation, elementwise_run run) {
	const sub state = *(const sub *)operation;
	const int8_t *first = run.inputs[0], *second = run.inputs[1];
	int8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int8_t)difference(&state, *first, *second);
}

static void run_int16(const elementwise *operation, elementwise_run run) {
	const sub state = *(const sub *)operation;
	const int16_t *first = run.inputs[0], *second = run.inputs[1];
	int16_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (int16_t)difference(&state, *first, *second);
}

static void run_int32(const elementwise *operation, elementwise_run run) {
	const activation_range range = ((const sub *)operation)->output.range;
	const int32_t *first = run.inputs[0], *second = run.inputs[1];
	int32_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = fixed_clamp(fixed_subtract(*first, *second), range.low, range.high);
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	const activation_range_real range = ((const sub *)operation)->range_real;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = activation_clamp_real(*first - *second, range);
}

static bool prepare_quantized(tflite_preparation *preparation, const elementwise_operands *operands, uint8_t activation, sub *operation) {
	const tflite_operand *inputs = operands->inputs, *output = &operands->output;
	const int32_t left_shift = rescale_sum_shift(output->type);
	const float common_scale = 2.0f * rescale_larger_scale(operands);
	const float first_ratio = inputs[0].scale / common_scale, second_ratio = inputs[1].scale / common_scale;
	const float result_ratio = common_scale / ((float)(1 << left_shift) * output->scale);
	return rescale_inputs(preparation, operands, left_shift, (double)first_ratio, (double)second_ratio, operation->inputs) &&
	       rescale_result(preparation, output, (double)result_ratio, 0, activation, &operation->output);
}

static bool prepare(tflite_preparation *preparation) {
	elementwise_operands operands;
	sub operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	const tflite_type type = operands.output.type;
	const uint8_t activation = fb_u8(preparation->reader, &preparation->options, SUB_ACTIVATION, ACTIVATION_NONE);
	if (type == TFLITE_INT8 || (tflite_has(TFLITE_INT16) && type == TFLITE_INT16)) {
		operation.operands.kernel = run_int8;
		if (tflite_has(TFLITE_INT16) && type == TFLITE_INT16) operation.operands.kernel = run_int16;
		if (!prepare_quantized(preparation, &operands, activation, &operation)) return false;
	} else if (tflite_has(TFLITE_INT32) && type == TFLITE_INT32) {
		operation.operands.kernel = run_int32;
		if (!elementwise_expect_no_scales(preparation, &operands)) return false;
		if (operands.output.scale_count > 0) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &operands.output, "an int32 output without a scale");
		if (!quantization_activation_int32(preparation, activation, &operation.output.range)) return false;
	} else if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) {
		operation.operands.kernel = run_float32;
		if (!quantization_activation_real(preparation, activation, &operation.range_real)) return false;
	} else {
		return tflite_refuse_type(preparation, &operands.output, "int8, int16, int32 or float32 operands");
	}
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 16);
}

const tflite_kernel tflite_sub = { BUILTIN_SUB, 1, 5, OPTIONS_SUB, "SUB", prepare, elementwise_invoke, NULL };
