/* SignalWindow: each frame of samples times the window, in fixed point with `shift` fraction bits. */
#include "kernels.h"
#include "signal.h"

typedef struct {
	const int16_t *input;
	const int16_t *window;
	int16_t *output;
	uint32_t count;
	uint32_t frame;
	uint32_t shift;
} signal_window;

static bool prepare(tflite_preparation *preparation) {
	flexbuffer_map options;
	tflite_operand input, window, output;
	int64_t shift;
	if (!tflite_expect_operands(preparation, 2, 2) || !signal_options(preparation, &options)) return false;
	if (!signal_option(preparation, &options, "shift", 0, 31, "a shift from 0 to 31", &shift)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !signal_input(preparation, 1, TFLITE_INT16, 1, &window)) return false;
	if (!tflite_output_operand(preparation, 0, &output)) return false;
	if (input.type != TFLITE_INT16) return tflite_refuse_type(preparation, &input, "int16");
	if (output.type != TFLITE_INT16) return tflite_refuse_type(preparation, &output, "int16");
	if (output.rank != input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many dimensions as the input", output.rank);
	if (input.count % window.count != 0) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &input, "whole windows of samples", input.count);
	if (!signal_expect_count(preparation, &output, input.count)) return false;
	signal_window *state = tflite_state(preparation, (uint32_t)sizeof(signal_window), 0, (uint64_t)input.count * 2);
	if (state == NULL) return true;
	state->input = (const int16_t *)(const void *)input.data;
	state->window = (const int16_t *)(const void *)window.data;
	state->output = (int16_t *)(void *)output.data;
	state->count = input.count;
	state->frame = window.count;
	state->shift = (uint32_t)shift;
	return true;
}

static void invoke(const void *state) {
	const signal_window *operation = state;
	for (uint32_t i = 0, at = 0; i < operation->count; i++, at = at + 1 < operation->frame ? at + 1 : 0) {
		const int32_t product = (operation->input[i] * operation->window[at]) >> operation->shift;
		operation->output[i] = (int16_t)(product < INT16_MIN ? INT16_MIN : product > INT16_MAX ? INT16_MAX : product);
	}
}

const tflite_kernel tflite_signal_window = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalWindow", prepare, invoke, NULL };
