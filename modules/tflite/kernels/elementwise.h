/* What operators with one input share that work element by element. */
#ifndef ASSAY_TFLITE_ELEMENTWISE_H
#define ASSAY_TFLITE_ELEMENTWISE_H

#include "../kernel.h"

/* The whole state of an operator, or its first member. */
typedef struct {
	const void *input;
	void *output;
	uint32_t count;
	tflite_type type;
} elementwise;

/* Gives the only input and the only output; checks that they have as many elements. */
bool elementwise_operands(tflite_preparation *preparation, tflite_operand *input, tflite_operand *output);

/* The same, both of one type of a set of bits 1 << TFLITE_…, which `expected` puts in words. */
bool elementwise_operands_of(tflite_preparation *preparation, uint32_t types, const char *expected, tflite_operand *input, tflite_operand *output);

elementwise elementwise_of(const tflite_operand *input, const tflite_operand *output);

/*
 * Stores compute(operation, element) for each int8 or int16 element. What has to be computed for many int8 elements is computed
 * once for each of the 256 values, in a table on the stack, so that the arena stays as small as if it were not.
 */
void elementwise_run(const elementwise *operation, int32_t (*compute)(const void *operation, int32_t stored));

/* The same for float32. */
void elementwise_run_real(const elementwise *operation, float (*compute)(const void *operation, float value));

#endif
