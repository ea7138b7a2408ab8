/*
 * Tables of the int16 softmax, over the range of int16 in 512 steps of 128. As constants they take no memory and are the same
 * on every board; computed at start, as the reference does, they would hang on each C library's expf.
 *
 * Entry i is round(32768 * f(x_i)) less half of the error that interpolation makes in the middle of the step, in float32
 * (LUTPopulateInt16 in tensorflow/lite/kernels/internal/common.h); f is exp(x) for x from -10 to 0, and 1 / (1 + x) for x from 0
 * to 1.
 */
#ifndef ASSAY_TFLITE_SOFTMAX_TABLES_H
#define ASSAY_TFLITE_SOFTMAX_TABLES_H

#include <stdint.h>

extern const int16_t softmax_exponential[513];
extern const int16_t softmax_reciprocal[513];

#endif
