/*
 * SignalFilterBank: energies by frequency, added up in channels. The bands of neighbouring channels overlap: what of an energy is not counted
 * in one (its weight) is counted in the next (its unweight). So there is one band more than channels, whose sum of weights is of no use.
 */
#include "kernels.h"
#include "signal.h"

typedef struct {
	const uint32_t *input;
	const int16_t *weights;
	const int16_t *unweights;
	/* of each band: the first energy, the first weight, and how many there are */
	const int16_t *inputs_from;
	const int16_t *weights_from;
	const int16_t *widths;
	uint64_t *output;
	uint32_t channels;
} signal_filter_bank;

/* The bands are constants, so all of them are checked here. Adds up the number of products. */
static bool check_bands(tflite_preparation *preparation, const tflite_operand operands[6], uint32_t channels, uint64_t *products) {
	for (uint32_t slot = 3; slot < 6; slot++) {
		if (!operands[slot].constant) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &operands[slot], "constant bands");
		if (operands[slot].count <= channels) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &operands[slot], "a band more than channels", operands[slot].count);
	}
	const int16_t *inputs_from = (const int16_t *)(const void *)operands[3].data, *weights_from = (const int16_t *)(const void *)operands[4].data;
	const int16_t *widths = (const int16_t *)(const void *)operands[5].data;
	const uint32_t weights = operands[1].count < operands[2].count ? operands[1].count : operands[2].count;
	for (uint32_t band = 0; band <= channels; band++) {
		if (widths[band] <= 0) continue;
		const uint32_t width = (uint32_t)widths[band];
		if (inputs_from[band] < 0 || (uint32_t)inputs_from[band] + width > operands[0].count) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &operands[3], "bands inside the input", inputs_from[band]);
		}
		if (weights_from[band] < 0 || (uint32_t)weights_from[band] + width > weights) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &operands[4], "bands inside the weights", weights_from[band]);
		}
		*products += 2 * width;
	}
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	flexbuffer_map options;
	tflite_operand operands[6], output;
	int64_t channels;
	uint64_t products = 0;
	if (!tflite_expect_operands(preparation, 6, 6) || !signal_options(preparation, &options)) return false;
	if (!signal_input(preparation, 0, TFLITE_UINT32, 1, &operands[0])) return false;
	for (uint32_t slot = 1; slot < 6; slot++) {
		if (!signal_input(preparation, slot, TFLITE_INT16, 1, &operands[slot])) return false;
	}
	if (!signal_output(preparation, 0, TFLITE_UINT64, 1, &output)) return false;
	if (!signal_option(preparation, &options, "num_channels", output.count, INT32_MAX - 1, "num_channels at least as many as outputs", &channels)) return false;
	/* The reference computes all channels and gives the first of them. */
	if (!check_bands(preparation, operands, output.count, &products)) return false;
	signal_filter_bank *state = tflite_state(preparation, (uint32_t)sizeof(signal_filter_bank), 0, products + output.count);
	if (state == NULL) return true;
	state->input = (const uint32_t *)(const void *)operands[0].data;
	state->weights = (const int16_t *)(const void *)operands[1].data;
	state->unweights = (const int16_t *)(const void *)operands[2].data;
	state->inputs_from = (const int16_t *)(const void *)operands[3].data;
	state->weights_from = (const int16_t *)(const void *)operands[4].data;
	state->widths = (const int16_t *)(const void *)operands[5].data;
	state->output = (uint64_t *)(void *)output.data;
	state->channels = output.count;
	return true;
}

static void invoke(const void *state) {
	const signal_filter_bank *operation = state;
	uint64_t carried = 0;
	for (uint32_t band = 0; band <= operation->channels; band++) {
		uint64_t here = carried, next = 0;
		for (int32_t i = 0; i < operation->widths[band]; i++) {
			const uint64_t energy = operation->input[operation->inputs_from[band] + i];
			/* A negative weight wraps around, as in the reference. */
			here += (uint64_t)(int64_t)operation->weights[operation->weights_from[band] + i] * energy;
			next += (uint64_t)(int64_t)operation->unweights[operation->weights_from[band] + i] * energy;
		}
		if (band > 0) operation->output[band - 1] = here;
		carried = next;
	}
}

const tflite_kernel tflite_signal_filter_bank = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalFilterBank", prepare, invoke, NULL };
