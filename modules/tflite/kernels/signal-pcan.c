/*
 * SignalPCAN: per-channel amplitude normalization (https://arxiv.org/abs/1607.05666). Each channel is multiplied by a gain that the table gives
 * for its noise, and what is weak is made weaker.
 */
#include "kernels.h"
#include "signal.h"

/* Three numbers for the noises 0, 1 and 2, then four for each number of bits from 2 to 32, of which the last is not used. */
enum { GAINS = 4 * 32 - 6 + 3 };

enum { RATIO_BITS = 12, OUTPUT_BITS = 6 };

typedef struct {
	const uint32_t *input;
	const uint32_t *noise;
	const int16_t *gains;
	uint32_t *output;
	uint32_t count;
	uint32_t shift;
} signal_pcan;

static bool prepare(tflite_preparation *preparation) {
	flexbuffer_map options;
	tflite_operand input, noise, gains, output;
	int64_t shift;
	if (!tflite_expect_operands(preparation, 3, 3) || !signal_options(preparation, &options)) return false;
	if (!signal_option(preparation, &options, "snr_shift", 0, 63, "an snr_shift from 0 to 63", &shift)) return false;
	if (!signal_input(preparation, 0, TFLITE_UINT32, 1, &input) || !signal_input(preparation, 1, TFLITE_UINT32, 1, &noise)) return false;
	if (!signal_input(preparation, 2, TFLITE_INT16, 1, &gains) || !signal_output(preparation, 0, TFLITE_UINT32, 1, &output)) return false;
	if (!signal_expect_count(preparation, &noise, input.count) || !signal_expect_count(preparation, &output, input.count)) return false;
	if (gains.count < GAINS) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &gains, "a table of 125 gains", gains.count);
	signal_pcan *state = tflite_state(preparation, (uint32_t)sizeof(signal_pcan), 0, (uint64_t)input.count * 16);
	if (state == NULL) return true;
	state->input = (const uint32_t *)(const void *)input.data;
	state->noise = (const uint32_t *)(const void *)noise.data;
	state->gains = (const int16_t *)(const void *)gains.data;
	state->output = (uint32_t *)(void *)output.data;
	state->count = input.count;
	state->shift = (uint32_t)shift;
	return true;
}

/* By a polynomial of the second degree in the 10 bits after the highest. */
static int16_t gain_for(uint32_t noise, const int16_t *gains) {
	if (noise <= 2) return gains[noise];
	const uint32_t bits = signal_bits(noise);
	const int32_t fraction = (int32_t)((bits < 11 ? noise << (11 - bits) : noise >> (bits - 11)) & 1023);
	const int16_t *from = gains + 4 * bits - 6;
	/* At most 2^21 * 1023 and the half: it fits. */
	const int32_t slope = (from[2] * fraction >> 5) + from[1] * 32;
	return (int16_t)(((slope * fraction + (1 << 14)) >> 15) + from[0]);
}

/* x^2 / 4 below 2, x - 1 from there on; the square wraps around no number that is below 2. */
static uint32_t shrink(uint32_t x) {
	if (x < (uint32_t)2 << RATIO_BITS) return (x * x) >> (2 + 2 * RATIO_BITS - OUTPUT_BITS);
	return (x >> (RATIO_BITS - OUTPUT_BITS)) - (1u << OUTPUT_BITS);
}

static void invoke(const void *state) {
	const signal_pcan *operation = state;
	for (uint32_t i = 0; i < operation->count; i++) {
		/* A negative gain wraps around, as in the reference. */
		const uint32_t gain = (uint32_t)(int32_t)gain_for(operation->noise[i], operation->gains);
		operation->output[i] = shrink((uint32_t)((uint64_t)operation->input[i] * gain >> operation->shift));
	}
}

const tflite_kernel tflite_signal_pcan = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalPCAN", prepare, invoke, NULL };
