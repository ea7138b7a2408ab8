/*
 * FULLY_CONNECTED in vectors. Takes int8 layers with constant int8 or int4 weights whose zero point is 0, of any size whose packed
 * weights and stretched inputs stay below 16 MiB.
 */
#ifndef ASSAY_TFLITE_FULLY_CONNECTED_VECTORS_H
#define ASSAY_TFLITE_FULLY_CONNECTED_VECTORS_H

#include "../fully-connected.h"
#include "product.h"

enum { FULLY_CONNECTED_MOST_BYTES = 1 << 24 };

/* Each batch is stretched on its own, with room for a last group that is read to its end. */
static inline uint64_t fully_connected_row(const fully_connected *layer) {
	return ((uint64_t)layer->depth + GROUP - 1) / GROUP * GROUP;
}

static uint64_t fully_connected_product(const fully_connected *layer) {
	return product_bytes(layer->outputs, 1, layer->depth);
}

static uint64_t fully_connected_stretched(const fully_connected *layer) {
	return layer->batches * fully_connected_row(layer) * sizeof(element);
}

static bool fully_connected_takes(const fully_connected *layer) {
	return layer->type == TFLITE_INT8 && layer->constant_weights && layer->weights_offset == 0 && fully_connected_product(layer) <= FULLY_CONNECTED_MOST_BYTES &&
	       fully_connected_stretched(layer) <= FULLY_CONNECTED_MOST_BYTES;
}

static uint32_t fully_connected_constant_bytes(const fully_connected *layer) {
	return (uint32_t)fully_connected_product(layer);
}

static uint32_t fully_connected_scratch_bytes(const fully_connected *layer) {
	return (uint32_t)fully_connected_stretched(layer);
}

static void fully_connected_start(const fully_connected *layer) {
	const product_source source = { layer->weights, layer->weights_type, 0, layer->depth, 1, 1, layer->depth };
	product_pack(layer->constants, &source, &layer->finish, layer->input_offset, 0, layer->outputs);
}

static void fully_connected_run_vectors(const fully_connected *layer) {
	element *stretched = layer->scratch;
	const element *const runs[1] = { stretched };
	const size_t step = (size_t)fully_connected_row(layer);
	const int8_t *input = layer->input;
	const product_row row = { runs, 0, step, layer->output, layer->outputs };
	for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth, stretched += step) {
		vector_stretch(input, layer->input_offset, stretched, layer->depth);
		/* multiplied by weights of 0, so any value does, but one that is defined */
		for (size_t i = layer->depth; i < step; i++) stretched[i] = 0;
	}
	product_run(layer->constants, &row, layer->batches);
}

static const fully_connected_fast fully_connected_vectors = { fully_connected_takes, fully_connected_constant_bytes, fully_connected_scratch_bytes,
	                                                          fully_connected_start, fully_connected_run_vectors };

#endif
