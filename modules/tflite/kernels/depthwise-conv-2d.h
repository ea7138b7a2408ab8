/* DEPTHWISE_CONV_2D's layer, and how a faster way to compute it is put in: as in conv-2d.h. */
#ifndef ASSAY_TFLITE_DEPTHWISE_CONV_2D_H
#define ASSAY_TFLITE_DEPTHWISE_CONV_2D_H

#include "../schema.h"
#include "convolution.h"

typedef struct depthwise_conv_2d depthwise_conv_2d;

typedef struct {
	bool (*takes)(const depthwise_conv_2d *layer);
	uint32_t (*constant_bytes)(const depthwise_conv_2d *layer);
	uint32_t (*scratch_bytes)(const depthwise_conv_2d *layer);
	void (*start)(const depthwise_conv_2d *layer);
	void (*run)(const depthwise_conv_2d *layer);
} depthwise_conv_2d_fast;

struct depthwise_conv_2d {
	convolution common;
	/* output channels of an input channel */
	uint32_t multiplier;
	const depthwise_conv_2d_fast *fast;
	/* aligned to 8 bytes, scratch to 16 */
	void *constants;
	void *scratch;
};

bool depthwise_conv_2d_prepare(tflite_preparation *preparation, const depthwise_conv_2d_fast *fast);
void depthwise_conv_2d_invoke(const void *state);
void depthwise_conv_2d_run(const depthwise_conv_2d *layer);

/*
 * Runs a built-in vector, in portable C if `fast` is NULL or does not take it. `memory`, aligned to 16 bytes, is where a fast way
 * keeps its constants and works; too little of it is a failure.
 */
bool depthwise_conv_2d_self_check(const depthwise_conv_2d_fast *fast, void *memory, uint32_t memory_bytes);

/* The row of a table: the portable kernel, or a variant that prepares with a fast way. */
#define DEPTHWISE_CONV_2D_KERNEL(prepare, self_check) DEPTHWISE_CONV_2D_KERNEL_OF(prepare, depthwise_conv_2d_invoke, self_check)
#define DEPTHWISE_CONV_2D_KERNEL_OF(prepare, invoke, self_check) { BUILTIN_DEPTHWISE_CONV_2D, 1, 7, OPTIONS_DEPTHWISE_CONV_2D, "DEPTHWISE_CONV_2D", prepare, invoke, TFLITE_SELF_CHECK(self_check) }

#endif
