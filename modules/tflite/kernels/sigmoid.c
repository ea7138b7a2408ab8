#include "sigmoid.h"

#include "quantization.h"
#include "sigmoid-table.h"

/* Integer bits of Q4.27, in which the function is 0 or 1 to the last of 8 bits at both ends. */
enum { INTEGER_BITS = 4 };

/*
 * Whether a scale is 2^exponent to within 2^0.001, where the reference takes its logarithm in float32. Its bounds are these to
 * one part in a million; nothing but a scale made for it lies between.
 */
static bool is_power_of_2(float scale, int32_t exponent) {
	const double ratio = (double)scale * (double)((int64_t)1 << -exponent);
	return ratio > 0.9993071 && ratio < 1.0006934;
}

static bool prepare_int8(tflite_preparation *preparation, const tflite_operand *input, sigmoid *operation) {
	const double real = (double)input->scale * (double)(1 << (31 - INTEGER_BITS));
	if (!tflite_expect_per_tensor(preparation, input)) return false;
	/* The power of 2 of a float32 scale fits; above 30 all values are past the ends. */
	if (!quantization_multiplier(preparation, input, real, 255, &operation->to_q4)) return false;
	const int32_t shift = operation->to_q4.shift;
	if (shift < 0 || operation->to_q4.multiplier == 0) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, input, "a scale of at least 2^-28");
	operation->radius = shift > 30 ? 0 : (int32_t)(((((int64_t)1 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> shift);
	operation->zero_point = input->zero_point;
	return true;
}

static bool prepare_int16(tflite_preparation *preparation, int32_t most_exponent, const tflite_operand *input, const tflite_operand *output,
                          sigmoid *operation) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	if (input->zero_point != 0 || output->zero_point != 0) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, input, "int16 tensors with zero point 0");
	if (!is_power_of_2(output->scale, -15)) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, output, "scale 1/32768");
	for (int32_t exponent = -12; exponent <= most_exponent; exponent++) {
		if (!is_power_of_2(input->scale, exponent)) continue;
		operation->factor = 3 << (exponent + 12);
		return true;
	}
	double factor = (double)input->scale * 12288.0;
	/* Times an int16 it must fit in 32 bits. */
	if (factor > 65535.0) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, input, "a scale of at most 5.3");
	while (factor <= 32767.0 / 2.0 && operation->shift <= 30) {
		operation->shift++;
		factor *= 2.0;
	}
	operation->factor = (int32_t)factor;
	return true;
}

bool sigmoid_prepare(tflite_preparation *preparation, int32_t most_exponent) {
	const uint32_t types = (uint32_t)1 << TFLITE_INT8 | (uint32_t)1 << TFLITE_INT16 | (uint32_t)1 << TFLITE_FLOAT32;
	tflite_operand input, output;
	sigmoid operation;
	memset(&operation, 0, sizeof operation);
	if (!one_input_operands_of(preparation, types, "int8, int16 or float32 input", &input, &output)) return false;
	if (input.type == TFLITE_INT8 && !prepare_int8(preparation, &input, &operation)) return false;
	if (input.type == TFLITE_INT16 && !prepare_int16(preparation, most_exponent, &input, &output, &operation)) return false;
	sigmoid *state = tflite_state(preparation, (uint32_t)sizeof(sigmoid), 0, (uint64_t)input.count * 64);
	if (state == NULL) return true;
	*state = operation;
	state->elements = one_input_of(&input, &output);
	return true;
}

static uint32_t magnitude_of(int32_t x) {
	return x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
}

/* Between two entries of the table, with `bits` bits more; past its end, 1 as `most`. */
static int32_t interpolate(uint32_t magnitude, uint32_t bits, uint32_t most) {
	const uint32_t index = magnitude >> bits, rest = magnitude & ((1u << bits) - 1);
	if (index >= 255) return (int32_t)most;
	return (int32_t)(((uint32_t)sigmoid_table[index] << bits) + rest * (uint32_t)(sigmoid_table[index + 1] - sigmoid_table[index]));
}

int32_t sigmoid_logistic(int32_t x) {
	/* in 25 bits; logistic(-x) = 1 - logistic(x) */
	const int32_t positive = interpolate(magnitude_of(x), 9, 0x7fffu << 10);
	return x >= 0 ? (positive + (1 << 9)) >> 10 : ((1 << 25) - positive + (1 << 9) - 1) >> 10;
}

int32_t sigmoid_tanh(int32_t x) {
	/* in 23 bits beside the sign: 2 * logistic - 1 of a step half as wide; tanh(-x) = -tanh(x) */
	const int32_t positive = interpolate(magnitude_of(x), 8, 0xffffu << 8) - (1 << 23);
	return x >= 0 ? (positive + (1 << 7)) >> 8 : (-positive + (1 << 7) - 1) >> 8;
}
