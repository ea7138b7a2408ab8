/* PRELU: x, or below 0 x times alpha, element by element, with broadcasting. Alpha of int16 is int8. */
#include "kernels.h"
#include "rescale.h"

typedef struct {
	elementwise operands;
	int32_t input_offset;
	int32_t alpha_offset;
	/* of inputs from 0 up, and of those below times alpha */
	rescale_output positive;
	fixed_multiplier negative;
} prelu;

static inline int32_t rectify(const prelu *state, int32_t input, int32_t alpha) {
	const int32_t x = input + state->input_offset;
	rescale_output by = state->positive;
	if (x >= 0) return rescale_to(by, x);
	by.multiplier = state->negative;
	return rescale_to(by, x * (alpha + state->alpha_offset));
}

static void run_int8(const elementwise *operation, elementwise_run run) {
	const prelu state = *(const prelu *)operation;
	const int8_t *input = run.inputs[0], *alpha = run.inputs[1];
	int8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, input += run.steps[0], alpha += run.steps[1]) output[i] = (int8_t)rectify(&state, *input, *alpha);
}

static void run_int16(const elementwise *operation, elementwise_run run) {
	const prelu state = *(const prelu *)operation;
	const int16_t *input = run.inputs[0];
	const int8_t *alpha = run.inputs[1];
	int16_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, input += run.steps[0], alpha += run.steps[1]) output[i] = (int16_t)rectify(&state, *input, *alpha);
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	const float *input = run.inputs[0], *alpha = run.inputs[1];
	float *output = run.output;
	(void)operation;
	for (uint32_t i = 0; i < run.count; i++, input += run.steps[0], alpha += run.steps[1]) output[i] = *input >= 0.0f ? *input : *input * *alpha;
}

static bool prepare_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *alpha, const tflite_operand *output, prelu *operation) {
	if (alpha->type != TFLITE_INT8) return tflite_refuse_type(preparation, alpha, "int8 alpha");
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, alpha)) return false;
	operation->input_offset = -input->zero_point;
	operation->alpha_offset = -alpha->zero_point;
	const double product = (double)input->scale * (double)alpha->scale;
	return rescale_result(preparation, output, (double)input->scale / (double)output->scale, 30, ACTIVATION_NONE, &operation->positive) &&
	       quantization_multiplier(preparation, output, product / (double)output->scale, 30, &operation->negative);
}

static bool prepare(tflite_preparation *preparation) {
	elementwise_operands operands;
	prelu operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands)) return false;
	const tflite_operand *input = &operands.inputs[0], *alpha = &operands.inputs[1], *output = &operands.output;
	const tflite_type type = input->type;
	if (output->type != type) return tflite_refuse_type(preparation, output, "output of the input's type");
	if (type == TFLITE_INT8 || (tflite_has(TFLITE_INT16) && type == TFLITE_INT16)) {
		operation.operands.kernel = run_int8;
		if (tflite_has(TFLITE_INT16) && type == TFLITE_INT16) operation.operands.kernel = run_int16;
		if (!prepare_quantized(preparation, input, alpha, output, &operation)) return false;
	} else if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) {
		operation.operands.kernel = run_float32;
		if (alpha->type != TFLITE_FLOAT32) return tflite_refuse_type(preparation, alpha, "float32 alpha");
	} else {
		return tflite_refuse_type(preparation, input, "int8, int16 or float32 input");
	}
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 16);
}

const tflite_kernel tflite_prelu = { BUILTIN_PRELU, 1, 1, OPTIONS_NONE, "PRELU", prepare, elementwise_invoke, NULL };
