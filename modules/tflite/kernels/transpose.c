/* TRANSPOSE: axis i of the output is axis permutation[i] of the input. */
#include "constants.h"
#include "kernels.h"
#include "runs.h"

#include <string.h>

static bool check_permutation(tflite_preparation *preparation, const int64_t *permutation, uint32_t rank) {
	uint32_t seen = 0;
	for (uint32_t i = 0; i < rank; i++) {
		/* None counts from the last, as in the reference. */
		if (permutation[i] < 0 || permutation[i] >= rank || (seen >> permutation[i] & 1)) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "each axis of the input once", permutation[i]);
		}
		seen |= (uint32_t)1 << permutation[i];
	}
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output, axes;
	int64_t permutation[TFLITE_MAX_RANK], shape[TFLITE_MAX_RANK];
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &axes) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	if (axes.count != input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &axes, "an axis for each of the input's", axes.count);
	if (!constants_read(preparation, &axes, input.rank, permutation) || !check_permutation(preparation, permutation, input.rank)) return false;
	int64_t steps[TFLITE_MAX_RANK], step = element_bytes;
	for (uint32_t i = input.rank; i-- > 0;) {
		steps[i] = step;
		step *= input.shape[i];
	}
	for (uint32_t i = 0; i < input.rank; i++) shape[i] = input.shape[permutation[i]];
	if (!constants_check_shape(preparation, &output, input.rank, shape)) return false;
	runs_plan plan;
	memset(&plan, 0, sizeof plan);
	int64_t to = output.bytes;
	for (uint32_t i = 0; i < input.rank; i++) {
		to /= shape[i];
		runs_add(&plan, output.shape[i], steps[permutation[i]], to);
	}
	runs_close(&plan, element_bytes);
	return runs_prepare(preparation, &plan, &input, 0, &output);
}

const tflite_kernel tflite_transpose = { BUILTIN_TRANSPOSE, 1, 6, OPTIONS_TRANSPOSE, "TRANSPOSE", prepare, runs_invoke, NULL };
