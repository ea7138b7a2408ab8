/* What AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D have in common. */
#ifndef ASSAY_TFLITE_POOL_H
#define ASSAY_TFLITE_POOL_H

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

#endif
