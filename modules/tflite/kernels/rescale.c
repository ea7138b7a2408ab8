#include "rescale.h"

bool rescale_expect_scale(tflite_preparation *preparation, const tflite_operand *operand) {
	if (operand->type == TFLITE_INT16 && operand->zero_point != 0) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, operand, "zero point 0 of int16", operand->zero_point);
	}
	return tflite_expect_per_tensor(preparation, operand);
}

static bool rescale_one(tflite_preparation *preparation, const tflite_operand *operand, int32_t left_shift, double ratio, rescale_input *input) {
	input->offset = -operand->zero_point;
	input->left_shift = left_shift;
	return tflite_expect_per_tensor(preparation, operand) && quantization_multiplier(preparation, operand, ratio, 0, &input->multiplier);
}

bool rescale_inputs(tflite_preparation *preparation, const elementwise_operands *operands, int32_t left_shift, double first_ratio, double second_ratio,
                    rescale_input inputs[2]) {
	return rescale_one(preparation, &operands->inputs[0], left_shift, first_ratio, &inputs[0]) &&
	       rescale_one(preparation, &operands->inputs[1], left_shift, second_ratio, &inputs[1]);
}

bool rescale_result(tflite_preparation *preparation, const tflite_operand *output, double ratio, int32_t most_shift, uint8_t activation, rescale_output *result) {
	result->offset = output->zero_point;
	return tflite_expect_per_tensor(preparation, output) && quantization_multiplier(preparation, output, ratio, most_shift, &result->multiplier) &&
	       quantization_activation(preparation, activation, output, &result->range);
}
