#include "quantization.h"

#include "../schema.h"

#include <float.h>

activation_range quantization_type_range(tflite_type type) {
	const activation_range int8 = { INT8_MIN, INT8_MAX }, int16 = { INT16_MIN, INT16_MAX }, uint8 = { 0, UINT8_MAX }, int32 = { INT32_MIN, INT32_MAX };
	switch (type) {
		case TFLITE_INT8: return int8;
		case TFLITE_INT16: return int16;
		case TFLITE_UINT8: return uint8;
		default: return int32;
	}
}

static bool known_activation(tflite_preparation *preparation, uint8_t activation) {
	return activation <= ACTIVATION_RELU6 ||
	       tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, NULL, "activation 0 (none), 1 (RELU), 2 (RELU_N1_TO_1) or 3 (RELU6)", activation);
}

bool quantization_activation(tflite_preparation *preparation, uint8_t activation, const tflite_operand *output, activation_range *range) {
	const activation_range all = quantization_type_range(output->type);
	*range = all;
	if (!known_activation(preparation, activation)) return false;
	if (activation == ACTIVATION_NONE) return true;
	float low = activation == ACTIVATION_RELU_N1_TO_1 ? -1.0f : 0.0f;
	float high = activation == ACTIVATION_RELU_N1_TO_1 ? 1.0f : 6.0f;
	range->low = fixed_quantize(low, output->scale, output->zero_point, all.low, all.high);
	if (activation != ACTIVATION_RELU) range->high = fixed_quantize(high, output->scale, output->zero_point, all.low, all.high);
	return true;
}

bool quantization_activation_int32(tflite_preparation *preparation, uint8_t activation, activation_range *range) {
	range->low = activation == ACTIVATION_NONE ? INT32_MIN : activation == ACTIVATION_RELU_N1_TO_1 ? -1 : 0;
	range->high = activation == ACTIVATION_RELU_N1_TO_1 ? 1 : activation == ACTIVATION_RELU6 ? 6 : INT32_MAX;
	return known_activation(preparation, activation);
}

bool quantization_activation_real(tflite_preparation *preparation, uint8_t activation, activation_range_real *range) {
	range->low = activation == ACTIVATION_NONE ? -FLT_MAX : activation == ACTIVATION_RELU_N1_TO_1 ? -1.0f : 0.0f;
	range->high = activation == ACTIVATION_RELU_N1_TO_1 ? 1.0f : activation == ACTIVATION_RELU6 ? 6.0f : FLT_MAX;
	return known_activation(preparation, activation);
}

bool quantization_multiplier(tflite_preparation *preparation, const tflite_operand *operand, double real, int32_t most_shift, fixed_multiplier *multiplier) {
	/* Written so that NaN fails too. */
	if (!(real > 0.0 && real <= DBL_MAX)) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, operand, "scales whose ratio is a positive number");
	*multiplier = fixed_from_real(real);
	if (multiplier->shift > most_shift) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, operand, "a smaller ratio of scales, its power of 2", multiplier->shift);
	}
	return true;
}
