/*
 * 1 / sqrt(x) of a whole number, to the bit as TensorFlow Lite computes it in fixed point
 * (GetInvSqrtQuantizedMultiplierExp in tensorflow/lite/kernels/internal/common.h).
 */
#ifndef ASSAY_TFLITE_INVERSE_SQUARE_ROOT_H
#define ASSAY_TFLITE_INVERSE_SQUARE_ROOT_H

#include "fixed-point.h"

/* As a multiplier with a shift from -13 to 0; nearly 1 for 0 and what is negative. */
fixed_multiplier inverse_square_root(int32_t x);

#endif
