/*
 * ADD on int8. The input with the larger scale is halved by its multiplier, which is a shift here; the other one and the sum take the multiplications of
 * requantize.h. Four elements are loaded as a word.
 */
#include "../../schema.h"
#include "arm-dsp.h"
#include "dsp.h"
#include "requantize.h"

/* The multiplier of the larger scale: a half. */
static bool is_half(const rescale_input *input) {
	return input->multiplier.multiplier == 1 << 30 && input->multiplier.shift == 0;
}

typedef struct {
	/* minus the zero points */
	int32_t halved_offset;
	int32_t scaled_offset;
	int32_t doubled_multiplier;
	int32_t half;
	int32_t shift;
	requantization output;
} sums;

/* What bytes number `byte` of two words make. `rounds`: the second multiplier's shift is not 0. */
static inline uint32_t sum_of(const sums *by, uint32_t halved, uint32_t scaled, const bool rounds, const int byte) {
	int32_t first, second;
	if (byte == 0) __asm__("sxtab %0, %2, %3\n\tsxtab %1, %4, %5" : "=&r"(first), "=r"(second) : "r"(by->halved_offset), "r"(halved), "r"(by->scaled_offset), "r"(scaled));
	if (byte == 1) __asm__("sxtab %0, %2, %3, ror #8\n\tsxtab %1, %4, %5, ror #8" : "=&r"(first), "=r"(second) : "r"(by->halved_offset), "r"(halved), "r"(by->scaled_offset), "r"(scaled));
	if (byte == 2) __asm__("sxtab %0, %2, %3, ror #16\n\tsxtab %1, %4, %5, ror #16" : "=&r"(first), "=r"(second) : "r"(by->halved_offset), "r"(halved), "r"(by->scaled_offset), "r"(scaled));
	if (byte == 3) __asm__("sxtab %0, %2, %3, ror #24\n\tsxtab %1, %4, %5, ror #24" : "=&r"(first), "=r"(second) : "r"(by->halved_offset), "r"(halved), "r"(by->scaled_offset), "r"(scaled));
	second = requantize_high(fixed_shift_left(second, 20), by->doubled_multiplier);
	if (rounds) second = (second + (second >> 31) + by->half) >> by->shift;
	return (uint32_t)requantize((uint32_t)(second + fixed_shift_left(first, 19)), &by->output);
}

static inline void add_words(const sums *by, const int8_t *halved, const int8_t *scaled, int8_t *output, uint32_t count, const bool rounds) {
	const sums local = *by;
	for (; count >= 4; count -= 4, halved += 4, scaled += 4, output += 4) {
		const uint32_t first = dsp_load(halved), second = dsp_load(scaled);
		output[0] = (int8_t)sum_of(&local, first, second, rounds, 0);
		output[1] = (int8_t)sum_of(&local, first, second, rounds, 1);
		output[2] = (int8_t)sum_of(&local, first, second, rounds, 2);
		output[3] = (int8_t)sum_of(&local, first, second, rounds, 3);
	}
	for (; count > 0; count--) *output++ = (int8_t)sum_of(&local, (uint32_t)*halved++, (uint32_t)*scaled++, rounds, 0);
}

void arm_dsp_add_run_int8(const elementwise *operation, elementwise_run run) {
	const add *state = (const add *)operation;
	const rescale_output *result = &state->output;
	const uint32_t halved = is_half(&state->inputs[0]) ? 0 : 1;
	const rescale_input *half = &state->inputs[halved], *other = &state->inputs[1 - halved];
	const int32_t shift = -other->multiplier.shift;
	if (run.steps[0] != 1 || run.steps[1] != 1 || !is_half(half) || other->multiplier.multiplier == 0 || shift < 0 || !requantize_is_plain(result->multiplier.shift)) {
		add_run_int8(operation, run);
		return;
	}
	const int32_t output_shift = -result->multiplier.shift;
	const sums by = { half->offset, other->offset, (int32_t)((uint32_t)other->multiplier.multiplier << 1), (int32_t)(((uint32_t)1 << shift) >> 1), shift,
		              { (int32_t)((uint32_t)result->multiplier.multiplier << 1), (int32_t)((uint32_t)(2 * result->offset + 1) << (output_shift - 1)), output_shift } };
	if (shift == 0) add_words(&by, run.inputs[halved], run.inputs[1 - halved], run.output, run.count, false);
	else add_words(&by, run.inputs[halved], run.inputs[1 - halved], run.output, run.count, true);
	requantize_activation(&result->range, run.output, run.count);
}

static bool prepare(tflite_preparation *preparation) {
	return add_prepare(preparation, arm_dsp_add_run_int8);
}

static bool self_check(void) {
	return add_self_check(arm_dsp_add_run_int8);
}

const tflite_kernel arm_dsp_add = ADD_KERNEL(prepare, self_check);
