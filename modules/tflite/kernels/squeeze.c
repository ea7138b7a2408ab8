/* SQUEEZE: the same elements without dimensions of 1: those that the options name, or all. */
#include "constants.h"
#include "kernels.h"
#include "runs.h"

/* Marks the dimensions that go, a bit for each. */
static bool find_squeezed(tflite_preparation *preparation, const tflite_operand *input, uint32_t *squeezed) {
	fb_vector dimensions = fb_vector_field(preparation->reader, &preparation->options, SQUEEZE_DIMS, 4);
	*squeezed = 0;
	if (dimensions.length > TFLITE_MAX_RANK) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "at most 8 dimensions", dimensions.length);
	for (uint32_t i = 0; i < input->rank && dimensions.length == 0; i++) {
		if (input->shape[i] == 1) *squeezed |= (uint32_t)1 << i;
	}
	for (uint32_t i = 0; i < dimensions.length; i++) {
		uint32_t dimension;
		if (!constants_check_axis(preparation, NULL, fb_i32_element(preparation->reader, dimensions, i), input->rank, &dimension)) return false;
		if (input->shape[dimension] != 1) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, input, "a dimension of 1 to squeeze", input->shape[dimension]);
		}
		*squeezed |= (uint32_t)1 << dimension;
	}
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	uint32_t squeezed, rank = 0;
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!find_squeezed(preparation, &input, &squeezed)) return false;
	int64_t shape[TFLITE_MAX_RANK];
	for (uint32_t i = 0; i < input.rank; i++) {
		if (!(squeezed >> i & 1)) shape[rank++] = input.shape[i];
	}
	return constants_check_shape(preparation, &output, rank, shape) && runs_prepare_whole(preparation, &input, &output);
}

const tflite_kernel tflite_squeeze = { BUILTIN_SQUEEZE, 1, 2, OPTIONS_SQUEEZE, "SQUEEZE", prepare, runs_invoke, NULL };
