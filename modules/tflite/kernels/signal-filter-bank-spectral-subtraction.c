/*
 * SignalFilterBankSpectralSubtraction: estimates the noise of each channel by smoothing it over time, and subtracts it, down to a share of the
 * signal. Coefficients have spectral_subtraction_bits fraction bits; the estimate has smoothing_bits more than the signal.
 */
#include "kernels.h"
#include "signal.h"

/* For channels of even and of odd number. */
typedef struct {
	uint32_t smoothing;
	uint32_t one_minus_smoothing;
} smoothing_coefficients;

typedef struct {
	const uint32_t *input;
	uint32_t *output;
	uint32_t *noise;
	/* what is kept from one invoke to the next; `noise` is a copy */
	uint32_t *estimate;
	uint32_t channels;
	smoothing_coefficients coefficients[2];
	uint32_t least_share;
	uint32_t smoothing_bits;
	uint32_t bits;
	bool clamps;
} signal_spectral_subtraction;

static bool coefficient(tflite_preparation *preparation, const flexbuffer_map *options, const char *name, const char *expected, uint32_t *value) {
	int64_t number;
	if (!signal_option(preparation, options, name, INT32_MIN, UINT32_MAX, expected, &number)) return false;
	*value = (uint32_t)(number & UINT32_MAX);
	return true;
}

static bool read_options(tflite_preparation *preparation, const flexbuffer_map *options, signal_spectral_subtraction *operation) {
	int64_t channels, smoothing_bits, bits, clamps;
	smoothing_coefficients *even = &operation->coefficients[0], *odd = &operation->coefficients[1];
	if (!signal_option(preparation, options, "num_channels", 1, INT32_MAX, "num_channels of 1 or more", &channels)) return false;
	if (!signal_option(preparation, options, "smoothing_bits", 0, 31, "smoothing_bits from 0 to 31", &smoothing_bits)) return false;
	if (!signal_option(preparation, options, "spectral_subtraction_bits", 0, 63, "spectral_subtraction_bits from 0 to 63", &bits)) return false;
	if (!signal_option(preparation, options, "clamping", 0, 1, "clamping that is 0 or 1", &clamps)) return false;
	operation->channels = (uint32_t)channels;
	operation->smoothing_bits = (uint32_t)smoothing_bits;
	operation->bits = (uint32_t)bits;
	operation->clamps = clamps != 0;
	return coefficient(preparation, options, "smoothing", "smoothing in 32 bits", &even->smoothing) &&
	       coefficient(preparation, options, "one_minus_smoothing", "one_minus_smoothing in 32 bits", &even->one_minus_smoothing) &&
	       coefficient(preparation, options, "alternate_smoothing", "alternate_smoothing in 32 bits", &odd->smoothing) &&
	       coefficient(preparation, options, "alternate_one_minus_smoothing", "alternate_one_minus_smoothing in 32 bits", &odd->one_minus_smoothing) &&
	       coefficient(preparation, options, "min_signal_remaining", "min_signal_remaining in 32 bits", &operation->least_share);
}

static bool prepare(tflite_preparation *preparation) {
	flexbuffer_map options;
	tflite_operand input, output, noise;
	signal_spectral_subtraction operation;
	if (!tflite_expect_inputs(preparation, 1, 1) || !tflite_expect_outputs(preparation, 2, 2)) return false;
	if (!signal_options(preparation, &options) || !read_options(preparation, &options, &operation)) return false;
	if (!signal_input(preparation, 0, TFLITE_UINT32, 1, &input) || !signal_output(preparation, 0, TFLITE_UINT32, 1, &output)) return false;
	if (!signal_output(preparation, 1, TFLITE_UINT32, 1, &noise)) return false;
	if (!signal_expect_count(preparation, &input, operation.channels) || !signal_expect_count(preparation, &output, operation.channels)) return false;
	if (!signal_expect_count(preparation, &noise, operation.channels)) return false;
	signal_spectral_subtraction *state = tflite_state(preparation, (uint32_t)sizeof(signal_spectral_subtraction), 0, (uint64_t)operation.channels * 8);
	uint32_t *estimate = tflite_keep(preparation, operation.channels * (uint32_t)sizeof(uint32_t));
	if (state == NULL) return true;
	*state = operation;
	state->input = (const uint32_t *)(const void *)input.data;
	state->output = (uint32_t *)(void *)output.data;
	state->noise = (uint32_t *)(void *)noise.data;
	state->estimate = estimate;
	return true;
}

static void invoke(const void *state) {
	const signal_spectral_subtraction *operation = state;
	for (uint32_t i = 0; i < operation->channels; i++) {
		const smoothing_coefficients *by = &operation->coefficients[i % 2];
		const uint32_t signal = operation->input[i], scaled = signal << operation->smoothing_bits;
		uint32_t estimate = (uint32_t)(((uint64_t)scaled * by->smoothing + (uint64_t)operation->estimate[i] * by->one_minus_smoothing) >> operation->bits);
		const uint32_t noise = estimate < scaled ? estimate : scaled;
		if (operation->clamps) estimate = noise;
		const uint32_t least = (uint32_t)((uint64_t)signal * operation->least_share >> operation->bits);
		const uint32_t rest = (scaled - noise) >> operation->smoothing_bits;
		operation->output[i] = rest > least ? rest : least;
		operation->estimate[i] = estimate;
		operation->noise[i] = estimate;
	}
}

const tflite_kernel tflite_signal_filter_bank_spectral_subtraction = {
	BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalFilterBankSpectralSubtraction", prepare, invoke, NULL
};
