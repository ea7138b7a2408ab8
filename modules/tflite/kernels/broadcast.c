#include "broadcast.h"

#include <string.h>

/* A dimension counted from the last; 1 where the operand has fewer. */
static uint32_t from_last(const tflite_operand *operand, uint32_t dimension) {
	return dimension < operand->rank ? operand->shape[operand->rank - 1 - dimension] : 1;
}

/* Adds an axis outside those that are there, or widens the outermost if both operands go on in the same stride. */
static void add_axis(broadcast_shape *reversed, const broadcast_axis *axis) {
	if (reversed->rank > 0) {
		broadcast_axis *last = &reversed->axes[reversed->rank - 1];
		if (axis->first == last->first * last->count && axis->second == last->second * last->count) {
			last->count *= axis->count;
			return;
		}
	}
	reversed->axes[reversed->rank++] = *axis;
}

bool broadcast_fit(tflite_preparation *preparation, const tflite_operand *first, const tflite_operand *second, const tflite_operand *output, broadcast_shape *shape) {
	broadcast_shape reversed;
	memset(&reversed, 0, sizeof reversed);
	uint32_t rank = first->rank > second->rank ? first->rank : second->rank;
	uint32_t first_step = 1, second_step = 1, count = 1;
	for (uint32_t i = 0; i < rank || i < output->rank; i++) {
		uint32_t a = from_last(first, i), b = from_last(second, i), c = a > b ? a : b;
		if (a != b && a != 1 && b != 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, second, "a dimension that is 1 or equals the other input's", b);
		if (from_last(output, i) != c) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "the dimensions that both inputs make", from_last(output, i));
		}
		const broadcast_axis axis = { c, a == 1 ? 0 : first_step, b == 1 ? 0 : second_step };
		if (c != 1) add_axis(&reversed, &axis);
		first_step *= a;
		second_step *= b;
		count *= c;
	}
	if (reversed.rank == 0) {
		const broadcast_axis single = { count, 0, 0 };
		reversed.axes[reversed.rank++] = single;
	}
	shape->rank = reversed.rank;
	for (uint32_t i = 0; i < reversed.rank; i++) shape->axes[i] = reversed.axes[reversed.rank - 1 - i];
	return true;
}

bool broadcast_next(const broadcast_axis *axes, uint32_t rank, broadcast_position *position) {
	for (uint32_t i = rank - 1; i-- > 0;) {
		position->first += axes[i].first;
		position->second += axes[i].second;
		if (++position->counters[i] < axes[i].count) return true;
		position->counters[i] = 0;
		position->first -= axes[i].first * axes[i].count;
		position->second -= axes[i].second * axes[i].count;
	}
	return false;
}
