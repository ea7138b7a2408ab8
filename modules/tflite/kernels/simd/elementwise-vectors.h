/*
 * ADD and MUL of int8 in vectors, 2 x LANES elements at a time; what is left over, and operands whose scales are of an unusual size, are
 * computed in portable C. All elements have one scale, so that the machine shifts all lanes alike.
 */
#ifndef ASSAY_TFLITE_ELEMENTWISE_VECTORS_H
#define ASSAY_TFLITE_ELEMENTWISE_VECTORS_H

#include "../add.h"
#include "../mul.h"

enum { ELEMENTWISE_BLOCK = 2 * LANES };

/* Of an input: 2 x LANES neighbours, or one element so often. */
typedef struct {
	const int8_t *from;
	size_t step;
	int8_t repeated[ELEMENTWISE_BLOCK];
} elementwise_source;

static inline void elementwise_open(const elementwise_run *run, uint32_t input, elementwise_source *source) {
	source->from = run->inputs[input];
	source->step = run->steps[input] == 0 ? 0 : ELEMENTWISE_BLOCK;
	if (source->step != 0) return;
	memset(source->repeated, *source->from, sizeof source->repeated);
	source->from = source->repeated;
}

/* What is left after whole blocks. */
static inline elementwise_run elementwise_rest(elementwise_run run) {
	const uint32_t done = run.count / ELEMENTWISE_BLOCK * ELEMENTWISE_BLOCK;
	for (uint32_t k = 0; k < 2; k++) run.inputs[k] = (const int8_t *)run.inputs[k] + (run.steps[k] == 0 ? 0 : done);
	run.output = (int8_t *)run.output + done;
	run.count -= done;
	return run;
}

/* Numbers below 2^29 that are scaled by less than 1. */
static inline bool elementwise_scales(fixed_multiplier by) {
	return by.shift <= 0 && by.shift >= -29;
}

static ALWAYS_INLINE void elementwise_store(int8_t *to, pair results, const rescale_output *by) {
	const bytes narrow = vector_narrow(results.low, results.high, by->offset);
	vector_store_bytes(to, vector_clamp(narrow, (int8_t)by->range.low, (int8_t)by->range.high), ELEMENTWISE_BLOCK);
}

static inline void elementwise_scale(fixed_multiplier by, alike *to) {
	vector_set_alike(to, by.multiplier, -by.shift);
}

static ALWAYS_INLINE pair elementwise_input(const int8_t *from, int32_t offset) {
	return vector_part(vector_add_wide(vector_widen(from), vector_repeat_wide(offset)));
}

/* Half of the input with a left shift: that of the larger scale, whose ratio to the common one is just that. */
static inline bool add_halves(const rescale_input *by) {
	return by->multiplier.shift == 0 && by->multiplier.multiplier == 1 << 30;
}

/* `halved` is a constant where it is called: whether the first input is. */
static ALWAYS_INLINE void add_blocks(const add *operation, const elementwise_source *first, const elementwise_source *second, const rescale_input *first_by, const rescale_input *second_by,
                                     int8_t *output, uint32_t blocks, const bool halved) {
	const rescale_output result = operation->output;
	alike first_scale, second_scale, result_scale;
	elementwise_scale(first_by->multiplier, &first_scale);
	elementwise_scale(second_by->multiplier, &second_scale);
	elementwise_scale(result.multiplier, &result_scale);
	const int32_t first_offset = first_by->offset, second_offset = second_by->offset, first_shift = first_by->left_shift - (halved ? 1 : 0), second_shift = second_by->left_shift;
	const int8_t *a = first->from, *b = second->from;
	for (; blocks > 0; blocks--, a += first->step, b += second->step, output += ELEMENTWISE_BLOCK) {
		pair x = elementwise_input(a, first_offset), y = elementwise_input(b, second_offset);
		x.low = vector_shift_left(x.low, first_shift);
		x.high = vector_shift_left(x.high, first_shift);
		if (!halved) {
			x.low = vector_scale_alike(x.low, &first_scale);
			x.high = vector_scale_alike(x.high, &first_scale);
		}
		y.low = vector_scale_alike(vector_shift_left(y.low, second_shift), &second_scale);
		y.high = vector_scale_alike(vector_shift_left(y.high, second_shift), &second_scale);
		const pair sums = { vector_scale_alike(vector_add(x.low, y.low), &result_scale), vector_scale_alike(vector_add(x.high, y.high), &result_scale) };
		elementwise_store(output, sums, &result);
	}
}

static void add_run_vectors(const elementwise *operation, elementwise_run run) {
	const add *state = (const add *)operation;
	const rescale_input *inputs = state->inputs;
	const uint32_t blocks = run.count / ELEMENTWISE_BLOCK;
	/* 9 bits of input and 20 of shift */
	const bool fits = inputs[0].left_shift == 20 && inputs[1].left_shift == 20;
	if (!fits || !elementwise_scales(inputs[0].multiplier) || !elementwise_scales(inputs[1].multiplier) || !elementwise_scales(state->output.multiplier)) {
		add_run_int8(operation, run);
		return;
	}
	elementwise_source sources[2];
	elementwise_open(&run, 0, &sources[0]);
	elementwise_open(&run, 1, &sources[1]);
	/* A sum is the same the other way round. */
	const uint32_t larger = add_halves(&inputs[0]) ? 0 : 1;
	if (add_halves(&inputs[larger])) add_blocks(state, &sources[larger], &sources[1 - larger], &inputs[larger], &inputs[1 - larger], run.output, blocks, true);
	else add_blocks(state, &sources[0], &sources[1], &inputs[0], &inputs[1], run.output, blocks, false);
	add_run_int8(operation, elementwise_rest(run));
}

static void mul_run_vectors(const elementwise *operation, elementwise_run run) {
	const mul *state = (const mul *)operation;
	const rescale_output result = state->output;
	const int32_t first_offset = state->offsets[0], second_offset = state->offsets[1];
	if (!elementwise_scales(result.multiplier)) {
		mul_run_int8(operation, run);
		return;
	}
	alike scale;
	elementwise_scale(result.multiplier, &scale);
	elementwise_source first, second;
	elementwise_open(&run, 0, &first);
	elementwise_open(&run, 1, &second);
	int8_t *output = run.output;
	for (uint32_t blocks = run.count / ELEMENTWISE_BLOCK; blocks > 0; blocks--, first.from += first.step, second.from += second.step, output += ELEMENTWISE_BLOCK) {
		const pair x = elementwise_input(first.from, first_offset), y = elementwise_input(second.from, second_offset);
		const pair products = { vector_scale_alike(vector_multiply(x.low, y.low), &scale), vector_scale_alike(vector_multiply(x.high, y.high), &scale) };
		elementwise_store(output, products, &result);
	}
	mul_run_int8(operation, elementwise_rest(run));
}

#endif
