/* Memory on the stack for the self checks of fast kernels. */
#ifndef ASSAY_TFLITE_CHECK_H
#define ASSAY_TFLITE_CHECK_H

#include "../drawn-layers.h"

/* What a built-in vector and a small drawn layer take; drawn ones that take more are skipped. */
enum { CHECK_BYTES = 24 * 1024 };

/* Drawn layers of each operator, with dimensions up to the second: the check takes about a millisecond. */
enum { CHECK_LAYERS = 40, CHECK_MOST = 20 };

typedef struct {
	drawn_memory memory;
	size_t used;
	/* 16 bytes more, for its alignment */
	uint8_t block[CHECK_BYTES + 16];
} check_memory;

static inline void *check_block(check_memory *memory) {
	return memory->block + (16 - (uintptr_t)memory->block % 16) % 16;
}

static void *check_take(drawn_memory *memory, size_t bytes) {
	check_memory *check = (check_memory *)memory;
	const size_t rounded = (bytes + 15) / 16 * 16;
	if (rounded > CHECK_BYTES - check->used) return NULL;
	check->used += rounded;
	return (uint8_t *)check_block(check) + check->used - rounded;
}

static inline void check_begin(check_memory *memory) {
	memory->memory.take = check_take;
	memory->used = 0;
}

#endif
