/* EXPAND_DIMS: the same elements with one dimension of 1 more, before the axis. */
#include "constants.h"
#include "kernels.h"
#include "runs.h"

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	uint32_t axis;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (input.rank == TFLITE_MAX_RANK) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, &input, "at most 7 dimensions", input.rank);
	if (!constants_axis(preparation, 1, input.rank + 1, &axis)) return false;
	int64_t shape[TFLITE_MAX_RANK];
	for (uint32_t i = 0; i <= input.rank; i++) shape[i] = i < axis ? input.shape[i] : i == axis ? 1 : input.shape[i - 1];
	return constants_check_shape(preparation, &output, input.rank + 1, shape) && runs_prepare_whole(preparation, &input, &output);
}

const tflite_kernel tflite_expand_dims = { BUILTIN_EXPAND_DIMS, 1, 1, OPTIONS_EXPAND_DIMS, "EXPAND_DIMS", prepare, runs_invoke, NULL };
