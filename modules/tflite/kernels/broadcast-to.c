/* BROADCAST_TO: dimensions that are 1 or missing at the front are repeated. */
#include "constants.h"
#include "kernels.h"
#include "runs.h"

#include <string.h>

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output, dimensions;
	int64_t shape[TFLITE_MAX_RANK];
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &dimensions) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	if (dimensions.count != output.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many dimensions as the operator makes", output.rank);
	if (!constants_read(preparation, &dimensions, output.rank, shape) || !constants_check_shape(preparation, &output, output.rank, shape)) return false;
	if (input.rank > output.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &input, "no more dimensions than the output", input.rank);
	runs_plan plan;
	memset(&plan, 0, sizeof plan);
	int64_t from = input.bytes, to = output.bytes;
	const uint32_t missing = output.rank - input.rank;
	for (uint32_t i = 0; i < output.rank; i++) {
		const uint32_t size = i < missing ? 1 : input.shape[i - missing];
		if (size != 1 && size != output.shape[i]) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &input, "a dimension that is 1 or the output's", size);
		from /= size;
		to /= output.shape[i];
		runs_add(&plan, output.shape[i], size == 1 ? 0 : from, to);
	}
	runs_close(&plan, element_bytes);
	return runs_prepare(preparation, &plan, &input, 0, &output);
}

const tflite_kernel tflite_broadcast_to = { BUILTIN_BROADCAST_TO, 1, 3, OPTIONS_BROADCAST_TO, "BROADCAST_TO", prepare, runs_invoke, NULL };
