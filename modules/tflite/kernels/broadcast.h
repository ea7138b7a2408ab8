/*
 * Up to three operands whose shapes differ: dimensions are matched from the last on, and one that is 1 or missing is repeated
 * (https://numpy.org/doc/stable/user/basics.broadcasting.html). Neighbouring dimensions that all operands step through alike are
 * one axis, so equal shapes are a single axis.
 */
#ifndef ASSAY_TFLITE_BROADCAST_H
#define ASSAY_TFLITE_BROADCAST_H

#include "../kernel.h"

enum { BROADCAST_INPUTS = 3 };

/* Steps are in elements; 0 where an operand is repeated, or there is none. */
typedef struct {
	uint32_t count;
	uint32_t steps[BROADCAST_INPUTS];
} broadcast_axis;

/* The last axis is the innermost; its steps are 0 or 1. There is at least one axis. */
typedef struct {
	uint32_t rank;
	broadcast_axis axes[TFLITE_MAX_RANK];
} broadcast_shape;

/* Checks that the shapes of `count` inputs fit and make the output's. */
bool broadcast_fit(tflite_preparation *preparation, const tflite_operand *inputs, uint32_t count, const tflite_operand *output, broadcast_shape *shape);

/* Where an iteration over all axes but the innermost stands; begin with zeroes. */
typedef struct {
	uint32_t counters[TFLITE_MAX_RANK];
	/* of the innermost run's first elements */
	uint32_t offsets[BROADCAST_INPUTS];
} broadcast_position;

/* Moves on by one run of the innermost axis; false after the last. */
bool broadcast_next(const broadcast_axis *axes, uint32_t rank, broadcast_position *position);

#endif
