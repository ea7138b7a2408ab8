/* FULLY_CONNECTED's layer, and how a faster way to compute it is put in: as in conv-2d.h. */
#ifndef ASSAY_TFLITE_FULLY_CONNECTED_H
#define ASSAY_TFLITE_FULLY_CONNECTED_H

#include "../schema.h"
#include "layer.h"

typedef struct fully_connected fully_connected;

typedef struct {
	bool (*takes)(const fully_connected *layer);
	uint32_t (*constant_bytes)(const fully_connected *layer);
	uint32_t (*scratch_bytes)(const fully_connected *layer);
	void (*start)(const fully_connected *layer);
	void (*run)(const fully_connected *layer);
} fully_connected_fast;

struct fully_connected {
	const void *input;
	const void *weights;
	void *output;
	/* 4-bit weights are unpacked here at each invoke; else NULL */
	int8_t *unpacked;
	uint32_t batches;
	uint32_t depth;
	uint32_t outputs;
	tflite_type type;
	tflite_type weights_type;
	/* false: weights or bias are computed by an operator before this one */
	bool constant_weights;
	int32_t input_offset;
	int32_t weights_offset;
	layer_finish finish;
	const fully_connected_fast *fast;
	/* aligned to 8 bytes, scratch to 16 */
	void *constants;
	void *scratch;
};

bool fully_connected_prepare(tflite_preparation *preparation, const fully_connected_fast *fast);
void fully_connected_invoke(const void *state);
void fully_connected_run(const fully_connected *layer);

/*
 * Runs a built-in vector, in portable C if `fast` is NULL or does not take it. `memory`, aligned to 16 bytes, is where a fast way
 * keeps its constants and works; too little of it is a failure.
 */
bool fully_connected_self_check(const fully_connected_fast *fast, void *memory, uint32_t memory_bytes);

/* The row of a table: the portable kernel, or a variant that prepares with a fast way. */
#define FULLY_CONNECTED_KERNEL(prepare, self_check) FULLY_CONNECTED_KERNEL_OF(prepare, fully_connected_invoke, self_check)
#define FULLY_CONNECTED_KERNEL_OF(prepare, invoke, self_check) { BUILTIN_FULLY_CONNECTED, 1, 14, OPTIONS_FULLY_CONNECTED, "FULLY_CONNECTED", prepare, invoke, TFLITE_SELF_CHECK(self_check) }

#endif
