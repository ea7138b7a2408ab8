/* MIRROR_PAD: the input's own elements around it, backwards: its edge repeated (symmetric) or not (reflect). */
#include "constants.h"
#include "kernels.h"
#include "runs.h"

#include <string.h>

typedef struct {
	/* elements of the output and of the input, and how many come before the latter */
	uint32_t count;
	uint32_t input;
	uint32_t before;
	/* bytes of the input from one element to the next */
	uint32_t step;
} mirror_axis;

typedef struct {
	const uint8_t *input;
	uint8_t *output;
	/* 1 if the edge is not repeated */
	uint32_t skipped;
	/* innermost axes without paddings are one run */
	uint32_t run_bytes;
	uint32_t rank;
	/* behind this state, at least one */
	mirror_axis *axes;
} mirror_pad;

/* Fills in the axes, and the run of the innermost ones that stay as they are. */
static bool plan_axes(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, const int64_t *paddings, mirror_pad *plan, mirror_axis *axes) {
	uint32_t step = input->bytes;
	for (uint32_t i = 0; i < input->rank; i++) {
		const int64_t before = paddings[2 * i], after = paddings[2 * i + 1], most = (int64_t)input->shape[i] - plan->skipped;
		if (before < 0 || before > most) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "paddings that the input has elements for", before);
		if (after < 0 || after > INT32_MAX) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "paddings from 0 up", after);
		if (input->shape[i] + before + after != output->shape[i]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "the input's dimensions with the paddings", output->shape[i]);
		}
		step /= input->shape[i];
		const mirror_axis axis = { output->shape[i], input->shape[i], (uint32_t)before, step };
		axes[i] = axis;
	}
	plan->rank = input->rank;
	while (plan->rank > 1 && axes[plan->rank - 1].count == axes[plan->rank - 1].input) plan->run_bytes *= axes[--plan->rank].count;
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output, amounts;
	int64_t paddings[2 * TFLITE_MAX_RANK];
	mirror_axis axes[TFLITE_MAX_RANK];
	mirror_pad plan;
	memset(&plan, 0, sizeof plan);
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &amounts) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	plan.run_bytes = runs_element_bytes(preparation, &input);
	if (plan.run_bytes == 0) return false;
	if (input.rank == 0) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &input, "at least 1 dimension", input.rank);
	if (output.rank != input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many dimensions as the input", output.rank);
	if (amounts.count != 2 * input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &amounts, "2 paddings for each dimension", amounts.count);
	if (!constants_read(preparation, &amounts, amounts.count, paddings)) return false;
	plan.skipped = fb_u8(preparation->reader, &preparation->options, MIRROR_PAD_MODE, MIRROR_PAD_REFLECT) == MIRROR_PAD_REFLECT;
	if (!plan_axes(preparation, &input, &output, paddings, &plan, axes)) return false;
	const uint32_t axes_bytes = plan.rank * (uint32_t)sizeof(mirror_axis);
	mirror_pad *state = tflite_state(preparation, (uint32_t)sizeof(mirror_pad) + axes_bytes, 0, (uint64_t)output.count * 4);
	if (state == NULL) return true;
	*state = plan;
	state->input = input.data;
	state->output = output.data;
	state->axes = (mirror_axis *)(state + 1);
	memcpy(state->axes, axes, axes_bytes);
	return true;
}

/* The offset of the input's element that stands at an index of the output. Behind it, where elements end, the first is repeated. */
static inline size_t mirrored(const mirror_axis *axis, uint32_t index, uint32_t skipped) {
	uint32_t at = index - axis->before;
	if (index < axis->before) {
		at = axis->before - index - 1 + skipped;
	} else if (at >= axis->input) {
		const uint32_t elements = axis->input - skipped, behind = at - axis->input;
		at = behind < elements ? elements - 1 - behind : 0;
	}
	return (size_t)at * axis->step;
}

static void invoke(const void *state) {
	const mirror_pad *operation = state;
	const mirror_axis *innermost = &operation->axes[operation->rank - 1];
	uint32_t counters[TFLITE_MAX_RANK];
	uint8_t *to = operation->output;
	memset(counters, 0, sizeof counters);
	for (;;) {
		const uint8_t *row = operation->input;
		uint32_t at = operation->rank - 1;
		for (uint32_t i = 0; i < at; i++) row += mirrored(&operation->axes[i], counters[i], operation->skipped);
		for (uint32_t i = 0; i < innermost->count; i++) {
			memcpy(to, row + mirrored(innermost, i, operation->skipped), operation->run_bytes);
			to += operation->run_bytes;
		}
		while (at > 0 && ++counters[at - 1] == operation->axes[at - 1].count) counters[--at] = 0;
		if (at == 0) return;
	}
}

const tflite_kernel tflite_mirror_pad = { BUILTIN_MIRROR_PAD, 1, 3, OPTIONS_MIRROR_PAD, "MIRROR_PAD", prepare, invoke, NULL };
