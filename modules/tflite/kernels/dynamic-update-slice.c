/* DYNAMIC_UPDATE_SLICE: the input, with another tensor over a part of it that starts where indices say. */
#include "kernels.h"
#include "runs.h"
#include "starts.h"

#include <string.h>

typedef struct {
	const uint8_t *input;
	const uint8_t *update;
	uint8_t *output;
	uint32_t bytes;
	starts starts;
	runs runs;
	/* its axes lie behind this state */
} dynamic_update_slice;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, update, indices, output;
	starts all;
	if (!tflite_expect_operands(preparation, 3, 3) || !tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &update)) return false;
	if (!tflite_input_operand(preparation, 2, &indices) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (update.type != input.type) return tflite_refuse_type(preparation, &update, "update of the input's type");
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	if (output.count != input.count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many elements as the input", output.count);
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0 || !starts_prepare(preparation, &indices, &input, &update, &all)) return false;
	runs_plan plan;
	memset(&plan, 0, sizeof plan);
	int64_t from = update.bytes, to = output.bytes;
	for (uint32_t i = 0; i < input.rank; i++) {
		from /= update.shape[i];
		to /= input.shape[i];
		runs_add(&plan, update.shape[i], from, to);
	}
	runs_close(&plan, element_bytes);
	dynamic_update_slice *state = tflite_state(preparation, (uint32_t)sizeof(dynamic_update_slice) + runs_axes_bytes(&plan), 0, (uint64_t)input.count + update.count + TFLITE_MAX_RANK);
	if (state == NULL) return true;
	state->input = input.data;
	state->update = update.data;
	state->output = output.data;
	state->bytes = input.bytes;
	state->starts = all;
	runs_store(&plan, &state->runs);
	return true;
}

static void invoke(const void *state) {
	const dynamic_update_slice *operation = state;
	memcpy(operation->output, operation->input, operation->bytes);
	runs_copy(&operation->runs, operation->update, operation->output + starts_offset(&operation->starts));
}

const tflite_kernel tflite_dynamic_update_slice = { BUILTIN_DYNAMIC_UPDATE_SLICE, 1, 3, OPTIONS_DYNAMIC_UPDATE_SLICE, "DYNAMIC_UPDATE_SLICE", prepare, invoke, NULL };
