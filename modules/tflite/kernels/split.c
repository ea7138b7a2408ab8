/* SPLIT: equal parts along an axis. */
#include "constants.h"
#include "kernels.h"
#include "pieces.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input;
	uint32_t axis;
	return tflite_expect_inputs(preparation, 2, 2) && tflite_expect_outputs(preparation, 1, UINT32_MAX) && tflite_input_operand(preparation, 1, &input) &&
	       constants_axis(preparation, 0, input.rank, &axis) && pieces_prepare(preparation, PIECES_OUT, PIECES_OF_EQUAL_LENGTH, &input, axis);
}

const tflite_kernel tflite_split = { BUILTIN_SPLIT, 1, 4, OPTIONS_SPLIT, "SPLIT", prepare, pieces_part, NULL };
