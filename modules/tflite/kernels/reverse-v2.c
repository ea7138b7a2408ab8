/* REVERSE_V2: backwards along some of the axes. */
#include "constants.h"
#include "kernels.h"
#include "runs.h"

#include <string.h>

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output, axes;
	int64_t values[TFLITE_MAX_RANK];
	uint32_t reversed = 0;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &axes) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	if (axes.count > input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &axes, "no more axes than the input has", axes.count);
	if (!constants_read(preparation, &axes, axes.count, values)) return false;
	for (uint32_t i = 0; i < axes.count; i++) {
		uint32_t axis;
		if (!constants_check_axis(preparation, &axes, values[i], input.rank, &axis)) return false;
		if (reversed >> axis & 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &axes, "each axis once", values[i]);
		reversed |= (uint32_t)1 << axis;
	}
	runs_plan plan;
	memset(&plan, 0, sizeof plan);
	int64_t step = input.bytes, offset = 0, shape[TFLITE_MAX_RANK];
	for (uint32_t i = 0; i < input.rank; i++) {
		const bool backwards = reversed >> i & 1;
		shape[i] = input.shape[i];
		step /= shape[i];
		if (backwards) offset += step * (shape[i] - 1);
		runs_add(&plan, input.shape[i], backwards ? -step : step, step);
	}
	runs_close(&plan, element_bytes);
	return constants_check_shape(preparation, &output, input.rank, shape) && runs_prepare(preparation, &plan, &input, (uint32_t)offset, &output);
}

const tflite_kernel tflite_reverse_v2 = { BUILTIN_REVERSE_V2, 1, 3, OPTIONS_REVERSE_V2, "REVERSE_V2", prepare, runs_invoke, NULL };
