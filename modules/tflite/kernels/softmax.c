/* SOFTMAX over the last dimension: exp(beta * x) / sum of exp(beta * x). */
#include "../schema.h"
#include "elementary.h"
#include "exponential.h"
#include "kernels.h"
#include "quantization.h"
#include "softmax-tables.h"

#include <float.h>

typedef struct {
	const void *input;
	void *output;
	uint32_t rows;
	uint32_t depth;
	tflite_type input_type;
	tflite_type output_type;
	float beta;
	/* from a difference of stored values to what is looked up or exponentiated */
	fixed_multiplier multiplier;
	/* int8: differences below this one are too small to count */
	int32_t least_difference;
} softmax;

static bool near(float value, float wanted) {
	float difference = value > wanted ? value - wanted : wanted - value;
	return difference <= 0.001f * wanted;
}

/* Results from 0 to 1 have a scale and zero point of their own in each type. */
static bool check_output(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output) {
	const tflite_code invalid = TFLITE_INVALID_QUANTIZATION;
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	if (input->type == TFLITE_INT16) {
		if (input->zero_point != 0) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, input, "int16 input with zero point 0", input->zero_point);
		if (output->zero_point != 0) return tflite_refuse_number(preparation, invalid, output, "zero point 0", output->zero_point);
		return near(output->scale, 1.0f / 32768.0f) || tflite_refuse(preparation, invalid, output, "scale 1/32768");
	}
	if (output->type == TFLITE_INT16) {
		if (output->zero_point != -32768) return tflite_refuse_number(preparation, invalid, output, "zero point -32768", output->zero_point);
		return near(output->scale, 1.0f / 65536.0f) || tflite_refuse(preparation, invalid, output, "scale 1/65536");
	}
	if (output->zero_point != -128) return tflite_refuse_number(preparation, invalid, output, "zero point -128", output->zero_point);
	return output->scale == 1.0f / 256.0f || tflite_refuse(preparation, invalid, output, "scale 1/256");
}

/* Differences of int8 become Q5.26, those of int16 the range of a table over [-10, 0]. */
static bool find_multiplier(tflite_preparation *preparation, const tflite_operand *input, softmax *operation) {
	double real = (double)operation->beta * (double)input->scale;
	if (input->type == TFLITE_INT16) {
		/* A beta that is not positive is odd, but defined. */
		if (real == 0.0) return true;
		if (!quantization_multiplier(preparation, input, (real < 0.0 ? -real : real) / (10.0 / 65535.0), 30, &operation->multiplier)) return false;
		if (real < 0.0) operation->multiplier.multiplier = -operation->multiplier.multiplier;
		return true;
	}
	real *= (double)(1 << 26);
	if (real > 2147483647.0) real = 2147483647.0;
	if (!quantization_multiplier(preparation, input, real, 31, &operation->multiplier)) return false;
	if (operation->multiplier.shift < 0 || real <= 1.0) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, input, "a scale times beta above 2^-26");
	/* 31 in Q5.26, before it is shifted */
	operation->least_difference = -(int32_t)(((int64_t)31 << 26) >> operation->multiplier.shift);
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	softmax operation;
	memset(&operation, 0, sizeof operation);
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!tflite_has(input.type) || (input.type != TFLITE_INT8 && input.type != TFLITE_INT16 && input.type != TFLITE_FLOAT32)) {
		return tflite_refuse_type(preparation, &input, "int8, int16 or float32 input");
	}
	if (!tflite_has(output.type) || (output.type != input.type && !(input.type == TFLITE_INT8 && output.type == TFLITE_INT16))) {
		return tflite_refuse_type(preparation, &output, "output of the input's type, or int16 for int8 input");
	}
	if (input.rank < 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &input, "at least 1 dimension", input.rank);
	operation.depth = input.shape[input.rank - 1];
	operation.rows = input.count / operation.depth;
	operation.beta = fb_f32(preparation->reader, &preparation->options, SOFTMAX_BETA, 0.0f);
	operation.input_type = input.type;
	operation.output_type = output.type;
	if (output.count != input.count || output.rank < 1 || output.shape[output.rank - 1] != operation.depth) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "the input's shape, elements", output.count);
	}
	/* Written so that NaN fails too. */
	if (!(operation.beta >= -FLT_MAX && operation.beta <= FLT_MAX)) return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, NULL, "a finite beta");
	if (input.type != TFLITE_FLOAT32) {
		/* So many exponentials at most fit in the sum: Q12.19 for int8, 15 bits each for int16. */
		const uint32_t most = input.type == TFLITE_INT8 ? 8191 : 65535;
		if (operation.depth > most) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, &input, "fewer elements in the last dimension", operation.depth);
		if (!check_output(preparation, &input, &output) || !find_multiplier(preparation, &input, &operation)) return false;
	}
	softmax *state = tflite_state(preparation, (uint32_t)sizeof(softmax), 0, (uint64_t)input.count * 64);
	if (state == NULL) return true;
	*state = operation;
	state->input = input.data;
	state->output = output.data;
	return true;
}

static inline int32_t exponential(const softmax *operation, int32_t difference) {
	return exponential_of_negative(fixed_high_multiply(fixed_shift_left(difference, operation->multiplier.shift), operation->multiplier.multiplier), 5);
}

static void row_int8(const softmax *operation, const int8_t *input, int8_t *narrow, int16_t *wide) {
	const int32_t lowest = wide != NULL ? INT16_MIN : INT8_MIN, highest = wide != NULL ? INT16_MAX : INT8_MAX;
	int32_t most = INT8_MIN;
	for (uint32_t i = 0; i < operation->depth; i++) if (input[i] > most) most = input[i];
	uint32_t sum = 0;
	for (uint32_t i = 0; i < operation->depth; i++) {
		if (input[i] - most >= operation->least_difference) sum += (uint32_t)fixed_divide_by_power(exponential(operation, input[i] - most), 12);
	}
	/* sum = 2^(12 - zeros) * (1 + x), so that 1 / sum = 2^(zeros - 12) / (1 + x) */
	const int32_t zeros = fixed_leading_zeros(sum);
	const int32_t scale = reciprocal_of_one_plus((int32_t)((sum << zeros) - ((uint32_t)1 << 31)));
	const int32_t exponent = 12 - zeros + 31 - (wide != NULL ? 16 : 8);
	for (uint32_t i = 0; i < operation->depth; i++) {
		const int32_t difference = input[i] - most;
		int32_t stored = lowest;
		/* Shares below 2^-9 of a step, of rows with hundreds of equal elements, are none. */
		if (difference >= operation->least_difference && exponent <= 31) {
			stored = fixed_clamp(fixed_divide_by_power(fixed_high_multiply(scale, exponential(operation, difference)), exponent) + lowest, lowest, highest);
		}
		if (wide != NULL) wide[i] = (int16_t)stored;
		else narrow[i] = (int8_t)stored;
	}
}

/* Between two entries of a table over the range of int16, in 7 bits of interpolation. */
static int32_t look_up(const int16_t *table, int32_t value) {
	const int32_t index = 256 + (value >> 7);
	return table[index] + (((table[index + 1] - table[index]) * (value & 127) + 64) >> 7);
}

static void row_int16(const softmax *operation, const int16_t *input, int16_t *output) {
	int32_t most = INT16_MIN;
	for (uint32_t i = 0; i < operation->depth; i++) if (input[i] > most) most = input[i];
	uint32_t sum = 0;
	for (uint32_t i = 0; i < operation->depth; i++) {
		const int32_t difference = fixed_multiply(input[i] - most, operation->multiplier);
		const int32_t value = look_up(softmax_exponential, fixed_clamp(fixed_add(difference, 32767), INT16_MIN, INT16_MAX));
		output[i] = (int16_t)value;
		sum += (uint32_t)value;
	}
	/* sum = 2^k * (1 + x), with x in 16 bits centred for the table */
	const int32_t zeros = fixed_leading_zeros(sum);
	const int32_t x = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14) - (1 << 15) - (1 << 16);
	const int32_t reciprocal = look_up(softmax_reciprocal, fixed_clamp(x, INT16_MIN, INT16_MAX));
	const int32_t shift = 31 - zeros;
	for (uint32_t i = 0; i < operation->depth; i++) {
		const int64_t share = ((int64_t)output[i] * reciprocal + ((int64_t)1 << (shift - 1))) >> shift;
		output[i] = (int16_t)fixed_clamp((int32_t)share, 0, INT16_MAX);
	}
}

static void row_float32(const softmax *operation, const float *input, float *output) {
	float most = -FLT_MAX, sum = 0.0f;
	for (uint32_t i = 0; i < operation->depth; i++) if (input[i] > most) most = input[i];
	for (uint32_t i = 0; i < operation->depth; i++) {
		output[i] = elementary_exp((input[i] - most) * operation->beta);
		sum += output[i];
	}
	for (uint32_t i = 0; i < operation->depth; i++) output[i] /= sum;
}

static void invoke(const void *state) {
	const softmax *operation = state;
	for (size_t row = 0; row < operation->rows; row++) {
		const size_t at = row * operation->depth;
		if (tflite_has(TFLITE_FLOAT32) && operation->input_type == TFLITE_FLOAT32) row_float32(operation, (const float *)operation->input + at, (float *)operation->output + at);
		else if (tflite_has(TFLITE_INT16) && operation->input_type == TFLITE_INT16) row_int16(operation, (const int16_t *)operation->input + at, (int16_t *)operation->output + at);
		else if (tflite_has(TFLITE_INT16) && operation->output_type == TFLITE_INT16) row_int8(operation, (const int8_t *)operation->input + at, NULL, (int16_t *)operation->output + at);
		else row_int8(operation, (const int8_t *)operation->input + at, (int8_t *)operation->output + at, NULL);
	}
}

/* In real numbers, beta 1 and scale 0.1: 256 * softmax(1, 2, 3, -12.8) = 23.05, 62.65, 170.31 and 0.00002. */
static bool self_check(void) {
	static const int8_t input[4] = { 10, 20, 30, -128 }, expected[4] = { -105, -65, 42, -128 };
	int8_t output[4] = { 0, 0, 0, 0 };
	softmax operation;
	memset(&operation, 0, sizeof operation);
	operation.input = input;
	operation.output = output;
	operation.rows = 1;
	operation.depth = 4;
	operation.input_type = TFLITE_INT8;
	operation.output_type = TFLITE_INT8;
	operation.multiplier = fixed_from_real(0.1 * (double)(1 << 26));
	operation.least_difference = -(int32_t)(((int64_t)31 << 26) >> operation.multiplier.shift);
	invoke(&operation);
	return memcmp(output, expected, sizeof expected) == 0;
}

const tflite_kernel tflite_softmax = { BUILTIN_SOFTMAX, 1, 3, OPTIONS_SOFTMAX, "SOFTMAX", prepare, invoke, TFLITE_SELF_CHECK(self_check) };
