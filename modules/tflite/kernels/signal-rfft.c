/* SignalRfft: the spectrum of each row of real samples, filled up with zeros to `fft_length`, as pairs of real and imaginary part. */
#include "fourier.h"
#include "kernels.h"
#include "signal.h"

typedef struct {
	const uint8_t *input;
	uint8_t *output;
	void *constants;
	uint32_t rows;
	/* samples of a row, and elements of its spectrum */
	uint32_t samples;
	uint32_t elements;
	tflite_type type;
	fourier_plan plan;
} signal_rfft;

static uint32_t bytes_of(tflite_type type) {
	return type == TFLITE_INT16 ? 2 : 4;
}

static bool check_operands(tflite_preparation *preparation, int64_t type, const tflite_operand *input, const tflite_operand *output, signal_rfft *operation) {
	if ((int64_t)input->type != type || !tflite_has(input->type)) return tflite_refuse_type(preparation, input, "input of the type that the options name");
	if (output->type != input->type) return tflite_refuse_type(preparation, output, "output of the input's type");
	if (input->rank < 1 || output->rank != input->rank) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many dimensions as the input, at least 1", output->rank);
	}
	operation->type = input->type;
	operation->samples = input->shape[input->rank - 1];
	operation->elements = 2 * (operation->plan.length + 1);
	operation->rows = input->count / operation->samples;
	if (operation->samples > 2 * operation->plan.length) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, input, "no more samples than the transform's length", operation->samples);
	}
	if (output->shape[output->rank - 1] != operation->elements) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "2 elements more than the transform's length", output->shape[output->rank - 1]);
	}
	return output->count / operation->elements == operation->rows || tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, output, "as many rows as the input");
}

static bool prepare(tflite_preparation *preparation) {
	flexbuffer_map options;
	tflite_operand input, output;
	int64_t length, type;
	signal_rfft operation;
	if (!tflite_expect_operands(preparation, 1, 1) || !signal_options(preparation, &options)) return false;
	if (!signal_option(preparation, &options, "T", 0, INT32_MAX, "a type T", &type)) return false;
	if (type != TFLITE_INT16 && type != TFLITE_INT32 && type != TFLITE_FLOAT32) {
		return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, NULL, "type 0 (float32), 2 (int32) or 7 (int16)", type);
	}
	if (!signal_option(preparation, &options, "fft_length", 4, FOURIER_MOST_LENGTH, "an fft_length from 4 to 65536", &length)) return false;
	if (!fourier_plan_for((uint32_t)length, &operation.plan)) {
		return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, NULL, "an even fft_length without prime factors above 5", length);
	}
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!check_operands(preparation, type, &input, &output, &operation)) return false;
	const uint32_t front = ((uint32_t)sizeof(signal_rfft) + 7) / 8 * 8, constants = fourier_constants(&operation.plan) * bytes_of(operation.type);
	const uint64_t work = (uint64_t)operation.rows * operation.plan.length * (operation.plan.stages + 2) * 8;
	signal_rfft *state = tflite_state(preparation, front + constants, 0, work);
	if (state == NULL) return true;
	*state = operation;
	state->input = input.data;
	state->output = output.data;
	state->constants = (uint8_t *)state + front;
	if (tflite_has(TFLITE_INT16) && state->type == TFLITE_INT16) fourier_start_int16(&state->plan, state->constants);
	else if (tflite_has(TFLITE_INT32) && state->type == TFLITE_INT32) fourier_start_int32(&state->plan, state->constants);
	else if (tflite_has(TFLITE_FLOAT32)) fourier_start_float32(&state->plan, state->constants);
	return true;
}

static void invoke(const void *state) {
	const signal_rfft *operation = state;
	const fourier_plan *plan = &operation->plan;
	for (size_t row = 0; row < operation->rows; row++) {
		const void *input = operation->input + row * operation->samples * bytes_of(operation->type);
		void *output = operation->output + row * operation->elements * bytes_of(operation->type);
		if (tflite_has(TFLITE_INT16) && operation->type == TFLITE_INT16) fourier_run_int16(plan, operation->constants, input, operation->samples, output);
		else if (tflite_has(TFLITE_INT32) && operation->type == TFLITE_INT32) fourier_run_int32(plan, operation->constants, input, operation->samples, output);
		else if (tflite_has(TFLITE_FLOAT32)) fourier_run_float32(plan, operation->constants, input, operation->samples, output);
	}
}

const tflite_kernel tflite_signal_rfft = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalRfft", prepare, invoke, NULL };
