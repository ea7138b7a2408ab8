/*
 * CUMSUM: running sums along an axis, without the element itself (exclusive) or from the end (reverse). Quantized sums begin
 * at minus the zero point, as in the reference, not at 0.
 */
#include "constants.h"
#include "kernels.h"
#include "quantization.h"

/* Bits that operands gain before they are scaled, so that rounding costs less. */
enum { LEFT_SHIFT = 20 };

typedef struct {
	const void *input;
	void *output;
	tflite_type type;
	uint32_t outer;
	/* of the axis */
	uint32_t length;
	/* elements from one index of the axis to the next */
	uint32_t inner;
	uint32_t exclusive;
	uint32_t reverse;
	int32_t input_offset;
	int32_t output_offset;
	fixed_multiplier input_multiplier;
	fixed_multiplier output_multiplier;
} cumsum;

static bool check_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, cumsum *plan) {
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, output)) return false;
	const double twice = 2.0 * (double)input->scale;
	plan->input_offset = -input->zero_point;
	plan->output_offset = output->zero_point;
	plan->input_multiplier = fixed_from_real((double)input->scale / twice);
	return quantization_multiplier(preparation, output, twice / ((double)(1 << LEFT_SHIFT) * (double)output->scale), 0, &plan->output_multiplier);
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	cumsum plan = { 0 };
	uint32_t axis;
	int64_t shape[TFLITE_MAX_RANK];
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if ((input.type != TFLITE_INT8 && input.type != TFLITE_FLOAT32) || !tflite_has(input.type)) return tflite_refuse_type(preparation, &input, "int8 or float32 input");
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	for (uint32_t i = 0; i < input.rank; i++) shape[i] = input.shape[i];
	if (!constants_axis(preparation, 1, input.rank, &axis) || !constants_check_shape(preparation, &output, input.rank, shape)) return false;
	if (input.type == TFLITE_INT8 && !check_quantized(preparation, &input, &output, &plan)) return false;
	plan.type = input.type;
	plan.length = input.shape[axis];
	plan.inner = 1;
	for (uint32_t i = axis + 1; i < input.rank; i++) plan.inner *= input.shape[i];
	plan.outer = input.count / plan.length / plan.inner;
	plan.exclusive = fb_u8(preparation->reader, &preparation->options, CUMSUM_EXCLUSIVE, 0) != 0;
	plan.reverse = fb_u8(preparation->reader, &preparation->options, CUMSUM_REVERSE, 0) != 0;
	cumsum *state = tflite_state(preparation, (uint32_t)sizeof(cumsum), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	*state = plan;
	state->input = input.data;
	state->output = output.data;
	return true;
}

static inline int32_t scale_input(const cumsum *operation, int32_t stored) {
	return fixed_multiply(fixed_shift_left(stored + operation->input_offset, LEFT_SHIFT), operation->input_multiplier);
}

/* Elements of one running sum: `step` apart, from `first` on. */
static void sum_int8(const cumsum *operation, ptrdiff_t first, ptrdiff_t step) {
	const int8_t *from = (const int8_t *)operation->input + first;
	int8_t *to = (int8_t *)operation->output + first;
	int32_t sum = scale_input(operation, 0);
	for (ptrdiff_t i = 0; i < (ptrdiff_t)operation->length; i++) {
		const int32_t with = fixed_add(sum, scale_input(operation, from[i * step]));
		const int32_t result = fixed_multiply(operation->exclusive ? sum : with, operation->output_multiplier);
		to[i * step] = (int8_t)fixed_clamp(fixed_add(result, operation->output_offset), INT8_MIN, INT8_MAX);
		sum = with;
	}
}

static void sum_float32(const cumsum *operation, ptrdiff_t first, ptrdiff_t step) {
	const float *from = (const float *)operation->input + first;
	float *to = (float *)operation->output + first;
	float sum = 0.0f;
	for (ptrdiff_t i = 0; i < (ptrdiff_t)operation->length; i++) {
		const float with = sum + from[i * step];
		to[i * step] = operation->exclusive ? sum : with;
		sum = with;
	}
}

static void invoke(const void *state) {
	const cumsum *operation = state;
	const ptrdiff_t inner = (ptrdiff_t)operation->inner, last = ((ptrdiff_t)operation->length - 1) * inner;
	const ptrdiff_t step = operation->reverse ? -inner : inner;
	ptrdiff_t first = operation->reverse ? last : 0;
	for (uint32_t outer = 0; outer < operation->outer; outer++, first += last) {
		for (ptrdiff_t i = 0; i < inner; i++, first++) {
			if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) sum_float32(operation, first, step);
			else sum_int8(operation, first, step);
		}
	}
}

const tflite_kernel tflite_cumsum = { BUILTIN_CUMSUM, 1, 1, OPTIONS_CUMSUM, "CUMSUM", prepare, invoke, NULL };
