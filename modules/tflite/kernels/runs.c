#include "runs.h"

#include <string.h>

typedef struct {
	const uint8_t *from;
	uint8_t *to;
	runs runs;
} single_copy;

uint32_t runs_element_bytes(tflite_preparation *preparation, const tflite_operand *operand) {
	if (operand->type != TFLITE_INT4) return operand->bytes / operand->count;
	tflite_refuse_type(preparation, operand, "a type of whole bytes");
	return 0;
}

void runs_add(runs_plan *plan, uint32_t count, int64_t from, int64_t to) {
	if (count == 1) return;
	if (plan->runs.rank > 0) {
		runs_axis *outer = &plan->axes[plan->runs.rank - 1];
		if (outer->from == from * count && outer->to == to * count) {
			outer->count *= count;
			outer->from = (int32_t)from;
			outer->to = (int32_t)to;
			return;
		}
	}
	const runs_axis axis = { count, (int32_t)from, (int32_t)to };
	plan->axes[plan->runs.rank++] = axis;
}

void runs_close(runs_plan *plan, uint32_t element_bytes) {
	plan->runs.run_bytes = element_bytes;
	if (plan->runs.rank == 0) return;
	const runs_axis *innermost = &plan->axes[plan->runs.rank - 1];
	if (innermost->from != (int64_t)element_bytes || innermost->to != (int64_t)element_bytes) return;
	plan->runs.run_bytes *= innermost->count;
	plan->runs.rank--;
}

uint32_t runs_axes_bytes(const runs_plan *plan) {
	return plan->runs.rank * (uint32_t)sizeof(runs_axis);
}

void runs_store(const runs_plan *plan, runs *stored) {
	*stored = plan->runs;
	memcpy(stored + 1, plan->axes, runs_axes_bytes(plan));
}

/* The innermost axis. A size known to the compiler makes a load and a store of the copy. */
static void copy_axis(const runs_axis *axis, uint32_t run_bytes, const uint8_t *from, uint8_t *to) {
	const ptrdiff_t from_step = axis->from, to_step = axis->to, count = (ptrdiff_t)axis->count;
	switch (run_bytes) {
		case 1:
			for (ptrdiff_t i = 0; i < count; i++) to[i * to_step] = from[i * from_step];
			return;
		case 2:
			for (ptrdiff_t i = 0; i < count; i++) memcpy(to + i * to_step, from + i * from_step, 2);
			return;
		case 4:
			for (ptrdiff_t i = 0; i < count; i++) memcpy(to + i * to_step, from + i * from_step, 4);
			return;
		default:
			for (ptrdiff_t i = 0; i < count; i++) memcpy(to + i * to_step, from + i * from_step, run_bytes);
	}
}

void runs_copy(const runs *stored, const uint8_t *from, uint8_t *to) {
	const runs_axis *axes = (const runs_axis *)(stored + 1);
	uint32_t counters[RUNS_MAX_RANK];
	if (stored->rank == 0) {
		/* Where the graph lets it, the output of what only reshapes lies where the input does. */
		if (to != from) memcpy(to, from, stored->run_bytes);
		return;
	}
	memset(counters, 0, sizeof counters);
	for (;;) {
		uint32_t at = stored->rank - 1;
		copy_axis(&axes[at], stored->run_bytes, from, to);
		/* The next element of the innermost of the other axes that has one; those inside it start again. */
		for (;;) {
			if (at == 0) return;
			const runs_axis *axis = &axes[--at];
			if (++counters[at] < axis->count) {
				from += axis->from;
				to += axis->to;
				break;
			}
			counters[at] = 0;
			from -= (ptrdiff_t)axis->from * ((ptrdiff_t)axis->count - 1);
			to -= (ptrdiff_t)axis->to * ((ptrdiff_t)axis->count - 1);
		}
	}
}

bool runs_prepare(tflite_preparation *preparation, const runs_plan *plan, const tflite_operand *input, uint32_t offset, const tflite_operand *output) {
	single_copy *state = tflite_state(preparation, (uint32_t)sizeof(single_copy) + runs_axes_bytes(plan), 0, output->count);
	if (state == NULL) return true;
	state->from = input->data + offset;
	state->to = output->data;
	runs_store(plan, &state->runs);
	return true;
}

bool runs_prepare_whole(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output) {
	if (output->type != input->type) return tflite_refuse_type(preparation, output, "output of the input's type");
	if (output->count != input->count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many elements as the input", output->count);
	const runs_plan plan = { { input->bytes, 0 }, { { 0, 0, 0 } } };
	return runs_prepare(preparation, &plan, input, 0, output);
}

void runs_invoke(const void *state) {
	const single_copy *operation = state;
	runs_copy(&operation->runs, operation->from, operation->to);
}
