#include "indices.h"

#include <string.h>

bool indices_check(tflite_preparation *preparation, const tflite_operand *operand, uint32_t count) {
	if (operand->type != TFLITE_INT32) return tflite_refuse_type(preparation, operand, "int32 indices");
	if (!operand->constant) return true;
	/* Many operators may share one long operand. */
	const fb_vector values = { 0, operand->count };
	fb_spend(preparation->reader, values, 4);
	if (preparation->reader->broken) return false;
	for (uint32_t i = 0; i < operand->count; i++) {
		int32_t index;
		memcpy(&index, operand->data + (size_t)4 * i, sizeof index);
		if (index < 0 || (uint32_t)index >= count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "indices of elements that are there", index);
	}
	return true;
}
