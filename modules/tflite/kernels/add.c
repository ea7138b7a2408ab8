/*
 * ADD: element by element, with broadcasting. Quantized operands are brought to a common scale first. In int32 a fused activation
 * does nothing, as in the reference.
 */
#include "../schema.h"
#include "broadcast.h"
#include "kernels.h"
#include "quantization.h"

typedef struct {
	const void *first;
	const void *second;
	void *output;
	tflite_type type;
	/* bits that operands gain before they are scaled, so that rounding costs less */
	int32_t left_shift;
	int32_t first_offset;
	int32_t second_offset;
	int32_t output_offset;
	fixed_multiplier first_multiplier;
	fixed_multiplier second_multiplier;
	fixed_multiplier output_multiplier;
	activation_range range;
	activation_range_real range_real;
	uint32_t rank;
	/* behind this state */
	broadcast_axis *axes;
} add;

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *first, const tflite_operand *second, const tflite_operand *output,
                            uint8_t activation, add *operation) {
	if (!tflite_expect_per_tensor(preparation, first) || !tflite_expect_per_tensor(preparation, second) || !tflite_expect_per_tensor(preparation, output)) return false;
	/* 20 bits for 8, 15 for 16: operand, shift and sign then fill 29 to 32 bits. */
	operation->left_shift = output->type == TFLITE_INT16 ? 15 : 20;
	operation->first_offset = -first->zero_point;
	operation->second_offset = -second->zero_point;
	operation->output_offset = output->zero_point;
	double twice_larger = 2.0 * (double)(first->scale > second->scale ? first->scale : second->scale);
	double result = twice_larger / ((double)(1 << operation->left_shift) * (double)output->scale);
	return quantization_multiplier(preparation, first, (double)first->scale / twice_larger, 0, &operation->first_multiplier) &&
	       quantization_multiplier(preparation, second, (double)second->scale / twice_larger, 0, &operation->second_multiplier) &&
	       quantization_multiplier(preparation, output, result, 0, &operation->output_multiplier) &&
	       quantization_activation(preparation, activation, output, &operation->range);
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand first, second, output;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &first) || !tflite_input_operand(preparation, 1, &second) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (first.type != TFLITE_INT8 && first.type != TFLITE_INT16 && first.type != TFLITE_INT32 && first.type != TFLITE_FLOAT32) {
		return tflite_refuse_type(preparation, &first, "int8, int16, int32 or float32 input");
	}
	if (second.type != first.type) return tflite_refuse_type(preparation, &second, "both inputs of one type");
	if (output.type != first.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	uint8_t activation = fb_u8(preparation->reader, &preparation->options, ADD_ACTIVATION, ACTIVATION_NONE);
	broadcast_shape shape;
	if (!broadcast_fit(preparation, &first, &second, &output, &shape)) return false;
	add operation;
	memset(&operation, 0, sizeof operation);
	operation.type = first.type;
	operation.rank = shape.rank;
	if (first.type == TFLITE_INT8 || first.type == TFLITE_INT16) {
		if (!check_quantized(preparation, &first, &second, &output, activation, &operation)) return false;
	} else if (first.type == TFLITE_FLOAT32) {
		if (!quantization_activation_real(preparation, activation, &operation.range_real)) return false;
	} else if (first.scale_count + second.scale_count > 0) {
		return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &first, "int32 inputs without scales");
	}
	uint32_t axes_bytes = shape.rank * (uint32_t)sizeof(broadcast_axis);
	add *state = tflite_state(preparation, (uint32_t)sizeof(add) + axes_bytes, 0, (uint64_t)output.count * 16);
	if (state == NULL) return true;
	*state = operation;
	state->first = first.data;
	state->second = second.data;
	state->output = output.data;
	state->axes = (broadcast_axis *)(state + 1);
	memcpy(state->axes, shape.axes, axes_bytes);
	return true;
}

static inline int32_t sum_quantized(const add *operation, int32_t first, int32_t second) {
	int32_t a = fixed_multiply(fixed_shift_left(first + operation->first_offset, operation->left_shift), operation->first_multiplier);
	int32_t b = fixed_multiply(fixed_shift_left(second + operation->second_offset, operation->left_shift), operation->second_multiplier);
	int32_t sum = fixed_multiply(fixed_add(a, b), operation->output_multiplier);
	return fixed_clamp(fixed_add(sum, operation->output_offset), operation->range.low, operation->range.high);
}

static void run_int8(const add *operation, const broadcast_axis *axis, const broadcast_position *at, size_t output) {
	const int8_t *first = (const int8_t *)operation->first + at->first, *second = (const int8_t *)operation->second + at->second;
	int8_t *result = (int8_t *)operation->output + output;
	for (uint32_t i = 0; i < axis->count; i++, first += axis->first, second += axis->second) result[i] = (int8_t)sum_quantized(operation, *first, *second);
}

static void run_int16(const add *operation, const broadcast_axis *axis, const broadcast_position *at, size_t output) {
	const int16_t *first = (const int16_t *)operation->first + at->first, *second = (const int16_t *)operation->second + at->second;
	int16_t *result = (int16_t *)operation->output + output;
	for (uint32_t i = 0; i < axis->count; i++, first += axis->first, second += axis->second) result[i] = (int16_t)sum_quantized(operation, *first, *second);
}

static void run_int32(const add *operation, const broadcast_axis *axis, const broadcast_position *at, size_t output) {
	const int32_t *first = (const int32_t *)operation->first + at->first, *second = (const int32_t *)operation->second + at->second;
	int32_t *result = (int32_t *)operation->output + output;
	for (uint32_t i = 0; i < axis->count; i++, first += axis->first, second += axis->second) result[i] = fixed_add(*first, *second);
}

static void run_float32(const add *operation, const broadcast_axis *axis, const broadcast_position *at, size_t output) {
	const float *first = (const float *)operation->first + at->first, *second = (const float *)operation->second + at->second;
	float *result = (float *)operation->output + output;
	for (uint32_t i = 0; i < axis->count; i++, first += axis->first, second += axis->second) result[i] = activation_clamp_real(*first + *second, operation->range_real);
}

static void invoke(const void *state) {
	const add *operation = state;
	const broadcast_axis *innermost = &operation->axes[operation->rank - 1];
	broadcast_position at;
	size_t output = 0;
	memset(&at, 0, sizeof at);
	do {
		if (operation->type == TFLITE_INT8) run_int8(operation, innermost, &at, output);
		else if (operation->type == TFLITE_INT16) run_int16(operation, innermost, &at, output);
		else if (operation->type == TFLITE_INT32) run_int32(operation, innermost, &at, output);
		else run_float32(operation, innermost, &at, output);
		output += innermost->count;
	} while (broadcast_next(operation->axes, operation->rank, &at));
}

const tflite_kernel tflite_add = { BUILTIN_ADD, 1, 5, OPTIONS_ADD, "ADD", prepare, invoke, NULL };
