/*
 * ARG_MAX and ARG_MIN: where along an axis the greatest or the least element lies; the first of several. Of float32, a NaN that
 * comes first stays, any other loses: as in the reference.
 */
#include "constants.h"
#include "kernels.h"

#include <string.h>

typedef struct {
	const void *input;
	int32_t *output;
	tflite_type type;
	/* elements: before the axis, along it, and after it, which is also how far apart its elements lie */
	uint32_t outer;
	uint32_t count;
	uint32_t inner;
} arg_extreme;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, axis, output;
	uint32_t dimension = 0, outer = 1;
	int32_t given;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &axis) || !tflite_output_operand(preparation, 0, &output)) return false;
	if ((input.type != TFLITE_INT8 && input.type != TFLITE_FLOAT32) || !tflite_has(input.type)) {
		return tflite_refuse_type(preparation, &input, "int8 or float32 input");
	}
	if (output.type != TFLITE_INT32) return tflite_refuse_type(preparation, &output, "int32 output");
	if (axis.type != TFLITE_INT32) return tflite_refuse_type(preparation, &axis, "an int32 axis");
	if (!axis.constant) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &axis, "a constant axis");
	memcpy(&given, axis.data, sizeof given);
	if (!constants_check_axis(preparation, &axis, given, input.rank, &dimension)) return false;
	for (uint32_t i = 0; i < dimension; i++) outer *= input.shape[i];
	const uint32_t count = input.shape[dimension], results = input.count / count;
	if (output.count != results) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many elements as the axis leaves", output.count);
	arg_extreme *state = tflite_state(preparation, (uint32_t)sizeof(arg_extreme), 0, (uint64_t)input.count + output.count);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = (int32_t *)(void *)output.data;
	state->type = input.type;
	state->outer = outer;
	state->count = count;
	state->inner = results / outer;
	return true;
}

static int32_t greatest_int8(const void *input, uint32_t count, size_t step) {
	const int8_t *from = input;
	int8_t best = from[0];
	uint32_t where = 0;
	for (uint32_t i = 1; i < count; i++) {
		const int8_t value = from[i * step];
		if (value <= best) continue;
		best = value;
		where = i;
	}
	return (int32_t)where;
}

static int32_t least_int8(const void *input, uint32_t count, size_t step) {
	const int8_t *from = input;
	int8_t best = from[0];
	uint32_t where = 0;
	for (uint32_t i = 1; i < count; i++) {
		const int8_t value = from[i * step];
		if (value >= best) continue;
		best = value;
		where = i;
	}
	return (int32_t)where;
}

static int32_t greatest_float32(const void *input, uint32_t count, size_t step) {
	const float *from = input;
	float best = from[0];
	uint32_t where = 0;
	for (uint32_t i = 1; i < count; i++) {
		const float value = from[i * step];
		if (!(value > best)) continue;
		best = value;
		where = i;
	}
	return (int32_t)where;
}

static int32_t least_float32(const void *input, uint32_t count, size_t step) {
	const float *from = input;
	float best = from[0];
	uint32_t where = 0;
	for (uint32_t i = 1; i < count; i++) {
		const float value = from[i * step];
		if (!(value < best)) continue;
		best = value;
		where = i;
	}
	return (int32_t)where;
}

/* Has `find` look along the axis from each of its first elements. */
static void run(const arg_extreme *operation, size_t element_bytes, int32_t (*find)(const void *input, uint32_t count, size_t step)) {
	const uint8_t *input = operation->input;
	int32_t *output = operation->output;
	for (uint32_t outer = 0; outer < operation->outer; outer++) {
		for (uint32_t inner = 0; inner < operation->inner; inner++) *output++ = find(input + inner * element_bytes, operation->count, operation->inner);
		input += (size_t)operation->count * operation->inner * element_bytes;
	}
}

static void invoke_max(const void *state) {
	const arg_extreme *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) run(operation, sizeof(float), greatest_float32);
	else run(operation, sizeof(int8_t), greatest_int8);
}

static void invoke_min(const void *state) {
	const arg_extreme *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) run(operation, sizeof(float), least_float32);
	else run(operation, sizeof(int8_t), least_int8);
}

const tflite_kernel tflite_arg_max = { BUILTIN_ARG_MAX, 1, 3, OPTIONS_ARG_MAX, "ARG_MAX", prepare, invoke_max, NULL };
const tflite_kernel tflite_arg_min = { BUILTIN_ARG_MIN, 1, 3, OPTIONS_ARG_MIN, "ARG_MIN", prepare, invoke_min, NULL };
