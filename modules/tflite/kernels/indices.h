/* Indices into a tensor, which may come at run time: those that are in the file are checked, all others are moved into range. */
#ifndef ASSAY_TFLITE_INDICES_H
#define ASSAY_TFLITE_INDICES_H

#include "../kernel.h"

/* Checks that an operand holds int32 indices, and that constant ones are from 0 to below `count`. */
bool indices_check(tflite_preparation *preparation, const tflite_operand *operand, uint32_t count);

/* An index from 0 to `most`. */
static inline uint32_t index_within(int32_t index, uint32_t most) {
	if (index < 0) return 0;
	return (uint32_t)index > most ? most : (uint32_t)index;
}

#endif
