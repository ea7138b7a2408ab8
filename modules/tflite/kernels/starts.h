/* Where a part of a tensor starts, when that comes at run time: an index for each axis, moved so that the part stays inside. */
#ifndef ASSAY_TFLITE_STARTS_H
#define ASSAY_TFLITE_STARTS_H

#include "../kernel.h"

typedef struct {
	/* the greatest start */
	uint32_t most;
	/* bytes from one index to the next */
	uint32_t step;
} starts_axis;

/* In a kernel's state. */
typedef struct {
	/* int32 or int64; the latter may be aligned to 4 bytes only */
	const uint8_t *values;
	uint32_t wide;
	uint32_t rank;
	starts_axis axes[TFLITE_MAX_RANK];
} starts;

/* Checks the operand that holds the starts of a part of `whole`, whose rank it has: no longer along any axis. */
bool starts_prepare(tflite_preparation *preparation, const tflite_operand *values, const tflite_operand *whole, const tflite_operand *part, starts *stored);

/* The offset of the part's first element, in bytes. */
size_t starts_offset(const starts *stored);

#endif
