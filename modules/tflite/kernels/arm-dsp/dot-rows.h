/* Four rows of weights times one row of input, read as it is: fully connected layers, and convolutions at a single place. */
#ifndef ASSAY_TFLITE_ARM_DSP_DOT_ROWS_H
#define ASSAY_TFLITE_ARM_DSP_DOT_ROWS_H

#include <stdint.h>

/* Adds to `sums` the sums of (input[i] + offset) * weights[row * stride + i] over i below `count`, of four rows. */
void dot_rows(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t stride, uint32_t count, uint32_t sums[4]);

/* The same of a single row. */
uint32_t dot_row(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t count);

#endif
