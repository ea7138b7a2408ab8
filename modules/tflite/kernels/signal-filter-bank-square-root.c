/* SignalFilterBankSquareRoot: square roots of channels, shifted back by the bits by which SignalFftAutoScale had shifted. */
#include "kernels.h"
#include "signal.h"

#include <string.h>

typedef struct {
	/* 64-bit constants of a file are aligned to 4 bytes only */
	const uint8_t *input;
	const uint8_t *bits;
	uint32_t *output;
	uint32_t count;
} signal_filter_bank_square_root;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, bits, output;
	if (!tflite_expect_operands(preparation, 2, 2) || !signal_input(preparation, 0, TFLITE_UINT64, 1, &input)) return false;
	if (!signal_input(preparation, 1, TFLITE_INT32, 0, &bits) || !signal_output(preparation, 0, TFLITE_UINT32, 1, &output)) return false;
	if (!signal_expect_count(preparation, &output, input.count)) return false;
	signal_filter_bank_square_root *state = tflite_state(preparation, (uint32_t)sizeof(signal_filter_bank_square_root), 0, (uint64_t)input.count * 64);
	if (state == NULL) return true;
	state->input = input.data;
	state->bits = bits.data;
	state->output = (uint32_t *)(void *)output.data;
	state->count = input.count;
	return true;
}

/* Bit by bit from the highest on, then to the nearest; but no further than to the largest of 16 bits for a number of 32, and of 32 for one of 64. */
static uint32_t square_root(uint64_t x) {
	const uint64_t most = x >> 32 == 0 ? UINT16_MAX : UINT32_MAX;
	uint64_t root = 0, bit = (uint64_t)1 << (x >> 32 == 0 ? 30 : 62);
	while (bit > x) bit >>= 2;
	for (; bit != 0; bit >>= 2) {
		const bool fits = x >= root + bit;
		if (fits) x -= root + bit;
		root = (root >> 1) + (fits ? bit : 0);
	}
	return (uint32_t)(x > root && root != most ? root + 1 : root);
}

static void invoke(const void *state) {
	const signal_filter_bank_square_root *operation = state;
	uint32_t shift;
	memcpy(&shift, operation->bits, sizeof shift);
	for (uint32_t i = 0; i < operation->count; i++) {
		uint64_t x;
		memcpy(&x, operation->input + 8 * (size_t)i, sizeof x);
		/* The shift comes at run time: of an impossible one the lower bits count, as the reference's machine has it. */
		operation->output[i] = square_root(x) >> (shift & 31);
	}
}

const tflite_kernel tflite_signal_filter_bank_square_root = { BUILTIN_CUSTOM, 1, 1, OPTIONS_NONE, "SignalFilterBankSquareRoot", prepare, invoke, NULL };
