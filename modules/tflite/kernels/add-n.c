/*
 * ADD_N: the sum of any number of inputs of one shape, and in int8 of one scale and zero point. The reference's int8 sum begins with
 * the scaled negative zero point, and so does this one.
 */
#include "kernels.h"
#include "rescale.h"

typedef struct {
	uint32_t input_count;
	uint32_t count;
	void *output;
	tflite_type type;
	rescale_input input;
	rescale_output rescale;
	/* behind this state */
	const uint8_t **inputs;
} add_n;

static bool prepare_quantized(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, add_n *operation) {
	if (!tflite_expect_per_tensor(preparation, input)) return false;
	operation->input.offset = -input->zero_point;
	operation->input.left_shift = rescale_sum_shift(TFLITE_INT8);
	/* As in ADD, where the larger scale is twice taken. */
	const double common_scale = 2.0 * (double)input->scale;
	const double ratio = common_scale / ((double)(1 << operation->input.left_shift) * (double)output->scale);
	return quantization_multiplier(preparation, input, 0.5, 0, &operation->input.multiplier) &&
	       rescale_result(preparation, output, ratio, 0, ACTIVATION_NONE, &operation->rescale);
}

static bool check_alike(tflite_preparation *preparation, const tflite_operand *first, const tflite_operand *operand, bool input) {
	if (operand->type != first->type) return tflite_refuse_type(preparation, operand, "operands of one type");
	if (operand->rank != first->rank || memcmp(operand->shape, first->shape, sizeof first->shape) != 0) {
		return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, operand, "operands of one shape");
	}
	if (!input || first->type != TFLITE_INT8) return true;
	return (operand->scale == first->scale && operand->zero_point == first->zero_point) ||
	       tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, operand, "inputs of one scale and zero point");
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand first, output;
	add_n operation;
	memset(&operation, 0, sizeof operation);
	if (!tflite_expect_operands(preparation, 2, UINT32_MAX)) return false;
	if (!tflite_input_operand(preparation, 0, &first) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (first.type != TFLITE_INT8 && !(tflite_has(TFLITE_FLOAT32) && first.type == TFLITE_FLOAT32)) {
		return tflite_refuse_type(preparation, &first, "int8 or float32 inputs");
	}
	if (!check_alike(preparation, &first, &output, false)) return false;
	if (first.type == TFLITE_INT8 && !prepare_quantized(preparation, &first, &output, &operation)) return false;
	const uint32_t inputs = preparation->inputs.length;
	/* The graph allows no more than 256 inputs. */
	add_n *state = tflite_state(preparation, (uint32_t)sizeof operation + inputs * (uint32_t)sizeof(uint8_t *), 0, (uint64_t)first.count * inputs * 8);
	if (state != NULL) {
		*state = operation;
		state->input_count = inputs;
		state->count = first.count;
		state->output = output.data;
		state->type = first.type;
		state->inputs = (const uint8_t **)(void *)(state + 1);
	}
	for (uint32_t i = 0; i < inputs; i++) {
		tflite_operand input;
		if (!tflite_input_operand(preparation, i, &input) || !check_alike(preparation, &first, &input, true)) return false;
		if (state != NULL) state->inputs[i] = input.data;
	}
	return true;
}

static void run_int8(const add_n *operation) {
	int8_t *output = operation->output;
	for (uint32_t i = 0; i < operation->count; i++) {
		int32_t sum = rescale_from(operation->input, 0);
		for (uint32_t k = 0; k < operation->input_count; k++) sum = fixed_add(sum, rescale_from(operation->input, ((const int8_t *)operation->inputs[k])[i]));
		output[i] = (int8_t)rescale_to(operation->rescale, sum);
	}
}

static void run_float32(const add_n *operation) {
	float *output = operation->output;
	for (uint32_t i = 0; i < operation->count; i++) {
		float sum = 0.0f;
		for (uint32_t k = 0; k < operation->input_count; k++) sum += ((const float *)(const void *)operation->inputs[k])[i];
		output[i] = sum;
	}
}

static void invoke(const void *state) {
	const add_n *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) run_float32(operation);
	else run_int8(operation);
}

const tflite_kernel tflite_add_n = { BUILTIN_ADD_N, 1, 1, OPTIONS_ADD_N, "ADD_N", prepare, invoke, NULL };
