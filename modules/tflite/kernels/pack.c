/* PACK: inputs of one shape become the slices of an output that has one axis more. */
#include "constants.h"
#include "kernels.h"
#include "pieces.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand output;
	uint32_t axis;
	if (!tflite_expect_operands(preparation, 1, UINT32_MAX) || !tflite_output_operand(preparation, 0, &output)) return false;
	int32_t count = fb_i32(preparation->reader, &preparation->options, PACK_VALUES_COUNT, 0);
	if (count < 0 || (uint32_t)count != preparation->inputs.length) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "as many values as inputs", count);
	}
	return constants_check_axis(preparation, NULL, fb_i32(preparation->reader, &preparation->options, PACK_AXIS, 0), output.rank, &axis) &&
	       pieces_prepare(preparation, PIECES_IN, PIECES_WITHOUT_AXIS, &output, axis);
}

const tflite_kernel tflite_pack = { BUILTIN_PACK, 1, 4, OPTIONS_PACK, "PACK", prepare, pieces_join, NULL };
