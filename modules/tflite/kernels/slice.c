/*
 * SLICE: a part of the input that begins at an index of each axis and is as long as the output. Begins that come at run time
 * are moved so that it lies inside; the reference would read outside.
 */
#include "constants.h"
#include "kernels.h"
#include "runs.h"
#include "starts.h"

#include <string.h>

typedef struct {
	const uint8_t *input;
	uint8_t *output;
	/* none, of rank 0, if they are constant */
	starts starts;
	runs runs;
	/* its axes lie behind this state */
} slice;

/* Checks constant sizes (-1 is up to the end) against the output's, and constant begins, of which *offset becomes that of the first element. */
static bool check_constants(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *begin, const tflite_operand *size, const tflite_operand *output, int64_t *offset) {
	int64_t begins[TFLITE_MAX_RANK], sizes[TFLITE_MAX_RANK], step = input->bytes;
	if (size->constant && !constants_read(preparation, size, input->rank, sizes)) return false;
	if (begin->constant && !constants_read(preparation, begin, input->rank, begins)) return false;
	for (uint32_t i = 0; i < input->rank; i++) {
		step /= input->shape[i];
		if (size->constant && sizes[i] != -1 && sizes[i] != output->shape[i]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "the dimensions of the slice", output->shape[i]);
		}
		if (!begin->constant) continue;
		if (begins[i] < 0 || begins[i] > (int64_t)input->shape[i] - output->shape[i]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, begin, "a slice inside of the input, which begins at", begins[i]);
		}
		if (size->constant && sizes[i] == -1 && begins[i] + output->shape[i] != input->shape[i]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "the dimensions of the slice", output->shape[i]);
		}
		*offset += begins[i] * step;
	}
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, begin, size, output;
	starts all;
	if (!tflite_expect_operands(preparation, 3, 3) || !tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &begin)) return false;
	if (!tflite_input_operand(preparation, 2, &size) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	if (size.type != begin.type) return tflite_refuse_type(preparation, &size, "begin and size of one type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	int64_t offset = 0;
	if (!starts_prepare(preparation, &begin, &input, &output, &all) || !check_constants(preparation, &input, &begin, &size, &output, &offset)) return false;
	runs_plan plan;
	memset(&plan, 0, sizeof plan);
	int64_t from = input.bytes, to = output.bytes;
	for (uint32_t i = 0; i < input.rank; i++) {
		from /= input.shape[i];
		to /= output.shape[i];
		runs_add(&plan, output.shape[i], from, to);
	}
	runs_close(&plan, element_bytes);
	slice *state = tflite_state(preparation, (uint32_t)sizeof(slice) + runs_axes_bytes(&plan), 0, (uint64_t)output.count + TFLITE_MAX_RANK);
	if (state == NULL) return true;
	state->input = input.data + offset;
	state->output = output.data;
	state->starts = all;
	if (begin.constant) state->starts.rank = 0;
	runs_store(&plan, &state->runs);
	return true;
}

static void invoke(const void *state) {
	const slice *operation = state;
	runs_copy(&operation->runs, operation->input + starts_offset(&operation->starts), operation->output);
}

const tflite_kernel tflite_slice = { BUILTIN_SLICE, 1, 6, OPTIONS_SLICE, "SLICE", prepare, invoke, NULL };
