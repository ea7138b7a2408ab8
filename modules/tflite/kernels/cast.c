/*
 * CAST: the value in another type, without regard to quantization. Whole numbers keep their low bits; of float32 the fraction is
 * cut. What is then out of range C leaves open: here it is what x86-64 makes of it, on every machine.
 */
#include "kernels.h"
#include "one-input.h"

#include <string.h>

typedef struct {
	one_input elements;
	tflite_type output_type;
} cast;

static bool prepare(tflite_preparation *preparation) {
	const uint32_t to = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_INT16 | (uint32_t)1 << TFLITE_INT32 | (uint32_t)1 << TFLITE_UINT32 | (uint32_t)1 << TFLITE_FLOAT32;
	const uint32_t from = to | (uint32_t)1 << TFLITE_BOOL;
	tflite_operand input, output;
	if (!one_input_operands(preparation, &input, &output)) return false;
	if (!tflite_has(input.type) || ((uint32_t)1 << input.type & from) == 0) {
		return tflite_refuse_type(preparation, &input, "int8, int16, int32, uint32, float32 or bool input");
	}
	if (!tflite_has(output.type) || ((uint32_t)1 << output.type & to) == 0) {
		return tflite_refuse_type(preparation, &output, "int8, int16, int32, uint32 or float32 output");
	}
	cast *state = tflite_state(preparation, (uint32_t)sizeof(cast), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	state->elements = one_input_of(&input, &output);
	state->output_type = output.type;
	return true;
}

static int64_t load(const one_input *operation, uint32_t index) {
	switch (operation->type) {
		case TFLITE_INT8: return ((const int8_t *)operation->input)[index];
		case TFLITE_INT16: return ((const int16_t *)operation->input)[index];
		case TFLITE_UINT32: return ((const uint32_t *)operation->input)[index];
		case TFLITE_BOOL: return ((const uint8_t *)operation->input)[index] != 0;
		default: return ((const int32_t *)operation->input)[index];
	}
}

/* As CVTTSS2SI of that many bits: what does not fit becomes the lowest number. */
static int64_t truncated(float value, bool wide) {
	const float most = wide ? 9223372036854775808.0f : 2147483648.0f;
	if (value >= -most && value < most) return (int64_t)value;
	return wide ? INT64_MIN : INT32_MIN;
}

static void store(const cast *operation, uint32_t index, int64_t value) {
	switch (operation->output_type) {
		case TFLITE_INT8: ((int8_t *)operation->elements.output)[index] = (int8_t)value; break;
		case TFLITE_INT16: ((int16_t *)operation->elements.output)[index] = (int16_t)value; break;
		case TFLITE_FLOAT32: ((float *)operation->elements.output)[index] = (float)value; break;
		default: ((int32_t *)operation->elements.output)[index] = (int32_t)value; break;
	}
}

static void invoke(const void *state) {
	const cast *operation = state;
	const bool is_real = tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32;
	if (is_real && operation->output_type == TFLITE_FLOAT32) {
		memcpy(operation->elements.output, operation->elements.input, (size_t)operation->elements.count * sizeof(float));
		return;
	}
	for (uint32_t i = 0; i < operation->elements.count; i++) {
		const int64_t value = is_real ? truncated(((const float *)operation->elements.input)[i], operation->output_type == TFLITE_UINT32) : load(&operation->elements, i);
		store(operation, i, value);
	}
}

const tflite_kernel tflite_cast = { BUILTIN_CAST, 1, 7, OPTIONS_CAST, "CAST", prepare, invoke, NULL };
