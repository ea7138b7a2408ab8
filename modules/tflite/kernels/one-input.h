/* What operators with one input share that work element by element. */
#ifndef ASSAY_TFLITE_ONE_INPUT_H
#define ASSAY_TFLITE_ONE_INPUT_H

#include "../kernel.h"

/* The whole state of an operator, or its first member. */
typedef struct {
	const void *input;
	void *output;
	uint32_t count;
	tflite_type type;
} one_input;

/* Gives the only input and the only output; checks that they have as many elements. */
bool one_input_operands(tflite_preparation *preparation, tflite_operand *input, tflite_operand *output);

/* The same, both of one type of a set of bits 1 << TFLITE_…, which `expected` puts in words. */
bool one_input_operands_of(tflite_preparation *preparation, uint32_t types, const char *expected, tflite_operand *input, tflite_operand *output);

one_input one_input_of(const tflite_operand *input, const tflite_operand *output);

/*
 * Stores compute(operation, element) for each int8 or int16 element. What has to be computed for many int8 elements is computed
 * once for each of the 256 values, in a table on the stack, so that the arena stays as small as if it were not.
 */
void one_input_run(const one_input *operation, int32_t (*compute)(const void *operation, int32_t stored));

/* The same for float32. */
void one_input_run_real(const one_input *operation, float (*compute)(const void *operation, float value));

#endif
