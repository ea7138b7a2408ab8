/* SPLIT_V: parts of any length along an axis. The outputs' shapes say how long; the operand that repeats it is not read. */
#include "constants.h"
#include "kernels.h"
#include "pieces.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input;
	uint32_t axis;
	return tflite_expect_inputs(preparation, 3, 3) && tflite_expect_outputs(preparation, 1, UINT32_MAX) && tflite_input_operand(preparation, 0, &input) &&
	       constants_axis(preparation, 2, input.rank, &axis) && pieces_prepare(preparation, PIECES_OUT, PIECES_OF_ANY_LENGTH, &input, axis);
}

const tflite_kernel tflite_split_v = { BUILTIN_SPLIT_V, 1, 2, OPTIONS_SPLIT_V, "SPLIT_V", prepare, pieces_part, NULL };
