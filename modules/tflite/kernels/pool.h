/* What AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D have in common. */
#ifndef ASSAY_TFLITE_POOL_H
#define ASSAY_TFLITE_POOL_H

#include "../schema.h"
#include "quantization.h"
#include "window.h"

typedef struct {
	const void *input;
	void *output;
	window_axis y;
	window_axis x;
	uint32_t batches;
	uint32_t channels;
	tflite_type type;
	activation_range range;
	activation_range_real range_real;
} pool;

/* Checks the operator and fills its state. */
bool pool_prepare(tflite_preparation *preparation);

/* One place: elements from the start of the tensors, of the window's first element and of the output. */
typedef struct {
	size_t input;
	size_t output;
	uint32_t rows;
	uint32_t columns;
	/* from one row of the image to the next */
	size_t row;
} pool_place;

/* Has `visit` called for every place of every batch. */
void pool_run(const pool *operation, void (*visit)(const pool *operation, const pool_place *place));

/* A window is never empty: see window_fit. Sums wrap around, which takes windows of more than 2^16 elements of int16. */
static inline int32_t pool_mean(const pool *operation, int32_t sum, const pool_place *place) {
	const int32_t count = (int32_t)(place->rows * place->columns), half = count / 2;
	const int32_t mean = fixed_add(sum, sum > 0 ? half : -half) / count;
	return fixed_clamp(mean, operation->range.low, operation->range.high);
}

void max_pool_2d_invoke(const void *state);
void average_pool_2d_invoke(const void *state);

/* The rows of a table: the portable kernels, or variants of them. */
#define MAX_POOL_2D_KERNEL(prepare, invoke, self_check) { BUILTIN_MAX_POOL_2D, 1, 3, OPTIONS_POOL_2D, "MAX_POOL_2D", prepare, invoke, self_check }
#define AVERAGE_POOL_2D_KERNEL(prepare, invoke, self_check) { BUILTIN_AVERAGE_POOL_2D, 1, 3, OPTIONS_POOL_2D, "AVERAGE_POOL_2D", prepare, invoke, self_check }

#endif
