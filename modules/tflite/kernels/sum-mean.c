/* SUM and MEAN along axes: in float32, or of stored int8 and int16 values, summed in 32 bits that wrap around. */
#include "kernels.h"
#include "quantization.h"
#include "reduction.h"

#include <string.h>

typedef struct {
	const void *input;
	void *output;
	tflite_type type;
	/* int8 and int16: from a sum to a stored value, see output_of */
	uint32_t input_offset;
	int32_t output_offset;
	activation_range range;
	fixed_multiplier multiplier;
	/* float32: what sums are divided by; 1 for SUM */
	float divisor;
	/* sums of a slab; NULL for float32 */
	int32_t *sums;
	reduction shape;
} reduced_sum;

/*
 * Puts the division by the number of elements into the multiplier: it is shifted to the left as far as the number is large, so that the
 * quotient keeps its bits, but not so far that the exponent leaves its range.
 */
static fixed_multiplier divided(fixed_multiplier multiplier, uint32_t count) {
	int32_t shift = 0;
	while (count >> shift > 1) shift++;
	if (shift > 31 + multiplier.shift) shift = 31 + multiplier.shift;
	const fixed_multiplier result = { (int32_t)(((int64_t)multiplier.multiplier << shift) / count), multiplier.shift - shift };
	return result;
}

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, bool mean, reduced_sum *operation) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	double ratio = (double)input->scale / (double)output->scale;
	if (!quantization_multiplier(preparation, output, ratio, 30, &operation->multiplier)) return false;
	const uint32_t folded = operation->shape.folded;
	if (mean) operation->multiplier = divided(operation->multiplier, folded);
	operation->input_offset = 0u - (uint32_t)input->zero_point * folded;
	operation->output_offset = output->zero_point;
	operation->range = quantization_type_range(input->type);
	return true;
}

static bool prepare(tflite_preparation *preparation, bool mean) {
	tflite_operand input, output;
	reduced_sum operation;
	memset(&operation, 0, sizeof operation);
	if (!reduction_load(preparation, &input, &output, &operation.shape)) return false;
	operation.type = input.type;
	operation.divisor = mean ? (float)operation.shape.folded : 1.0f;
	if ((input.type != TFLITE_INT8 && input.type != TFLITE_INT16 && input.type != TFLITE_FLOAT32) || !tflite_has(input.type)) {
		return tflite_refuse_type(preparation, &input, "int8, int16 or float32 input");
	}
	if (input.type != TFLITE_FLOAT32 && !check_quantized(preparation, &input, &output, mean, &operation)) return false;
	uint64_t scratch = input.type == TFLITE_FLOAT32 ? 0 : (uint64_t)operation.shape.slab_results * sizeof(int32_t);
	if (scratch > INT32_MAX) return tflite_refuse(preparation, TFLITE_TOO_LARGE, &output, "sums of less than 2 GiB");
	reduced_sum *state = tflite_state(preparation, (uint32_t)sizeof(reduced_sum), (uint32_t)scratch, (uint64_t)input.count + (uint64_t)output.count * 8);
	if (state == NULL) return true;
	*state = operation;
	state->input = input.data;
	state->output = output.data;
	state->sums = (int32_t *)(void *)preparation->scratch;
	return true;
}

static bool prepare_sum(tflite_preparation *preparation) {
	return prepare(preparation, false);
}

static bool prepare_mean(tflite_preparation *preparation) {
	return prepare(preparation, true);
}

/* In four sums, none of which waits for another. */
static int32_t sum_int8(const int8_t *from, uint32_t count, size_t step) {
	int32_t a = 0, b = 0, c = 0, d = 0;
	for (; count >= 4; count -= 4, from += 4 * step) {
		a = fixed_add(a, from[0]);
		b = fixed_add(b, from[step]);
		c = fixed_add(c, from[2 * step]);
		d = fixed_add(d, from[3 * step]);
	}
	for (; count > 0; count--, from += step) a = fixed_add(a, *from);
	return fixed_add(fixed_add(a, b), fixed_add(c, d));
}

/* Four results at a time: the mean of an image over its pixels then reads four channels next to each other. */
static void fold_int8(const void *input, const reduction_tile *tile, void *results) {
	const int8_t *from = input;
	int32_t *sums = results;
	const size_t step = tile->kept_step;
	uint32_t i = 0;
	for (; i + 4 <= tile->kept; i += 4, from += 4 * step) {
		const int8_t *at = from;
		int32_t a = sums[i], b = sums[i + 1], c = sums[i + 2], d = sums[i + 3];
		for (uint32_t k = 0; k < tile->folded; k++, at += tile->folded_step) {
			a = fixed_add(a, at[0]);
			b = fixed_add(b, at[step]);
			c = fixed_add(c, at[2 * step]);
			d = fixed_add(d, at[3 * step]);
		}
		sums[i] = a;
		sums[i + 1] = b;
		sums[i + 2] = c;
		sums[i + 3] = d;
	}
	for (; i < tile->kept; i++, from += step) sums[i] = fixed_add(sums[i], sum_int8(from, tile->folded, tile->folded_step));
}

static void fold_int16(const void *input, const reduction_tile *tile, void *results) {
	const int16_t *from = input;
	int32_t *sums = results;
	for (uint32_t i = 0; i < tile->kept; i++, from += tile->kept_step) {
		int32_t sum = sums[i];
		for (uint32_t k = 0; k < tile->folded; k++) sum = fixed_add(sum, from[(size_t)k * tile->folded_step]);
		sums[i] = sum;
	}
}

static void fold_float32(const void *input, const reduction_tile *tile, void *results) {
	const float *from = input;
	float *sums = results;
	for (uint32_t i = 0; i < tile->kept; i++, from += tile->kept_step) {
		float sum = sums[i];
		for (uint32_t k = 0; k < tile->folded; k++) sum += from[(size_t)k * tile->folded_step];
		sums[i] = sum;
	}
}

static int32_t output_of(const reduced_sum *operation, int32_t sum) {
	int32_t scaled = fixed_multiply(fixed_add(sum, (int32_t)operation->input_offset), operation->multiplier);
	return fixed_clamp(fixed_add(scaled, operation->output_offset), operation->range.low, operation->range.high);
}

static void run_float32(const reduced_sum *operation) {
	const size_t results = (size_t)operation->shape.slabs * operation->shape.slab_results;
	float *output = operation->output;
	for (size_t i = 0; i < results; i++) output[i] = 0.0f;
	reduction_all(&operation->shape, operation->input, output, sizeof(float), fold_float32);
	for (size_t i = 0; i < results; i++) output[i] /= operation->divisor;
}

static void run_int8(const reduced_sum *operation) {
	const reduction *shape = &operation->shape;
	const int8_t *input = operation->input;
	int8_t *output = operation->output;
	for (uint32_t slab = 0; slab < shape->slabs; slab++, input += shape->slab_elements, output += shape->slab_results) {
		memset(operation->sums, 0, shape->slab_results * sizeof(int32_t));
		reduction_slab(shape, input, sizeof(int8_t), operation->sums, sizeof(int32_t), fold_int8);
		for (uint32_t i = 0; i < shape->slab_results; i++) output[i] = (int8_t)output_of(operation, operation->sums[i]);
	}
}

static void run_int16(const reduced_sum *operation) {
	const reduction *shape = &operation->shape;
	const int16_t *input = operation->input;
	int16_t *output = operation->output;
	for (uint32_t slab = 0; slab < shape->slabs; slab++, input += shape->slab_elements, output += shape->slab_results) {
		memset(operation->sums, 0, shape->slab_results * sizeof(int32_t));
		reduction_slab(shape, input, sizeof(int16_t), operation->sums, sizeof(int32_t), fold_int16);
		for (uint32_t i = 0; i < shape->slab_results; i++) output[i] = (int16_t)output_of(operation, operation->sums[i]);
	}
}

static void invoke(const void *state) {
	const reduced_sum *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) run_float32(operation);
	else if (tflite_has(TFLITE_INT16) && operation->type == TFLITE_INT16) run_int16(operation);
	else run_int8(operation);
}

const tflite_kernel tflite_sum = { BUILTIN_SUM, 1, 2, OPTIONS_REDUCER, "SUM", prepare_sum, invoke, NULL };
const tflite_kernel tflite_mean = { BUILTIN_MEAN, 1, 3, OPTIONS_REDUCER, "MEAN", prepare_mean, invoke, NULL };
