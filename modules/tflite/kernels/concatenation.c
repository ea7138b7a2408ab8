/* CONCATENATION: inputs one after another along an axis. Quantized ones must already have the output's quantization. */
#include "constants.h"
#include "kernels.h"
#include "pieces.h"

static bool check_quantization(tflite_preparation *preparation, const tflite_operand *output) {
	for (uint32_t i = 0; i < preparation->inputs.length; i++) {
		tflite_operand input;
		if (!tflite_input_operand(preparation, i, &input)) return false;
		switch (input.type) {
			case TFLITE_INT8:
			case TFLITE_UINT8:
				/* Neither is NaN. */
				if (input.scale < output->scale || input.scale > output->scale || input.zero_point != output->zero_point) {
					return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &input, "inputs with the output's scale and zero point");
				}
				break;
			case TFLITE_INT16:
				if (input.zero_point != 0 || output->zero_point != 0) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, &input, "int16 with zero point 0");
				break;
			default:
				break;
		}
	}
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand output;
	uint32_t axis;
	if (!tflite_expect_operands(preparation, 1, UINT32_MAX) || !tflite_output_operand(preparation, 0, &output)) return false;
	uint8_t activation = fb_u8(preparation->reader, &preparation->options, CONCATENATION_ACTIVATION, ACTIVATION_NONE);
	if (activation != ACTIVATION_NONE) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, NULL, "activation 0 (none)", activation);
	return constants_check_axis(preparation, NULL, fb_i32(preparation->reader, &preparation->options, CONCATENATION_AXIS, 0), output.rank, &axis) &&
	       check_quantization(preparation, &output) && pieces_prepare(preparation, PIECES_IN, PIECES_OF_ANY_LENGTH, &output, axis);
}

const tflite_kernel tflite_concatenation = { BUILTIN_CONCATENATION, 1, 4, OPTIONS_CONCATENATION, "CONCATENATION", prepare, pieces_join, NULL };
