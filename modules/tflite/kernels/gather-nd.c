/*
 * GATHER_ND: picks slices of the input, each by an index for every one of its leading axes. As in the reference, an index may
 * lie outside of its axis as long as the place that all of them make together is inside; if not, the nearest is taken.
 */
#include "constants.h"
#include "indices.h"
#include "kernels.h"
#include "runs.h"

#include <string.h>

/* As many leading axes as the reference takes. */
enum { MOST_INDICES = 5 };

typedef struct {
	const uint8_t *input;
	const int32_t *indices;
	uint8_t *output;
	uint32_t slices;
	/* of one slice */
	uint32_t bytes;
	/* elements of the input from the first slice to the last possible place of one */
	uint32_t most;
	uint32_t element_bytes;
	/* leading axes, and elements from one index of each to the next */
	uint32_t axes;
	uint32_t steps[MOST_INDICES];
} gather_nd;

static bool check_output(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *indices, const tflite_operand *output, uint32_t axes) {
	int64_t shape[2 * TFLITE_MAX_RANK];
	uint32_t rank = 0;
	for (uint32_t i = 0; i + 1 < indices->rank; i++) shape[rank++] = indices->shape[i];
	for (uint32_t i = axes; i < input->rank; i++) shape[rank++] = input->shape[i];
	return constants_check_shape(preparation, output, rank, shape);
}

/* The place, in elements, that indices make together. Wraps around, as the reference's sum does in practice. */
static inline int32_t place_of(const gather_nd *operation, const int32_t *indices) {
	uint32_t place = 0;
	for (uint32_t i = 0; i < operation->axes; i++) place += (uint32_t)indices[i] * operation->steps[i];
	return (int32_t)place;
}

/* For indices in the file. */
static bool check_places(tflite_preparation *preparation, const tflite_operand *indices, const gather_nd *plan) {
	const int32_t *at = (const int32_t *)(const void *)indices->data;
	/* Many operators may share one long operand. */
	const fb_vector values = { 0, indices->count };
	fb_spend(preparation->reader, values, 4);
	if (preparation->reader->broken) return false;
	for (uint32_t i = 0; i < plan->slices; i++, at += plan->axes) {
		const int32_t place = place_of(plan, at);
		if (place < 0 || (uint32_t)place > plan->most) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, indices, "indices of slices that are there", place);
	}
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, indices, output;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &indices) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	if (indices.type != TFLITE_INT32) return tflite_refuse_type(preparation, &indices, "int32 indices");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	if (indices.rank == 0) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &indices, "at least 1 dimension", indices.rank);
	const uint32_t axes = indices.shape[indices.rank - 1];
	if (axes > input.rank || axes > MOST_INDICES) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &indices, "at most 5 indices, for axes of the input", axes);
	if (!check_output(preparation, &input, &indices, &output, axes)) return false;
	gather_nd plan;
	memset(&plan, 0, sizeof plan);
	plan.slices = indices.count / axes;
	plan.element_bytes = element_bytes;
	plan.axes = axes;
	uint32_t step = input.count;
	for (uint32_t i = 0; i < axes; i++) {
		step /= input.shape[i];
		plan.steps[i] = step;
	}
	plan.bytes = step * element_bytes;
	plan.most = input.count - step;
	if (indices.constant && !check_places(preparation, &indices, &plan)) return false;
	gather_nd *state = tflite_state(preparation, (uint32_t)sizeof(gather_nd), 0, (uint64_t)output.count + (uint64_t)indices.count * 4);
	if (state == NULL) return true;
	*state = plan;
	state->input = input.data;
	state->indices = (const int32_t *)(const void *)indices.data;
	state->output = output.data;
	return true;
}

static void invoke(const void *state) {
	const gather_nd *operation = state;
	const int32_t *indices = operation->indices;
	uint8_t *to = operation->output;
	for (uint32_t slice = 0; slice < operation->slices; slice++, indices += operation->axes, to += operation->bytes) {
		memcpy(to, operation->input + (size_t)index_within(place_of(operation, indices), operation->most) * operation->element_bytes, operation->bytes);
	}
}

const tflite_kernel tflite_gather_nd = { BUILTIN_GATHER_ND, 1, 5, OPTIONS_GATHER_ND, "GATHER_ND", prepare, invoke, NULL };
