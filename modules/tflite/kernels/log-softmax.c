/* LOG_SOFTMAX over the last dimension: x - log(sum of exp(x)). */
#include "one-input.h"
#include "elementary.h"
#include "exponential.h"
#include "kernels.h"
#include "logarithm.h"
#include "quantization.h"

#include <float.h>

typedef struct {
	one_input elements;
	uint32_t depth;
	/* int8: from a difference of stored values to Q5.26, and back */
	fixed_multiplier multiplier;
	fixed_multiplier inverse;
	/* int8: differences below this one are too small to count */
	int32_t least_difference;
} log_softmax;

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, log_softmax *operation) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	if (output->scale != 16.0f / 256.0f) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, output, "scale 1/16");
	if (output->zero_point != 127) return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, output, "zero point 127", output->zero_point);
	/* So many exponentials fit in a sum of Q12.19. */
	if (operation->depth > 4095) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, input, "at most 4095 elements in the last dimension", operation->depth);
	double real = (double)input->scale * (double)(1 << 26);
	if (real > 2147483647.0) real = 2147483647.0;
	if (!quantization_multiplier(preparation, input, real, 31, &operation->multiplier)) return false;
	const int32_t shift = operation->multiplier.shift;
	if (real <= 1.0 || shift < 1) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, input, "a scale above 2^-26");
	const double inverse = (double)((int64_t)1 << (31 - shift)) / (double)operation->multiplier.multiplier;
	if (!quantization_multiplier(preparation, input, inverse, 0, &operation->inverse)) return false;
	/* 31 in Q5.26, before it is shifted */
	operation->least_difference = -(int32_t)(((int64_t)31 << 26) >> shift);
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	log_softmax operation;
	memset(&operation, 0, sizeof operation);
	if (!one_input_operands_of(preparation, types, "int8 or float32 input", &input, &output)) return false;
	if (input.rank < 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &input, "at least 1 dimension", input.rank);
	operation.depth = input.shape[input.rank - 1];
	if (output.rank < 1 || output.shape[output.rank - 1] != operation.depth) {
		return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, &output, "the input's shape");
	}
	if (input.type == TFLITE_INT8 && !check_quantized(preparation, &input, &output, &operation)) return false;
	log_softmax *state = tflite_state(preparation, (uint32_t)sizeof(log_softmax), 0, (uint64_t)input.count * 64);
	if (state == NULL) return true;
	*state = operation;
	state->elements = one_input_of(&input, &output);
	return true;
}

static void row_int8(const log_softmax *operation, const int8_t *input, int8_t *output) {
	int32_t most = INT8_MIN, sum = 0;
	for (uint32_t i = 0; i < operation->depth; i++) if (input[i] > most) most = input[i];
	for (uint32_t i = 0; i < operation->depth; i++) {
		if (input[i] - most < operation->least_difference) continue;
		sum += fixed_divide_by_power(exponential_of_negative(fixed_multiply(input[i] - most, operation->multiplier), 5), 12);
	}
	const int32_t log_of_sum = logarithm(sum);
	/* The lowest Q5.26 number that is left once the logarithm is subtracted, as a difference of stored values. */
	int32_t least = fixed_multiply(fixed_add(INT32_MIN, log_of_sum), operation->inverse);
	if (least < operation->least_difference - 1) least = operation->least_difference - 1;
	for (uint32_t i = 0; i < operation->depth; i++) {
		int32_t stored = INT8_MIN;
		if (input[i] - most > least) {
			const int32_t difference = (int32_t)((uint32_t)fixed_multiply(input[i] - most, operation->multiplier) - (uint32_t)log_of_sum);
			/* from 26 bits of fraction to 4 */
			stored = fixed_clamp(fixed_divide_by_power(difference, 22) + 127, INT8_MIN, INT8_MAX);
		}
		output[i] = (int8_t)stored;
	}
}

static void row_float32(const log_softmax *operation, const float *input, float *output) {
	float most = -FLT_MAX, sum = 0.0f;
	for (uint32_t i = 0; i < operation->depth; i++) if (input[i] > most) most = input[i];
	for (uint32_t i = 0; i < operation->depth; i++) sum += elementary_exp(input[i] - most);
	const float log_of_sum = elementary_log(sum);
	for (uint32_t i = 0; i < operation->depth; i++) output[i] = input[i] - most - log_of_sum;
}

static void invoke(const void *state) {
	const log_softmax *operation = state;
	for (size_t at = 0; at < operation->elements.count; at += operation->depth) {
		if (tflite_has(TFLITE_FLOAT32) && operation->elements.type == TFLITE_FLOAT32) {
			row_float32(operation, (const float *)operation->elements.input + at, (float *)operation->elements.output + at);
		} else {
			row_int8(operation, (const int8_t *)operation->elements.input + at, (int8_t *)operation->elements.output + at);
		}
	}
}

const tflite_kernel tflite_log_softmax = { BUILTIN_LOG_SOFTMAX, 1, 2, OPTIONS_LOG_SOFTMAX, "LOG_SOFTMAX", prepare, invoke, NULL };
