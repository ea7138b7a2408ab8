/* Quantized operands of element-wise operators: what is done to a stored input before the operator's arithmetic, and to the result after it. */
#ifndef ASSAY_TFLITE_RESCALE_H
#define ASSAY_TFLITE_RESCALE_H

#include "elementwise.h"
#include "quantization.h"

typedef struct {
	/* minus the zero point */
	int32_t offset;
	/* bits that the input gains before it is scaled, so that rounding costs less */
	int32_t left_shift;
	fixed_multiplier multiplier;
} rescale_input;

typedef struct {
	fixed_multiplier multiplier;
	/* the zero point */
	int32_t offset;
	activation_range range;
} rescale_output;

static inline int32_t rescale_from(rescale_input by, int32_t stored) {
	return fixed_multiply(fixed_shift_left(stored + by.offset, by.left_shift), by.multiplier);
}

static inline int32_t rescale_to(rescale_output by, int32_t result) {
	return fixed_clamp(fixed_add(fixed_multiply(result, by.multiplier), by.offset), by.range.low, by.range.high);
}

/* Checks that an operand has a scale for the whole tensor, and in int16 zero point 0. */
bool rescale_expect_scale(tflite_preparation *preparation, const tflite_operand *operand);

/* The larger scale of both inputs: sums and differences are in steps of twice that, so that they fit. */
static inline float rescale_larger_scale(const elementwise_operands *operands) {
	const float first = operands->inputs[0].scale, second = operands->inputs[1].scale;
	return first > second ? first : second;
}

/*
 * Brings two inputs to a common scale: theirs are `first_ratio` and `second_ratio` of it, which must be below 1. (The operators
 * compute the ratios, as the reference has float64 in some and float32 in others.)
 */
bool rescale_inputs(tflite_preparation *preparation, const elementwise_operands *operands, int32_t left_shift, double first_ratio, double second_ratio,
                    rescale_input inputs[2]);

/* Brings a result in steps of `ratio` of the output's scale to the output, through a fused activation; the ratio is below 2^most_shift. */
bool rescale_result(tflite_preparation *preparation, const tflite_operand *output, double ratio, int32_t most_shift, uint8_t activation, rescale_output *result);

/* 20 bits more for 8, 15 for 16: operand, shift and sign then fill 29 to 32 bits. */
static inline int32_t rescale_sum_shift(tflite_type type) {
	return type == TFLITE_INT16 ? 15 : 20;
}

#endif
