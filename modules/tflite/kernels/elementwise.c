#include "elementwise.h"

bool elementwise_load(tflite_preparation *preparation, uint32_t input_count, elementwise_operands *operands) {
	operands->input_count = input_count;
	if (!tflite_expect_operands(preparation, input_count, input_count)) return false;
	for (uint32_t k = 0; k < input_count; k++) {
		if (!tflite_input_operand(preparation, k, &operands->inputs[k])) return false;
	}
	return tflite_output_operand(preparation, 0, &operands->output) &&
	       broadcast_fit(preparation, operands->inputs, input_count, &operands->output, &operands->shape);
}

bool elementwise_expect_one_type(tflite_preparation *preparation, const elementwise_operands *operands) {
	const tflite_type type = operands->inputs[0].type;
	for (uint32_t k = 1; k < operands->input_count; k++) {
		if (operands->inputs[k].type != type) return tflite_refuse_type(preparation, &operands->inputs[k], "inputs of one type");
	}
	return operands->output.type == type || tflite_refuse_type(preparation, &operands->output, "output of the inputs' type");
}

bool elementwise_expect_no_scales(tflite_preparation *preparation, const elementwise_operands *operands) {
	for (uint32_t k = 0; k < operands->input_count; k++) {
		if (operands->inputs[k].scale_count > 0) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &operands->inputs[k], "int32 inputs without scales");
	}
	return true;
}

bool elementwise_start(tflite_preparation *preparation, const elementwise_operands *operands, elementwise *operation, uint32_t state_bytes, uint32_t work) {
	const uint32_t axes_bytes = operands->shape.rank * (uint32_t)sizeof(broadcast_axis);
	uint8_t *state = tflite_state(preparation, state_bytes + axes_bytes, 0, (uint64_t)operands->output.count * work);
	if (state == NULL) return true;
	operation->rank = (uint8_t)operands->shape.rank;
	operation->input_count = (uint8_t)operands->input_count;
	for (uint32_t k = 0; k < operands->input_count; k++) {
		operation->inputs[k] = operands->inputs[k].data;
		operation->input_bytes[k] = (uint8_t)(operands->inputs[k].bytes / operands->inputs[k].count);
	}
	operation->output = operands->output.data;
	operation->output_bytes = (uint8_t)(operands->output.bytes / operands->output.count);
	operation->axes = (const broadcast_axis *)(const void *)(state + state_bytes);
	memcpy(state, operation, state_bytes);
	memcpy(state + state_bytes, operands->shape.axes, axes_bytes);
	return true;
}

void elementwise_invoke(const void *state) {
	const elementwise *operation = state;
	const broadcast_axis *innermost = &operation->axes[operation->rank - 1];
	uint8_t *output = operation->output;
	elementwise_run run;
	broadcast_position at;
	memset(&at, 0, sizeof at);
	memset(&run, 0, sizeof run);
	run.count = innermost->count;
	memcpy(run.steps, innermost->steps, sizeof run.steps);
	do {
		for (uint32_t k = 0; k < operation->input_count; k++) {
			run.inputs[k] = operation->inputs[k] + (size_t)at.offsets[k] * operation->input_bytes[k];
		}
		run.output = output;
		operation->kernel(operation, run);
		output += (size_t)run.count * operation->output_bytes;
	} while (broadcast_next(operation->axes, operation->rank, &at));
}
