/* UNPACK: the slices of an input along an axis, each without it. */
#include "constants.h"
#include "kernels.h"
#include "pieces.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input;
	uint32_t axis;
	if (!tflite_expect_inputs(preparation, 1, 1) || !tflite_expect_outputs(preparation, 1, UINT32_MAX) || !tflite_input_operand(preparation, 0, &input)) return false;
	int32_t count = fb_i32(preparation->reader, &preparation->options, UNPACK_NUM, 0);
	if (count < 0 || (uint32_t)count != preparation->outputs.length) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "as many values as outputs", count);
	}
	return constants_check_axis(preparation, NULL, fb_i32(preparation->reader, &preparation->options, UNPACK_AXIS, 0), input.rank, &axis) &&
	       pieces_prepare(preparation, PIECES_OUT, PIECES_WITHOUT_AXIS, &input, axis);
}

const tflite_kernel tflite_unpack = { BUILTIN_UNPACK, 1, 4, OPTIONS_UNPACK, "UNPACK", prepare, pieces_part, NULL };
