#include "starts.h"

#include <string.h>

bool starts_prepare(tflite_preparation *preparation, const tflite_operand *values, const tflite_operand *whole, const tflite_operand *part, starts *stored) {
	uint32_t step = whole->bytes;
	if (values->type != TFLITE_INT32 && values->type != TFLITE_INT64) return tflite_refuse_type(preparation, values, "int32 or int64 indices");
	if (values->count != whole->rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, values, "an index for each dimension", values->count);
	if (part->rank != whole->rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, part, "inputs and outputs of one rank", part->rank);
	stored->values = values->data;
	stored->wide = values->type == TFLITE_INT64;
	stored->rank = whole->rank;
	for (uint32_t i = 0; i < whole->rank; i++) {
		if (part->shape[i] > whole->shape[i]) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, part, "a part no larger than the whole", part->shape[i]);
		step /= whole->shape[i];
		const starts_axis axis = { whole->shape[i] - part->shape[i], step };
		stored->axes[i] = axis;
	}
	return true;
}

size_t starts_offset(const starts *stored) {
	size_t offset = 0;
	for (uint32_t i = 0; i < stored->rank; i++) {
		int64_t start;
		int32_t narrow;
		if (stored->wide) {
			memcpy(&start, stored->values + 8 * i, sizeof start);
		} else {
			memcpy(&narrow, stored->values + 4 * i, sizeof narrow);
			start = narrow;
		}
		if (start < 0) start = 0;
		if (start > stored->axes[i].most) start = stored->axes[i].most;
		offset += (size_t)start * stored->axes[i].step;
	}
	return offset;
}
