/*
 * 1 / (1 + exp(-x)) for x = i / 24, times 2^16: entry i is round(f(i) - half of the error that interpolation makes in the middle
 * of the step to i + 1), that is round(f(i) - (f(i) + f(i + 1) - 2 * f(i + 1/2)) / 4), and the last is 65535. As in the softmax
 * tables, the half spreads the error to both sides. No entry is nearer than 0.002 to where it would round the other way.
 */
#ifndef ASSAY_TFLITE_SIGMOID_TABLE_H
#define ASSAY_TFLITE_SIGMOID_TABLE_H

#include <stdint.h>

extern const uint16_t sigmoid_table[256];

#endif
