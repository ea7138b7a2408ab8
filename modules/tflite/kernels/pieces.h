/*
 * Tensors that are pieces of another along one of its axes: joined by CONCATENATION and PACK, cut apart by SPLIT, SPLIT_V and
 * UNPACK. In the whole, each piece is one run of bytes for each index of the axes outside.
 */
#ifndef ASSAY_TFLITE_PIECES_H
#define ASSAY_TFLITE_PIECES_H

#include "../kernel.h"

/* Which operands of the operator are the pieces: all of its inputs, or all of its outputs. */
typedef enum { PIECES_IN, PIECES_OUT } pieces_side;

/* How a piece's shape follows from the whole's. */
typedef enum {
	/* the same but along the axis, where the pieces' lengths add up to the whole's */
	PIECES_OF_ANY_LENGTH,
	/* the same but along the axis, where all are equally long */
	PIECES_OF_EQUAL_LENGTH,
	/* without the axis: the elements of one index */
	PIECES_WITHOUT_AXIS
} pieces_shape;

/* The end of `prepare`: checks the pieces and fills in the state of pieces_join and pieces_part. */
bool pieces_prepare(tflite_preparation *preparation, pieces_side side, pieces_shape shape, const tflite_operand *whole, uint32_t axis);

/* `invoke` of operators that join or part. */
void pieces_join(const void *state);
void pieces_part(const void *state);

#endif
