/* What quantized kernels share in preparation: multipliers that fit, and the ranges of fused activations. */
#ifndef ASSAY_TFLITE_QUANTIZATION_H
#define ASSAY_TFLITE_QUANTIZATION_H

#include "../kernel.h"
#include "fixed-point.h"

/* Stored values that a fused activation lets pass. */
typedef struct {
	int32_t low;
	int32_t high;
} activation_range;

/* The same for float32. */
typedef struct {
	float low;
	float high;
} activation_range_real;

static inline float activation_clamp_real(float x, activation_range_real range) {
	if (x < range.low) x = range.low;
	return x > range.high ? range.high : x;
}

/* Checks the activation and gives its range in the output's quantization; `output` is of an integer type and has a scale. */
bool quantization_activation(tflite_preparation *preparation, uint8_t activation, const tflite_operand *output, activation_range *range);
bool quantization_activation_real(tflite_preparation *preparation, uint8_t activation, activation_range_real *range);

/* The same for int32 that stands for itself. */
bool quantization_activation_int32(tflite_preparation *preparation, uint8_t activation, activation_range *range);

/* The lowest and highest stored value of an integer type of up to 32 bits. */
activation_range quantization_type_range(tflite_type type);

/* The multiplier for a ratio of scales: checks that it is a positive number below 2^most_shift. */
bool quantization_multiplier(tflite_preparation *preparation, const tflite_operand *operand, double real, int32_t most_shift, fixed_multiplier *multiplier);

#endif
