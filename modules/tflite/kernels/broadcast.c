#include "broadcast.h"

#include <string.h>

/* A dimension counted from the last; 1 where the operand has fewer. */
static uint32_t from_last(const tflite_operand *operand, uint32_t dimension) {
	return dimension < operand->rank ? operand->shape[operand->rank - 1 - dimension] : 1;
}

static bool goes_on(const broadcast_axis *inner, const broadcast_axis *axis) {
	for (uint32_t k = 0; k < BROADCAST_INPUTS; k++) {
		if (axis->steps[k] != inner->steps[k] * inner->count) return false;
	}
	return true;
}

/* Adds an axis outside those that are there, or widens the outermost if all operands go on in the same stride. */
static void add_axis(broadcast_shape *reversed, const broadcast_axis *axis) {
	const uint32_t rank = reversed->rank;
	if (rank > 0 && goes_on(&reversed->axes[rank - 1], axis)) reversed->axes[rank - 1].count *= axis->count;
	else reversed->axes[reversed->rank++] = *axis;
}

/* The dimension that the inputs make, with the axis that steps through it. */
static bool fit_dimension(tflite_preparation *preparation, const tflite_operand *inputs, uint32_t count, uint32_t dimension, uint32_t *strides, broadcast_axis *axis) {
	memset(axis, 0, sizeof *axis);
	axis->count = 1;
	for (uint32_t k = 0; k < count; k++) {
		const uint32_t extent = from_last(&inputs[k], dimension);
		if (extent == 1) continue;
		if (axis->count != 1 && extent != axis->count) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &inputs[k], "a dimension that is 1 or equals the other inputs'", extent);
		}
		axis->count = extent;
		axis->steps[k] = strides[k];
		strides[k] *= extent;
	}
	return true;
}

bool broadcast_fit(tflite_preparation *preparation, const tflite_operand *inputs, uint32_t count, const tflite_operand *output, broadcast_shape *shape) {
	broadcast_shape reversed;
	memset(&reversed, 0, sizeof reversed);
	uint32_t strides[BROADCAST_INPUTS] = { 1, 1, 1 };
	uint32_t rank = output->rank;
	for (uint32_t k = 0; k < count; k++) if (inputs[k].rank > rank) rank = inputs[k].rank;
	for (uint32_t i = 0; i < rank; i++) {
		broadcast_axis axis;
		if (!fit_dimension(preparation, inputs, count, i, strides, &axis)) return false;
		if (from_last(output, i) != axis.count) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "the dimensions that the inputs make", from_last(output, i));
		}
		if (axis.count != 1) add_axis(&reversed, &axis);
	}
	/* Single elements everywhere. */
	if (reversed.rank == 0) reversed.axes[reversed.rank++].count = 1;
	shape->rank = reversed.rank;
	for (uint32_t i = 0; i < reversed.rank; i++) shape->axes[i] = reversed.axes[reversed.rank - 1 - i];
	return true;
}

bool broadcast_next(const broadcast_axis *axes, uint32_t rank, broadcast_position *position) {
	for (uint32_t i = rank - 1; i-- > 0;) {
		const broadcast_axis *axis = &axes[i];
		const bool more = ++position->counters[i] < axis->count;
		for (uint32_t k = 0; k < BROADCAST_INPUTS; k++) {
			position->offsets[k] += axis->steps[k];
			if (!more) position->offsets[k] -= axis->steps[k] * axis->count;
		}
		if (more) return true;
		position->counters[i] = 0;
	}
	return false;
}
