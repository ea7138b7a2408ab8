#include "signal.h"

bool signal_options(tflite_preparation *preparation, flexbuffer_map *options) {
	const fb_vector bytes = preparation->custom_options;
	return flexbuffer_open(preparation->reader->bytes + bytes.position, bytes.length, options) ||
	       tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, NULL, "options that are a FlexBuffer with a map");
}

bool signal_option(tflite_preparation *preparation, const flexbuffer_map *options, const char *name, int64_t low, int64_t high, const char *expected, int64_t *value) {
	if (!flexbuffer_integer(options, name, value)) return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, NULL, expected);
	return (*value >= low && *value <= high) || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, expected, *value);
}

static bool expect(tflite_preparation *preparation, const tflite_operand *operand, tflite_type type, uint32_t rank) {
	static const char *const ranks[] = { "a single number", "1 dimension" };
	if (operand->type != type) {
		const char *expected = type == TFLITE_INT16 ? "int16" : type == TFLITE_INT32 ? "int32" : type == TFLITE_UINT32 ? "uint32" : "uint64";
		return tflite_refuse_type(preparation, operand, expected);
	}
	return operand->rank == rank || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, ranks[rank], operand->rank);
}

bool signal_input(tflite_preparation *preparation, uint32_t slot, tflite_type type, uint32_t rank, tflite_operand *operand) {
	return tflite_input_operand(preparation, slot, operand) && expect(preparation, operand, type, rank);
}

bool signal_output(tflite_preparation *preparation, uint32_t slot, tflite_type type, uint32_t rank, tflite_operand *operand) {
	return tflite_output_operand(preparation, slot, operand) && expect(preparation, operand, type, rank);
}

bool signal_expect_count(tflite_preparation *preparation, const tflite_operand *operand, uint32_t count) {
	return operand->count == count || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "as many elements as the other operands have", operand->count);
}
