/*
 * BATCH_MATMUL: products of matrices, [..., rows, depth] by [..., depth, columns], either of which may lie transposed ("adjoint"). Dimensions
 * before the last two are broadcast.
 */
#include "kernels.h"
#include "quantization.h"

#include <string.h>

enum { BATCH_AXES = 3 };

/* One factor: elements from one row (of the right one: column) to the next, along the depth, and from one matrix to the next along each axis of batches. */
typedef struct {
	const void *data;
	size_t line;
	size_t depth;
	size_t batches[BATCH_AXES];
	int32_t offset;
} factor;

typedef struct {
	factor left;
	factor right;
	void *output;
	tflite_type type;
	/* the last axis is the innermost */
	uint32_t batches[BATCH_AXES];
	uint32_t rows;
	uint32_t columns;
	uint32_t depth;
	int32_t output_offset;
	fixed_multiplier multiplier;
	activation_range range;
} batch_matmul;

/* A dimension counted from the last; 1 where the operand has fewer. */
static uint32_t from_last(const tflite_operand *operand, uint32_t dimension) {
	return dimension < operand->rank ? operand->shape[operand->rank - 1 - dimension] : 1;
}

static bool check_types(tflite_preparation *preparation, const tflite_operand *left, const tflite_operand *right, const tflite_operand *output) {
	if ((left->type != TFLITE_INT8 && left->type != TFLITE_INT16 && left->type != TFLITE_FLOAT32) || !tflite_has(left->type)) {
		return tflite_refuse_type(preparation, left, "int8, int16 or float32 input");
	}
	if (right->type != left->type) return tflite_refuse_type(preparation, right, "inputs of the same type");
	if (output->type != left->type) return tflite_refuse_type(preparation, output, "output of the inputs' type");
	if (left->rank < 2 || left->rank > 5) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, left, "2 to 5 dimensions", left->rank);
	return (right->rank >= 2 && right->rank <= 5) || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, right, "2 to 5 dimensions", right->rank);
}

static void set_steps(const tflite_operand *operand, factor *side) {
	size_t step = (size_t)from_last(operand, 0) * from_last(operand, 1);
	for (uint32_t i = 0; i < BATCH_AXES; i++) {
		const uint32_t count = from_last(operand, 2 + i);
		side->batches[BATCH_AXES - 1 - i] = count == 1 ? 0 : step;
		step *= count;
	}
}

static bool check_shapes(tflite_preparation *preparation, const tflite_operand *left, const tflite_operand *right, const tflite_operand *output, batch_matmul *product) {
	const bool adjoint_left = fb_u8(preparation->reader, &preparation->options, BATCH_MATMUL_ADJ_X, 0) != 0;
	const bool adjoint_right = fb_u8(preparation->reader, &preparation->options, BATCH_MATMUL_ADJ_Y, 0) != 0;
	product->rows = from_last(left, adjoint_left ? 0 : 1);
	product->depth = from_last(left, adjoint_left ? 1 : 0);
	product->columns = from_last(right, adjoint_right ? 1 : 0);
	const uint32_t right_depth = from_last(right, adjoint_right ? 0 : 1);
	if (right_depth != product->depth) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, right, "inputs that are as deep as each other", right_depth);
	product->left.line = adjoint_left ? 1 : product->depth;
	product->left.depth = adjoint_left ? product->rows : 1;
	product->right.line = adjoint_right ? product->depth : 1;
	product->right.depth = adjoint_right ? 1 : product->columns;
	set_steps(left, &product->left);
	set_steps(right, &product->right);
	/* Stops before it could overflow: what is more than the output has does not fit anyway. */
	uint64_t count = (uint64_t)product->rows * product->columns;
	for (uint32_t i = 0; i < BATCH_AXES && count <= output->count; i++) {
		const uint32_t a = from_last(left, 2 + i), b = from_last(right, 2 + i), c = a > b ? a : b;
		if (a != b && a != 1 && b != 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, right, "a dimension that is 1 or equals the other input's", b);
		product->batches[BATCH_AXES - 1 - i] = c;
		count *= c;
	}
	return output->count == count || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "the elements that both inputs make", output->count);
}

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *left, const tflite_operand *right, const tflite_operand *output, batch_matmul *product) {
	const tflite_operand *operands[3] = { left, right, output };
	for (uint32_t i = 0; i < 3; i++) {
		if (!tflite_expect_per_tensor(preparation, operands[i])) return false;
		if (left->type == TFLITE_INT16 && operands[i]->zero_point != 0) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, operands[i], "zero point 0 of int16", operands[i]->zero_point);
		}
	}
	product->left.offset = -left->zero_point;
	product->right.offset = -right->zero_point;
	product->output_offset = output->zero_point;
	product->range = quantization_type_range(output->type);
	/* The product is one of floats, as in the reference; the shift is what the two ways of multiplying take, see fixed-point.h. */
	const double ratio = (double)(left->scale * right->scale) / (double)output->scale;
	return quantization_multiplier(preparation, output, ratio, left->type == TFLITE_INT16 ? 14 : 30, &product->multiplier);
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand left, right, output;
	batch_matmul product;
	memset(&product, 0, sizeof product);
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &left) || !tflite_input_operand(preparation, 1, &right) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!check_types(preparation, &left, &right, &output) || !check_shapes(preparation, &left, &right, &output, &product)) return false;
	if (left.type != TFLITE_FLOAT32 && !check_quantized(preparation, &left, &right, &output, &product)) return false;
	product.type = left.type;
	batch_matmul *state = tflite_state(preparation, (uint32_t)sizeof(batch_matmul), 0, (uint64_t)output.count * ((uint64_t)product.depth + 8));
	if (state == NULL) return true;
	*state = product;
	state->left.data = left.data;
	state->right.data = right.data;
	state->output = output.data;
	return true;
}

static int8_t output_int8(const batch_matmul *product, uint32_t sum) {
	const int32_t scaled = fixed_add(fixed_multiply((int32_t)sum, product->multiplier), product->output_offset);
	return (int8_t)fixed_clamp(scaled, product->range.low, product->range.high);
}

/* Four columns share what is read of a row. */
static void multiply_int8(const batch_matmul *product, size_t left, size_t right, size_t output) {
	const int32_t left_offset = product->left.offset, right_offset = product->right.offset;
	const size_t left_step = product->left.depth, right_step = product->right.depth, apart = product->right.line;
	int8_t *result = (int8_t *)product->output + output;
	for (uint32_t row = 0; row < product->rows; row++) {
		const int8_t *start = (const int8_t *)product->left.data + left + row * product->left.line;
		const int8_t *column = (const int8_t *)product->right.data + right;
		uint32_t i = 0;
		for (; i + 4 <= product->columns; i += 4, column += 4 * apart) {
			const int8_t *from = start, *with = column;
			uint32_t a = 0, b = 0, c = 0, d = 0;
			for (uint32_t k = 0; k < product->depth; k++, from += left_step, with += right_step) {
				const int32_t value = *from + left_offset;
				a += (uint32_t)(value * (with[0] + right_offset));
				b += (uint32_t)(value * (with[apart] + right_offset));
				c += (uint32_t)(value * (with[2 * apart] + right_offset));
				d += (uint32_t)(value * (with[3 * apart] + right_offset));
			}
			*result++ = output_int8(product, a);
			*result++ = output_int8(product, b);
			*result++ = output_int8(product, c);
			*result++ = output_int8(product, d);
		}
		for (; i < product->columns; i++, column += apart) {
			uint32_t sum = 0;
			for (uint32_t k = 0; k < product->depth; k++) sum += (uint32_t)((start[k * left_step] + left_offset) * (column[k * right_step] + right_offset));
			*result++ = output_int8(product, sum);
		}
	}
}

static void multiply_int16(const batch_matmul *product, size_t left, size_t right, size_t output) {
	const size_t left_step = product->left.depth, right_step = product->right.depth;
	int16_t *result = (int16_t *)product->output + output;
	for (uint32_t row = 0; row < product->rows; row++) {
		const int16_t *from = (const int16_t *)product->left.data + left + row * product->left.line;
		for (uint32_t column = 0; column < product->columns; column++) {
			const int16_t *with = (const int16_t *)product->right.data + right + column * product->right.line;
			int64_t sum = 0;
			for (uint32_t k = 0; k < product->depth; k++) sum += from[k * left_step] * with[k * right_step];
			*result++ = (int16_t)fixed_clamp(fixed_multiply_wide(sum, product->multiplier), product->range.low, product->range.high);
		}
	}
}

static void multiply_float32(const batch_matmul *product, size_t left, size_t right, size_t output) {
	const size_t left_step = product->left.depth, right_step = product->right.depth;
	float *result = (float *)product->output + output;
	for (uint32_t row = 0; row < product->rows; row++) {
		const float *from = (const float *)product->left.data + left + row * product->left.line;
		for (uint32_t column = 0; column < product->columns; column++) {
			const float *with = (const float *)product->right.data + right + column * product->right.line;
			float sum = 0.0f;
			for (uint32_t k = 0; k < product->depth; k++) sum += from[k * left_step] * with[k * right_step];
			*result++ = sum;
		}
	}
}

/* Has `multiply` called for every pair of matrices, with their first elements and that of the output. */
static void run(const batch_matmul *product, void (*multiply)(const batch_matmul *product, size_t left, size_t right, size_t output)) {
	const size_t *left = product->left.batches, *right = product->right.batches;
	size_t output = 0;
	for (uint32_t a = 0; a < product->batches[0]; a++) {
		for (uint32_t b = 0; b < product->batches[1]; b++) {
			for (uint32_t c = 0; c < product->batches[2]; c++, output += (size_t)product->rows * product->columns) {
				multiply(product, a * left[0] + b * left[1] + c * left[2], a * right[0] + b * right[1] + c * right[2], output);
			}
		}
	}
}

static void invoke(const void *state) {
	const batch_matmul *product = state;
	if (tflite_has(TFLITE_FLOAT32) && product->type == TFLITE_FLOAT32) run(product, multiply_float32);
	else if (tflite_has(TFLITE_INT16) && product->type == TFLITE_INT16) run(product, multiply_int16);
	else run(product, multiply_int8);
}

const tflite_kernel tflite_batch_matmul = { BUILTIN_BATCH_MATMUL, 1, 4, OPTIONS_BATCH_MATMUL, "BATCH_MATMUL", prepare, invoke, NULL };
