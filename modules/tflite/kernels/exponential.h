/*
 * exp(x) and what follows from it in fixed point, to the bit as gemmlowp computes them (gemmlowp/fixedpoint/fixedpoint.h, with 32-bit raw
 * values). A Qm.n number has m integer bits and n fraction bits beside the sign.
 */
#ifndef ASSAY_TFLITE_EXPONENTIAL_H
#define ASSAY_TFLITE_EXPONENTIAL_H

#include <stdint.h>

/* exp of a number that is 0 or negative, with 4 or 5 integer bits (Q4.27, Q5.26), as Q0.31 */
int32_t exponential_of_negative(int32_t x, int32_t integer_bits);

/* 1 / (1 + x) of a Q0.31 number from 0 to 1, as Q0.31 */
int32_t reciprocal_of_one_plus(int32_t x);

/* 1 / (1 + exp(-x)) and tanh(x) of a Q4.27 number above -16, as Q0.31 */
int32_t exponential_logistic(int32_t x);
int32_t exponential_tanh(int32_t x);

#endif
