/*
 * What the engine uses of <math.h>, where there is no C library: only what is one instruction, so that the compiler leaves no call. Other
 * functions are in kernels/elementary.h, for all machines.
 */
#ifndef ASSAY_WASM_MATH_H
#define ASSAY_WASM_MATH_H

float sqrtf(float x);
float fabsf(float x);
float floorf(float x);
float ceilf(float x);
float truncf(float x);
double sqrt(double x);
double fabs(double x);
double floor(double x);
double ceil(double x);
double trunc(double x);

#define HUGE_VALF __builtin_huge_valf()
#define signbit(x) __builtin_signbit(x)

#endif
