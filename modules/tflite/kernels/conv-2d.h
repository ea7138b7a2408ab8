/* CONV_2D's layer, and how a faster way to compute it is put in. */
#ifndef ASSAY_TFLITE_CONV_2D_H
#define ASSAY_TFLITE_CONV_2D_H

#include "../schema.h"
#include "convolution.h"

typedef struct conv_2d conv_2d;

/*
 * A faster way to compute some layers, to the same bit. A variant of the engine is a table of kernels some of which prepare with
 * one: `static bool prepare(p) { return conv_2d_prepare(p, &mine); }`, with conv_2d_invoke.
 */
typedef struct {
	/* whether it takes this layer, by shapes and types alone, which also bound its bytes to 2^28; what it does not take runs in portable C */
	bool (*takes)(const conv_2d *layer);
	/* what it keeps from the start on (weights in another order, sums of weights), and what it works in; either may be 0 */
	uint32_t (*constant_bytes)(const conv_2d *layer);
	uint32_t (*scratch_bytes)(const conv_2d *layer);
	/* fills layer->constants; NULL if it keeps nothing */
	void (*start)(const conv_2d *layer);
	void (*run)(const conv_2d *layer);
} conv_2d_fast;

struct conv_2d {
	convolution common;
	/* filters that read the same input channels */
	uint32_t group_outputs;
	/* elements of a filter */
	uint32_t filter;
	/* NULL: portable C */
	const conv_2d_fast *fast;
	/* aligned to 8 bytes, scratch to 16 */
	void *constants;
	void *scratch;
};

/* `fast` may be NULL. */
bool conv_2d_prepare(tflite_preparation *preparation, const conv_2d_fast *fast);
void conv_2d_invoke(const void *state);

/* The layer in portable C, whatever `fast` says. */
void conv_2d_run(const conv_2d *layer);

/*
 * Runs a built-in vector, in portable C if `fast` is NULL or does not take it. `memory`, aligned to 16 bytes, is where a fast way
 * keeps its constants and works; too little of it is a failure.
 */
bool conv_2d_self_check(const conv_2d_fast *fast, void *memory, uint32_t memory_bytes);

/* The row of a table: the portable kernel, or a variant that prepares with a fast way. */
#define CONV_2D_KERNEL(prepare, self_check) CONV_2D_KERNEL_OF(prepare, conv_2d_invoke, self_check)
#define CONV_2D_KERNEL_OF(prepare, invoke, self_check) { BUILTIN_CONV_2D, 1, 8, OPTIONS_CONV_2D, "CONV_2D", prepare, invoke, TFLITE_SELF_CHECK(self_check) }

#endif
