/* REDUCE_MAX and REDUCE_MIN along axes, of stored int8 or float32 values. */
#include "kernels.h"
#include "reduction.h"

#include <float.h>
#include <string.h>

typedef struct {
	const void *input;
	void *output;
	tflite_type type;
	reduction shape;
} extremes;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	reduction shape;
	if (!reduction_load(preparation, &input, &output, &shape)) return false;
	if ((input.type != TFLITE_INT8 && input.type != TFLITE_FLOAT32) || !tflite_has(input.type)) {
		return tflite_refuse_type(preparation, &input, "int8 or float32 input");
	}
	/* Stored values go through as they are, so both sides must mean the same by them. */
	if (input.type == TFLITE_INT8 && (input.scale != output.scale || input.zero_point != output.zero_point)) {
		return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, &output, "the input's scale and zero point");
	}
	extremes *state = tflite_state(preparation, (uint32_t)sizeof(extremes), 0, (uint64_t)input.count + output.count);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = output.data;
	state->type = input.type;
	state->shape = shape;
	return true;
}

static void greatest_int8(const void *input, const reduction_tile *tile, void *results) {
	const int8_t *from = input;
	int8_t *most = results;
	for (uint32_t i = 0; i < tile->kept; i++, from += tile->kept_step) {
		int8_t best = most[i];
		for (uint32_t k = 0; k < tile->folded; k++) {
			const int8_t value = from[(size_t)k * tile->folded_step];
			if (value > best) best = value;
		}
		most[i] = best;
	}
}

static void least_int8(const void *input, const reduction_tile *tile, void *results) {
	const int8_t *from = input;
	int8_t *least = results;
	for (uint32_t i = 0; i < tile->kept; i++, from += tile->kept_step) {
		int8_t best = least[i];
		for (uint32_t k = 0; k < tile->folded; k++) {
			const int8_t value = from[(size_t)k * tile->folded_step];
			if (value < best) best = value;
		}
		least[i] = best;
	}
}

static void greatest_float32(const void *input, const reduction_tile *tile, void *results) {
	const float *from = input;
	float *most = results;
	for (uint32_t i = 0; i < tile->kept; i++, from += tile->kept_step) {
		float best = most[i];
		for (uint32_t k = 0; k < tile->folded; k++) {
			const float value = from[(size_t)k * tile->folded_step];
			if (value > best) best = value;
		}
		most[i] = best;
	}
}

static void least_float32(const void *input, const reduction_tile *tile, void *results) {
	const float *from = input;
	float *least = results;
	for (uint32_t i = 0; i < tile->kept; i++, from += tile->kept_step) {
		float best = least[i];
		for (uint32_t k = 0; k < tile->folded; k++) {
			const float value = from[(size_t)k * tile->folded_step];
			if (value < best) best = value;
		}
		least[i] = best;
	}
}

static void run_int8(const extremes *operation, int8_t start, reduction_fold *fold) {
	memset(operation->output, start, (size_t)operation->shape.slabs * operation->shape.slab_results);
	reduction_all(&operation->shape, operation->input, operation->output, sizeof(int8_t), fold);
}

/* Starts from a finite number, so that infinities of the other sign and NaN do not come through: as in the reference. */
static void run_float32(const extremes *operation, float start, reduction_fold *fold) {
	const size_t results = (size_t)operation->shape.slabs * operation->shape.slab_results;
	for (size_t i = 0; i < results; i++) ((float *)operation->output)[i] = start;
	reduction_all(&operation->shape, operation->input, operation->output, sizeof(float), fold);
}

static void invoke_max(const void *state) {
	const extremes *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) run_float32(operation, -FLT_MAX, greatest_float32);
	else run_int8(operation, INT8_MIN, greatest_int8);
}

static void invoke_min(const void *state) {
	const extremes *operation = state;
	if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) run_float32(operation, FLT_MAX, least_float32);
	else run_int8(operation, INT8_MAX, least_int8);
}

const tflite_kernel tflite_reduce_max = { BUILTIN_REDUCE_MAX, 1, 3, OPTIONS_REDUCER, "REDUCE_MAX", prepare, invoke_max, NULL };
const tflite_kernel tflite_reduce_min = { BUILTIN_REDUCE_MIN, 1, 3, OPTIONS_REDUCER, "REDUCE_MIN", prepare, invoke_min, NULL };
