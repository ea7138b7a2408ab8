/*
 * The elementary functions of float32 kernels, the same to the bit on every machine: only + - * / in double, and bits. C libraries differ
 * from each other in the last bit, and WebAssembly has none. Within 0.5001 units in the last place of the true value, so nearly
 * always the float that is nearest to it. Infinities and NaN as in C99 (annex F).
 */
#ifndef ASSAY_TFLITE_ELEMENTARY_H
#define ASSAY_TFLITE_ELEMENTARY_H

#include <stdint.h>

float elementary_exp(float x);
/* exp(x) - 1, exact near 0 too */
float elementary_exp_minus_1(float x);
/* 1 / (1 + exp(-x)) */
float elementary_logistic(float x);
float elementary_tanh(float x);
float elementary_log(float x);
float elementary_sin(float x);
float elementary_cos(float x);
/* the dividend less the quotient rounded to 0 times the divisor: exact, as C's fmod */
float elementary_remainder(float dividend, float divisor);
/* x = the result * 2^*exponent, the result from 1/2 up to 1: of a positive number that is finite and normal */
float elementary_split(float x, int32_t *exponent);

#endif
