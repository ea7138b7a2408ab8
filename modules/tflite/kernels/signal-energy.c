/* SignalEnergy: the squared sizes of a spectrum's numbers from start_index to before end_index; the others are 0. */
#include "kernels.h"
#include "signal.h"

#include <string.h>

typedef struct {
	/* pairs of real and imaginary part */
	const int16_t *input;
	uint32_t *output;
	uint32_t count;
	uint32_t start;
	uint32_t end;
} signal_energy;

static bool prepare(tflite_preparation *preparation) {
	flexbuffer_map options;
	tflite_operand input, output;
	int64_t start, end;
	if (!tflite_expect_operands(preparation, 1, 1) || !signal_options(preparation, &options)) return false;
	if (!signal_input(preparation, 0, TFLITE_INT16, 1, &input) || !signal_output(preparation, 0, TFLITE_UINT32, 1, &output)) return false;
	const uint32_t most = input.count / 2 < output.count ? input.count / 2 : output.count;
	if (!signal_option(preparation, &options, "end_index", 0, most, "an end_index inside the input and the output", &end)) return false;
	if (!signal_option(preparation, &options, "start_index", 0, end, "a start_index from 0 to end_index", &start)) return false;
	signal_energy *state = tflite_state(preparation, (uint32_t)sizeof(signal_energy), 0, (uint64_t)output.count * 2);
	if (state == NULL) return true;
	state->input = (const int16_t *)(const void *)input.data;
	state->output = (uint32_t *)(void *)output.data;
	state->count = output.count;
	state->start = (uint32_t)start;
	state->end = (uint32_t)end;
	return true;
}

static void invoke(const void *state) {
	const signal_energy *operation = state;
	/* The reference leaves in the output what memory held before. */
	memset(operation->output, 0, operation->start * sizeof(uint32_t));
	memset(operation->output + operation->end, 0, (operation->count - operation->end) * sizeof(uint32_t));
	for (uint32_t i = operation->start; i < operation->end; i++) {
		const int32_t real = operation->input[2 * i], imaginary = operation->input[2 * i + 1];
		operation->output[i] = (uint32_t)(real * real) + (uint32_t)(imaginary * imaginary);
	}
}

const tflite_kernel tflite_signal_energy = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalEnergy", prepare, invoke, NULL };
