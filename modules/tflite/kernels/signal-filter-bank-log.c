/* SignalFilterBankLog: output_scale * log(x * 2^input_correction_bits), 0 for what is not above 1, at most 32767. */
#include "kernels.h"
#include "signal.h"

typedef struct {
	const uint32_t *input;
	int16_t *output;
	uint32_t count;
	uint32_t correction_bits;
	uint32_t scale;
} signal_filter_bank_log;

static bool prepare(tflite_preparation *preparation) {
	flexbuffer_map options;
	tflite_operand input, output;
	int64_t bits, scale;
	if (!tflite_expect_operands(preparation, 1, 1) || !signal_options(preparation, &options)) return false;
	if (!signal_option(preparation, &options, "input_correction_bits", 0, 31, "input_correction_bits from 0 to 31", &bits)) return false;
	if (!signal_option(preparation, &options, "output_scale", INT32_MIN, INT32_MAX, "an output_scale in 32 bits", &scale)) return false;
	if (!signal_input(preparation, 0, TFLITE_UINT32, 1, &input) || !signal_output(preparation, 0, TFLITE_INT16, 1, &output)) return false;
	if (!signal_expect_count(preparation, &output, input.count)) return false;
	signal_filter_bank_log *state = tflite_state(preparation, (uint32_t)sizeof(signal_filter_bank_log), 0, (uint64_t)input.count * 16);
	if (state == NULL) return true;
	state->input = (const uint32_t *)(const void *)input.data;
	state->output = (int16_t *)(void *)output.data;
	state->count = input.count;
	state->correction_bits = (uint32_t)bits;
	state->scale = (uint32_t)(scale & UINT32_MAX);
	return true;
}

/* 2^16 * (log2(1 + x) - x) at x = i / 128, rounded */
static const uint16_t bulge[128] = {
	0, 224, 442, 654, 861, 1063, 1259, 1450, 1636, 1817, 1992, 2163, 2329, 2490, 2646, 2797, 2944, 3087, 3224, 3358,
	3487, 3611, 3732, 3848, 3960, 4068, 4172, 4272, 4368, 4460, 4549, 4633, 4714, 4791, 4864, 4934, 5001, 5063, 5123,
	5178, 5231, 5280, 5326, 5368, 5408, 5444, 5477, 5507, 5533, 5557, 5578, 5595, 5610, 5622, 5631, 5637, 5640, 5641,
	5638, 5633, 5626, 5615, 5602, 5586, 5568, 5547, 5524, 5498, 5470, 5439, 5406, 5370, 5332, 5291, 5249, 5203, 5156,
	5106, 5054, 5000, 4944, 4885, 4825, 4762, 4697, 4630, 4561, 4490, 4416, 4341, 4264, 4184, 4103, 4020, 3935, 3848,
	3759, 3668, 3575, 3481, 3384, 3286, 3186, 3084, 2981, 2875, 2768, 2659, 2549, 2437, 2323, 2207, 2090, 1971, 1851,
	1729, 1605, 1480, 1353, 1224, 1094, 963, 830, 695, 559, 421, 282, 142
};

/* 2^16 * log2(x) of a number above 0 */
static uint32_t log2_of(uint32_t x) {
	const uint32_t whole = signal_bits(x) - 1, rest = x - ((uint32_t)1 << whole);
	const uint32_t fraction = whole < 16 ? rest << (16 - whole) : rest >> (whole - 16);
	const uint32_t index = fraction >> 9;
	/* Hardly interpolated, to be equal to the reference: it divides by 2^16 where the step is 2^9, and rounds down. */
	const int32_t next = index < 127 ? bulge[index + 1] : 0;
	const int32_t between = (next - bulge[index]) * (int32_t)(fraction & 511) >> 16;
	return (whole << 16) + (uint32_t)((int32_t)(fraction + bulge[index]) + between);
}

static void invoke(const void *state) {
	const signal_filter_bank_log *operation = state;
	/* 2^16 * log(2) */
	const uint64_t natural = 45426;
	for (uint32_t i = 0; i < operation->count; i++) {
		const uint32_t x = operation->input[i] << operation->correction_bits;
		operation->output[i] = 0;
		if (x <= 1) continue;
		const uint32_t log = (uint32_t)((natural * log2_of(x) + (1 << 15)) >> 16);
		const uint32_t scaled = (operation->scale * log + (1 << 15)) >> 16;
		operation->output[i] = (int16_t)(scaled < INT16_MAX ? scaled : INT16_MAX);
	}
}

const tflite_kernel tflite_signal_filter_bank_log = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalFilterBankLog", prepare, invoke, NULL };
