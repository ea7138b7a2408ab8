/* QUANTIZE: float32 to a stored value, or from one quantization to another. */
#include "kernels.h"
#include "quantization.h"

typedef struct {
	const void *input;
	void *output;
	uint32_t count;
	tflite_type input_type;
	tflite_type output_type;
	float scale;
	int32_t input_zero_point;
	int32_t output_zero_point;
	fixed_multiplier multiplier;
	activation_range range;
} quantize;

/* The pairs that the reference computes. */
static bool check_types(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output) {
	const tflite_type to = output->type;
	if (!tflite_has(input->type)) return tflite_refuse_type(preparation, input, "input of a type that is built in");
	if (!tflite_has(to)) return tflite_refuse_type(preparation, output, "output of a type that is built in");
	switch (input->type) {
		case TFLITE_FLOAT32:
		case TFLITE_INT32:
			return to == TFLITE_INT8 || to == TFLITE_INT16 || tflite_refuse_type(preparation, output, "int8 or int16 output for float32 or int32 input");
		case TFLITE_INT16:
			return to == TFLITE_INT8 || to == TFLITE_INT16 || to == TFLITE_INT32 || tflite_refuse_type(preparation, output, "int8, int16 or int32 output for int16 input");
		case TFLITE_INT8:
			return to == TFLITE_INT8 || to == TFLITE_UINT8 || to == TFLITE_INT16 || to == TFLITE_INT32 ||
			       tflite_refuse_type(preparation, output, "int8, uint8, int16 or int32 output for int8 input");
		case TFLITE_UINT8:
			return to == TFLITE_INT8 || tflite_refuse_type(preparation, output, "int8 output for uint8 input");
		default:
			return tflite_refuse_type(preparation, input, "float32, int32, int16, int8 or uint8 input");
	}
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!check_types(preparation, &input, &output) || !tflite_expect_per_tensor(preparation, &output)) return false;
	if (output.count != input.count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many elements as the input", output.count);
	fixed_multiplier multiplier = { 0, 0 };
	if (input.type != TFLITE_FLOAT32) {
		if (!tflite_expect_per_tensor(preparation, &input)) return false;
		if (!quantization_multiplier(preparation, &output, (double)input.scale / (double)output.scale, 30, &multiplier)) return false;
	}
	quantize *state = tflite_state(preparation, (uint32_t)sizeof(quantize), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = output.data;
	state->count = input.count;
	state->input_type = input.type;
	state->output_type = output.type;
	state->scale = output.scale;
	state->input_zero_point = input.zero_point;
	state->output_zero_point = output.zero_point;
	state->multiplier = multiplier;
	state->range = quantization_type_range(output.type);
	return true;
}

static inline int32_t load(const quantize *operation, uint32_t index) {
	switch (operation->input_type) {
		case TFLITE_INT8: return ((const int8_t *)operation->input)[index];
		case TFLITE_UINT8: return ((const uint8_t *)operation->input)[index];
		case TFLITE_INT16: return ((const int16_t *)operation->input)[index];
		default: return ((const int32_t *)operation->input)[index];
	}
}

static inline void store(const quantize *operation, uint32_t index, int32_t stored) {
	switch (operation->output_type) {
		case TFLITE_INT8: ((int8_t *)operation->output)[index] = (int8_t)stored; break;
		case TFLITE_UINT8: ((uint8_t *)operation->output)[index] = (uint8_t)stored; break;
		case TFLITE_INT16: ((int16_t *)operation->output)[index] = (int16_t)stored; break;
		default: ((int32_t *)operation->output)[index] = stored; break;
	}
}

static void invoke(const void *state) {
	const quantize *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->input_type == TFLITE_FLOAT32) {
		const float *input = operation->input;
		for (uint32_t i = 0; i < operation->count; i++) {
			store(operation, i, fixed_quantize(input[i], operation->scale, operation->output_zero_point, operation->range.low, operation->range.high));
		}
		return;
	}
	for (uint32_t i = 0; i < operation->count; i++) {
		const int32_t difference = fixed_add(load(operation, i), (int32_t)(0u - (uint32_t)operation->input_zero_point));
		const int32_t scaled = fixed_add(fixed_multiply(difference, operation->multiplier), operation->output_zero_point);
		store(operation, i, fixed_clamp(scaled, operation->range.low, operation->range.high));
	}
}

const tflite_kernel tflite_quantize = { BUILTIN_QUANTIZE, 1, 4, OPTIONS_QUANTIZE, "QUANTIZE", prepare, invoke, NULL };
