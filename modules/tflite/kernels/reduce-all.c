/* REDUCE_ALL along axes: whether all booleans are true. Any byte but 0 is taken as true. */
#include "kernels.h"
#include "reduction.h"

#include <string.h>

typedef struct {
	const uint8_t *input;
	uint8_t *output;
	reduction shape;
} reduce_all;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	reduction shape;
	if (!reduction_load(preparation, &input, &output, &shape)) return false;
	if (input.type != TFLITE_BOOL) return tflite_refuse_type(preparation, &input, "bool input");
	reduce_all *state = tflite_state(preparation, (uint32_t)sizeof(reduce_all), 0, (uint64_t)input.count + output.count);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = output.data;
	state->shape = shape;
	return true;
}

static void fold(const void *input, const reduction_tile *tile, void *results) {
	const uint8_t *from = input;
	uint8_t *all = results;
	for (uint32_t i = 0; i < tile->kept; i++, from += tile->kept_step) {
		for (uint32_t k = 0; k < tile->folded; k++) {
			if (from[(size_t)k * tile->folded_step] == 0) all[i] = 0;
		}
	}
}

static void invoke(const void *state) {
	const reduce_all *operation = state;
	memset(operation->output, 1, (size_t)operation->shape.slabs * operation->shape.slab_results);
	reduction_all(&operation->shape, operation->input, operation->output, 1, fold);
}

const tflite_kernel tflite_reduce_all = { BUILTIN_REDUCE_ALL, 1, 1, OPTIONS_REDUCER, "REDUCE_ALL", prepare, invoke, NULL };
