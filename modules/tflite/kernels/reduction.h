/*
 * Reductions: MEAN, SUM, REDUCE_MAX and so on fold the elements along some axes of their input into one result each. Every result
 * gets its elements in the order in which they lie in memory, which float32 sums depend on.
 */
#ifndef ASSAY_TFLITE_REDUCTION_H
#define ASSAY_TFLITE_REDUCTION_H

#include "../kernel.h"

/* Neighbouring axes that are all folded, or all kept, are one. Steps are in elements. */
typedef struct {
	uint32_t count;
	uint32_t input_step;
	/* 0 if the axis is folded */
	uint32_t result_step;
} reduction_axis;

/* The two innermost axes, one of which is kept: `kept` results lie next to each other, `folded` elements go into each. */
typedef struct {
	uint32_t kept;
	uint32_t kept_step;
	uint32_t folded;
	uint32_t folded_step;
} reduction_tile;

typedef struct {
	/* what the outermost axis has, if it is kept: each slab is folded on its own, so that few results are under way at once */
	uint32_t slabs;
	uint32_t slab_elements;
	uint32_t slab_results;
	/* elements that go into a result */
	uint32_t folded;
	reduction_tile tile;
	/* the axes between slabs and tile, the last one innermost */
	uint32_t rank;
	reduction_axis axes[TFLITE_MAX_RANK];
} reduction;

/* Loads the operands, input, constant axes and output, which has the input's type, and checks how large the output is. */
bool reduction_load(tflite_preparation *preparation, tflite_operand *input, tflite_operand *output, reduction *shape);

/* Folds a tile whose first element and first result are given. */
typedef void reduction_fold(const void *input, const reduction_tile *tile, void *results);

/* Has `fold` called for every tile of a slab. */
void reduction_slab(const reduction *shape, const void *input, size_t element_bytes, void *results, size_t result_bytes, reduction_fold *fold);

/* The same for all slabs, with results that are elements of the output. */
void reduction_all(const reduction *shape, const void *input, void *output, size_t element_bytes, reduction_fold *fold);

#endif
