/* GATHER: picks slices of the input along an axis, in the order of indices; within each of the leading dimensions that both share (batch_dims). */
#include "constants.h"
#include "indices.h"
#include "kernels.h"
#include "runs.h"

#include <string.h>

typedef struct {
	const uint8_t *input;
	const int32_t *indices;
	uint8_t *output;
	uint32_t batches;
	/* between the batches and the axis */
	uint32_t outer;
	/* elements of the axis, and indices for each batch */
	uint32_t length;
	uint32_t picks;
	uint32_t slice_bytes;
} gather;

static uint32_t product(const uint32_t *shape, uint32_t from, uint32_t to) {
	uint32_t result = 1;
	for (uint32_t i = from; i < to; i++) result *= shape[i];
	return result;
}

static bool check_batches(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *indices, uint32_t axis, uint32_t *batch_dims) {
	const int32_t given = fb_i32(preparation->reader, &preparation->options, GATHER_BATCH_DIMS, 0);
	const int64_t count = given < 0 ? (int64_t)given + indices->rank : given;
	if (count < 0 || count > axis || count > indices->rank) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "batch dimensions before the axis, that the indices have too", given);
	}
	*batch_dims = (uint32_t)count;
	for (uint32_t i = 0; i < *batch_dims; i++) {
		if (indices->shape[i] != input->shape[i]) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, indices, "the input's batch dimensions", indices->shape[i]);
	}
	return true;
}

/* The output's shape: the input's, with the indices' (without the batches) in place of the axis. */
static bool check_output(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *indices, const tflite_operand *output, uint32_t axis, uint32_t batch_dims) {
	int64_t shape[2 * TFLITE_MAX_RANK];
	uint32_t rank = 0;
	for (uint32_t i = 0; i < axis; i++) shape[rank++] = input->shape[i];
	for (uint32_t i = batch_dims; i < indices->rank; i++) shape[rank++] = indices->shape[i];
	for (uint32_t i = axis + 1; i < input->rank; i++) shape[rank++] = input->shape[i];
	return constants_check_shape(preparation, output, rank, shape);
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, indices, output;
	uint32_t axis, batch_dims = 0;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &indices) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	if (!constants_check_axis(preparation, NULL, fb_i32(preparation->reader, &preparation->options, GATHER_AXIS, 0), input.rank, &axis)) return false;
	if (!check_batches(preparation, &input, &indices, axis, &batch_dims) || !check_output(preparation, &input, &indices, &output, axis, batch_dims)) return false;
	if (!indices_check(preparation, &indices, input.shape[axis])) return false;
	const uint32_t batches = product(input.shape, 0, batch_dims), outer = product(input.shape, batch_dims, axis);
	const uint32_t picks = product(indices.shape, batch_dims, indices.rank);
	gather *state = tflite_state(preparation, (uint32_t)sizeof(gather), 0, (uint64_t)output.count + (uint64_t)batches * outer * picks * 4);
	if (state == NULL) return true;
	state->input = input.data;
	state->indices = (const int32_t *)(const void *)indices.data;
	state->output = output.data;
	state->batches = batches;
	state->outer = outer;
	state->length = input.shape[axis];
	state->picks = picks;
	state->slice_bytes = product(input.shape, axis + 1, input.rank) * element_bytes;
	return true;
}

static void invoke(const void *state) {
	const gather *operation = state;
	const uint8_t *from = operation->input;
	const int32_t *indices = operation->indices;
	uint8_t *to = operation->output;
	for (uint32_t batch = 0; batch < operation->batches; batch++, indices += operation->picks) {
		for (uint32_t outer = 0; outer < operation->outer; outer++, from += (size_t)operation->length * operation->slice_bytes) {
			for (uint32_t i = 0; i < operation->picks; i++, to += operation->slice_bytes) {
				memcpy(to, from + (size_t)index_within(indices[i], operation->length - 1) * operation->slice_bytes, operation->slice_bytes);
			}
		}
	}
}

const tflite_kernel tflite_gather = { BUILTIN_GATHER, 1, 7, OPTIONS_GATHER, "GATHER", prepare, invoke, NULL };
