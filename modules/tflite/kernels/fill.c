/* FILL: one value everywhere. */
#include "constants.h"
#include "kernels.h"
#include "repeated.h"
#include "runs.h"

typedef struct {
	const uint8_t *value;
	uint8_t *output;
	uint32_t bytes;
	uint32_t element_bytes;
} fill;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand dimensions, value, output;
	int64_t shape[TFLITE_MAX_RANK];
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &dimensions) || !tflite_input_operand(preparation, 1, &value) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (value.rank != 0) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &value, "a scalar, of 0 dimensions", value.rank);
	if (output.type != value.type) return tflite_refuse_type(preparation, &output, "output of the value's type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &value);
	if (element_bytes == 0) return false;
	if (dimensions.count != output.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many dimensions as the operator makes", output.rank);
	if (!constants_read(preparation, &dimensions, output.rank, shape) || !constants_check_shape(preparation, &output, output.rank, shape)) return false;
	fill *state = tflite_state(preparation, (uint32_t)sizeof(fill), 0, output.count);
	if (state == NULL) return true;
	state->value = value.data;
	state->output = output.data;
	state->bytes = output.bytes;
	state->element_bytes = element_bytes;
	return true;
}

static void invoke(const void *state) {
	const fill *operation = state;
	repeat_element(operation->output, operation->bytes, operation->value, operation->element_bytes);
}

const tflite_kernel tflite_fill = { BUILTIN_FILL, 1, 4, OPTIONS_FILL, "FILL", prepare, invoke, NULL };
