/*
 * Layers drawn at random, to compare a fast way of computing them with the portable one: sizes that no vector divides, windows that
 * hang over the edge, all strides, dilations, groups and zero points, and weights, biases and multipliers that let sums wrap around.
 */
#ifndef ASSAY_TFLITE_DRAWN_LAYERS_H
#define ASSAY_TFLITE_DRAWN_LAYERS_H

#include "add.h"
#include "conv-2d.h"
#include "depthwise-conv-2d.h"
#include "dot-product-rows.h"
#include "fully-connected.h"
#include "mul.h"
#include "pool.h"

/* Gives a block aligned to 16 bytes, which lives until the layer is compared; NULL if there is no more. */
typedef struct drawn_memory {
	void *(*take)(struct drawn_memory *memory, size_t bytes);
} drawn_memory;

typedef enum {
	DRAWN_EQUAL,
	DRAWN_DIFFERENT,
	/* the fast way leaves it to portable C */
	DRAWN_NOT_TAKEN,
	/* the memory is too small for this one */
	DRAWN_TOO_LARGE
} drawn_outcome;

/* The same seed draws the same layer everywhere. `most` bounds its dimensions: channels, and half of that for the image. */
drawn_outcome drawn_conv_2d(const conv_2d_fast *fast, uint64_t seed, uint32_t most, drawn_memory *memory);
drawn_outcome drawn_depthwise_conv_2d(const depthwise_conv_2d_fast *fast, uint64_t seed, uint32_t most, drawn_memory *memory);
drawn_outcome drawn_dot_product_rows(dot_product_rows fast, uint64_t seed, uint32_t most, drawn_memory *memory);
drawn_outcome drawn_fully_connected(const fully_connected_fast *fast, uint64_t seed, uint32_t most, drawn_memory *memory);

/* A run of elements of int8, one of which may be repeated. */
drawn_outcome drawn_add(elementwise_kernel fast, uint64_t seed, uint32_t most, drawn_memory *memory);
drawn_outcome drawn_mul(elementwise_kernel fast, uint64_t seed, uint32_t most, drawn_memory *memory);

/* A pool of int8, computed by the `invoke` of two kernels. */
drawn_outcome drawn_pool(void (*portable)(const void *state), void (*fast)(const void *state), uint64_t seed, uint32_t most, drawn_memory *memory);

#endif
