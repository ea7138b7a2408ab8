/*
 * STRIDED_SLICE: from begin to end in steps, along each axis. Masks of the options leave out begin or end, or drop the axis
 * (shrink). Ellipsis and new-axis masks are not looked at, as in the reference: begin, end and strides have a value for each axis.
 */
#include "constants.h"
#include "kernels.h"
#include "runs.h"

#include <string.h>

typedef struct {
	int64_t begin[TFLITE_MAX_RANK];
	int64_t end[TFLITE_MAX_RANK];
	int64_t strides[TFLITE_MAX_RANK];
	uint32_t begin_mask;
	uint32_t end_mask;
	uint32_t shrink_mask;
} bounds;

/* A bound as an index; one below 0 counts from the end. What lies outside is moved to just outside on the side of its bound. */
static int64_t bound_index(int64_t value, int64_t size, int64_t stride) {
	const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? size : size - 1;
	if (value < 0) value += size;
	if (value < low) return low;
	return value > high ? high : value;
}

/* Where an axis begins and how many elements are taken; *count is 0 if none. */
static void take(const bounds *of, uint32_t axis, int64_t size, int64_t *start, int64_t *count) {
	const uint32_t bit = (uint32_t)1 << axis;
	const int64_t stride = of->strides[axis];
	*start = bound_index(of->begin[axis], size, stride);
	if (of->begin_mask & bit) *start = stride > 0 ? 0 : size - 1;
	if (of->shrink_mask & bit) {
		/* The reference leaves the output unwritten when it goes backwards here. */
		*count = stride > 0 && *start < size;
		return;
	}
	int64_t end = bound_index(of->end[axis], size, stride);
	if (of->end_mask & bit) end = stride > 0 ? size : -1;
	const int64_t length = stride > 0 ? end - *start : *start - end, step = stride > 0 ? stride : -stride;
	*count = length > 0 ? (length + step - 1) / step : 0;
}

static bool read_bounds(tflite_preparation *preparation, uint32_t rank, bounds *of) {
	fb_reader *reader = preparation->reader;
	of->begin_mask = (uint32_t)fb_i32(reader, &preparation->options, STRIDED_SLICE_BEGIN_MASK, 0);
	of->end_mask = (uint32_t)fb_i32(reader, &preparation->options, STRIDED_SLICE_END_MASK, 0);
	of->shrink_mask = (uint32_t)fb_i32(reader, &preparation->options, STRIDED_SLICE_SHRINK_AXIS_MASK, 0);
	if (!constants_input(preparation, 1, rank, of->begin) || !constants_input(preparation, 2, rank, of->end) || !constants_input(preparation, 3, rank, of->strides)) return false;
	for (uint32_t i = 0; i < rank; i++) {
		/* Also keeps all sums far from overflow. */
		if (of->strides[i] == 0 || of->strides[i] < -INT32_MAX || of->strides[i] > INT32_MAX) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "a stride other than 0, in 32 bits", of->strides[i]);
		}
	}
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	bounds of;
	if (!tflite_expect_operands(preparation, 4, 4) || !tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0 || !read_bounds(preparation, input.rank, &of)) return false;
	runs_plan plan;
	memset(&plan, 0, sizeof plan);
	int64_t shape[TFLITE_MAX_RANK], from = input.bytes, to = output.bytes, offset = 0;
	uint32_t rank = 0;
	for (uint32_t i = 0; i < input.rank; i++) {
		int64_t start, count;
		take(&of, i, input.shape[i], &start, &count);
		if (count == 0) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "a slice of at least 1 element along each axis", 0);
		if (!(of.shrink_mask >> i & 1)) shape[rank++] = count;
		from /= input.shape[i];
		offset += start * from;
		to /= count;
		runs_add(&plan, (uint32_t)count, of.strides[i] * from, to);
	}
	runs_close(&plan, element_bytes);
	return constants_check_shape(preparation, &output, rank, shape) && runs_prepare(preparation, &plan, &input, (uint32_t)offset, &output);
}

const tflite_kernel tflite_strided_slice = { BUILTIN_STRIDED_SLICE, 1, 8, OPTIONS_STRIDED_SLICE, "STRIDED_SLICE", prepare, runs_invoke, NULL };
