/* SignalFftAutoScale: shifts samples to the left until the largest of them fills its type, and says by how many bits. */
#include "kernels.h"
#include "signal.h"

typedef struct {
	const int16_t *input;
	int16_t *output;
	int32_t *bits;
	uint32_t count;
} signal_fft_auto_scale;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output, bits;
	if (!tflite_expect_inputs(preparation, 1, 1) || !tflite_expect_outputs(preparation, 2, 2)) return false;
	if (!signal_input(preparation, 0, TFLITE_INT16, 1, &input) || !signal_output(preparation, 0, TFLITE_INT16, 1, &output)) return false;
	if (!signal_output(preparation, 1, TFLITE_INT32, 0, &bits) || !signal_expect_count(preparation, &output, input.count)) return false;
	signal_fft_auto_scale *state = tflite_state(preparation, (uint32_t)sizeof(signal_fft_auto_scale), 0, (uint64_t)input.count * 2);
	if (state == NULL) return true;
	state->input = (const int16_t *)(const void *)input.data;
	state->output = (int16_t *)(void *)output.data;
	state->bits = (int32_t *)(void *)bits.data;
	state->count = input.count;
	return true;
}

/* The reference keeps the size of -32768, which int16 lacks, as -32768, and finds the largest of what follows. */
static int16_t largest(const int16_t *input, uint32_t count) {
	int16_t most = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (input[i] > most) most = input[i];
		else if (-input[i] > most) most = (int16_t)-input[i];
	}
	return most;
}

static void invoke(const void *state) {
	const signal_fft_auto_scale *operation = state;
	const int16_t most = largest(operation->input, operation->count);
	const uint32_t shift = most <= 0 ? 0 : 15 - signal_bits((uint32_t)most);
	for (uint32_t i = 0; i < operation->count; i++) operation->output[i] = (int16_t)(operation->input[i] * (1 << shift));
	*operation->bits = (int32_t)shift;
}

const tflite_kernel tflite_signal_fft_auto_scale = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalFftAutoScale", prepare, invoke, NULL };
