#include "rescale.h"

bool rescale_expect_scale(tflite_preparation *preparation, const tflite_operand *operand) {
	if (operand->type == TFLITE_INT16 && operand->zero_point != 0) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, operand, "zero point 0 of int16", operand->zero_point);
	}
	return tflite_expect_per_tensor(preparation, operand);
}

bool rescale_to_common(tflite_preparation *preparation, const elementwise_operands *operands, int32_t left_shift, rescale_arithmetic arithmetic,
                       rescale_input inputs[2], double *common_scale) {
	const float first = operands->inputs[0].scale, second = operands->inputs[1].scale, larger = first > second ? first : second;
	const bool narrow = arithmetic == RESCALE_IN_FLOAT32;
	*common_scale = narrow ? (double)(2.0f * larger) : 2.0 * (double)larger;
	for (uint32_t k = 0; k < 2; k++) {
		const tflite_operand *input = &operands->inputs[k];
		if (!tflite_expect_per_tensor(preparation, input)) return false;
		inputs[k].offset = -input->zero_point;
		inputs[k].left_shift = left_shift;
		double ratio = (double)input->scale / *common_scale;
		if (narrow) ratio = (double)(input->scale / (float)*common_scale);
		if (!quantization_multiplier(preparation, input, ratio, 0, &inputs[k].multiplier)) return false;
	}
	return tflite_expect_per_tensor(preparation, &operands->output);
}

bool rescale_result(tflite_preparation *preparation, const tflite_operand *output, double ratio, int32_t most_shift, uint8_t activation, rescale_output *result) {
	result->offset = output->zero_point;
	return quantization_multiplier(preparation, output, ratio, most_shift, &result->multiplier) &&
	       quantization_activation(preparation, activation, output, &result->range);
}
