/* What LOGISTIC and TANH share, which are one function: tanh(x) = 2 * logistic(2 * x) - 1. */
#ifndef ASSAY_TFLITE_SIGMOID_H
#define ASSAY_TFLITE_SIGMOID_H

#include "one-input.h"
#include "fixed-point.h"

typedef struct {
	one_input elements;
	int32_t zero_point;
	/* int8: stored values that far from the zero point give the lowest or the highest result; others become Q4.27 */
	int32_t radius;
	fixed_multiplier to_q4;
	/* int16: stored * factor / 2^shift is in steps of 1 / 12288 */
	int32_t factor;
	int32_t shift;
} sigmoid;

/*
 * Prepares the operator: checks operands and quantization, and fills in a state of this type. The scale of int16 inputs is taken
 * as exact if it is a power of 2 from 2^-12 to `most_exponent`.
 */
bool sigmoid_prepare(tflite_preparation *preparation, int32_t most_exponent);

/* The logistic function and tanh of x / 12288, as Q0.15 */
int32_t sigmoid_logistic(int32_t x);
int32_t sigmoid_tanh(int32_t x);

static inline int32_t sigmoid_steps(const sigmoid *operation, int32_t stored) {
	const int32_t half = operation->shift > 0 ? 1 << (operation->shift - 1) : 0;
	return (stored * operation->factor + half) >> operation->shift;
}

#endif
