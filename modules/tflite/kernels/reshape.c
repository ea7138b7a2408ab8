/* RESHAPE: the same elements in the same order. The file says the new shape; an operand that repeats it is not read. */
#include "kernels.h"
#include "runs.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!tflite_expect_operands(preparation, 1, 2)) return false;
	return tflite_input_operand(preparation, 0, &input) && tflite_output_operand(preparation, 0, &output) && runs_prepare_whole(preparation, &input, &output);
}

const tflite_kernel tflite_reshape = { BUILTIN_RESHAPE, 1, 1, OPTIONS_RESHAPE, "RESHAPE", prepare, runs_invoke, NULL };
