#include "constants.h"

#include <string.h>

bool constants_read(tflite_preparation *preparation, const tflite_operand *operand, uint32_t count, int64_t *values) {
	if (!operand->constant) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, operand, "a constant");
	if (operand->count < count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "a value for each dimension", operand->count);
	for (uint32_t i = 0; i < count; i++) {
		int32_t narrow;
		int16_t half;
		switch (operand->type) {
			case TFLITE_INT64:
				/* aligned to 4 bytes only */
				memcpy(&values[i], operand->data + 8 * i, 8);
				break;
			case TFLITE_INT32:
				memcpy(&narrow, operand->data + 4 * i, 4);
				values[i] = narrow;
				break;
			case TFLITE_INT16:
				memcpy(&half, operand->data + 2 * i, 2);
				values[i] = half;
				break;
			case TFLITE_INT8:
				values[i] = (int8_t)operand->data[i];
				break;
			default:
				return tflite_refuse_type(preparation, operand, "integers");
		}
	}
	return true;
}

bool constants_input(tflite_preparation *preparation, uint32_t slot, uint32_t count, int64_t *values) {
	tflite_operand operand;
	return tflite_input_operand(preparation, slot, &operand) && constants_read(preparation, &operand, count, values);
}

bool constants_check_axis(tflite_preparation *preparation, const tflite_operand *operand, int64_t value, uint32_t rank, uint32_t *axis) {
	int64_t from_first = value < 0 ? value + rank : value;
	if (from_first < 0 || from_first >= rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "an axis that the tensor has", value);
	*axis = (uint32_t)from_first;
	return true;
}

bool constants_axis(tflite_preparation *preparation, uint32_t slot, uint32_t rank, uint32_t *axis) {
	tflite_operand operand;
	int64_t value;
	return tflite_input_operand(preparation, slot, &operand) && constants_read(preparation, &operand, 1, &value) &&
	       constants_check_axis(preparation, &operand, value, rank, axis);
}

bool constants_check_shape(tflite_preparation *preparation, const tflite_operand *operand, uint32_t rank, const int64_t *shape) {
	if (operand->rank != rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "as many dimensions as the operator makes", operand->rank);
	for (uint32_t i = 0; i < rank; i++) {
		if (operand->shape[i] != shape[i]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "the dimensions that the operator makes", operand->shape[i]);
		}
	}
	return true;
}
