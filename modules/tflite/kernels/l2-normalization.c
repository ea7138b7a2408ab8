/* L2_NORMALIZATION over the last dimension: x / sqrt(sum of squares). int8 results are in 128ths, as in the reference. */
#include "inverse-square-root.h"
#include "kernels.h"
#include "one-input.h"
#include "quantization.h"

#include <math.h>

typedef struct {
	one_input elements;
	uint32_t depth;
	int32_t zero_point;
} l2_normalization;

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	if (!one_input_operands_of(preparation, types, "int8 or float32 input", &input, &output)) return false;
	if (input.rank < 1 || input.rank > 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &input, "1 to 4 dimensions", input.rank);
	const uint32_t depth = input.shape[input.rank - 1];
	if (output.rank < 1 || output.shape[output.rank - 1] != depth) return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, &output, "the input's shape");
	const uint8_t activation = fb_u8(preparation->reader, &preparation->options, L2_NORM_ACTIVATION, ACTIVATION_NONE);
	if (activation != ACTIVATION_NONE) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, NULL, "activation 0 (none)", activation);
	if (input.type == TFLITE_INT8) {
		/* The scale falls out; so many squares of up to 255 fit in 31 bits. */
		if (depth > 33025) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, &input, "at most 33025 elements in the last dimension", depth);
	}
	l2_normalization *state = tflite_state(preparation, (uint32_t)sizeof(l2_normalization), 0, (uint64_t)input.count * 64);
	if (state == NULL) return true;
	state->elements = one_input_of(&input, &output);
	state->depth = depth;
	state->zero_point = input.zero_point;
	return true;
}

static void row_int8(const l2_normalization *operation, const int8_t *input, int8_t *output) {
	int32_t sum = 0;
	for (uint32_t i = 0; i < operation->depth; i++) sum += (input[i] - operation->zero_point) * (input[i] - operation->zero_point);
	fixed_multiplier multiplier = inverse_square_root(sum);
	multiplier.shift += 7;
	for (uint32_t i = 0; i < operation->depth; i++) {
		output[i] = (int8_t)fixed_clamp(fixed_multiply(input[i] - operation->zero_point, multiplier), INT8_MIN, INT8_MAX);
	}
}

static void row_float32(const l2_normalization *operation, const float *input, float *output) {
	float sum = 0.0f;
	for (uint32_t i = 0; i < operation->depth; i++) sum += input[i] * input[i];
	float norm = sqrtf(sum);
	if (norm < 1e-6f) norm = 1e-6f;
	for (uint32_t i = 0; i < operation->depth; i++) output[i] = input[i] / norm;
}

static void invoke(const void *state) {
	const l2_normalization *operation = state;
	for (size_t at = 0; at < operation->elements.count; at += operation->depth) {
		if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) {
			row_float32(operation, (const float *)operation->elements.input + at, (float *)operation->elements.output + at);
		} else {
			row_int8(operation, (const int8_t *)operation->elements.input + at, (int8_t *)operation->elements.output + at);
		}
	}
}

const tflite_kernel tflite_l2_normalization = { BUILTIN_L2_NORMALIZATION, 1, 2, OPTIONS_L2_NORM, "L2_NORMALIZATION", prepare, invoke, NULL };
