/*
 * Two operands whose shapes differ: dimensions are matched from the last on, and one that is 1 or missing is repeated
 * (https://numpy.org/doc/stable/user/basics.broadcasting.html). Neighbouring dimensions that both operands step through alike are
 * one axis, so equal shapes are a single axis.
 */
#ifndef ASSAY_TFLITE_BROADCAST_H
#define ASSAY_TFLITE_BROADCAST_H

#include "../kernel.h"

/* Steps are in elements; 0 where an operand is repeated. */
typedef struct {
	uint32_t count;
	uint32_t first;
	uint32_t second;
} broadcast_axis;

/* The last axis is the innermost. There is at least one. */
typedef struct {
	uint32_t rank;
	broadcast_axis axes[TFLITE_MAX_RANK];
} broadcast_shape;

/* Checks that the shapes fit and make the output's. */
bool broadcast_fit(tflite_preparation *preparation, const tflite_operand *first, const tflite_operand *second, const tflite_operand *output, broadcast_shape *shape);

/* Where an iteration over all axes but the innermost stands; begin with zeroes. */
typedef struct {
	uint32_t counters[TFLITE_MAX_RANK];
	/* of the innermost run's first elements */
	uint32_t first;
	uint32_t second;
} broadcast_position;

/* Moves on by one run of the innermost axis; false after the last. */
bool broadcast_next(const broadcast_axis *axes, uint32_t rank, broadcast_position *position);

#endif
