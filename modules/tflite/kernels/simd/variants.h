/* The variants of the engine for machines with vectors. Each is there on its architecture only; whether the machine has it is pick.c's to find out. */
#ifndef ASSAY_TFLITE_VARIANTS_H
#define ASSAY_TFLITE_VARIANTS_H

#include "../../kernel.h"

#if defined(__x86_64__)
extern const tflite_kernels tflite_avx2_kernels;
extern const tflite_kernels tflite_avx512_vnni_kernels;
#elif defined(__aarch64__)
extern const tflite_kernels tflite_neon_kernels;
#elif defined(__wasm_simd128__)
extern const tflite_kernels tflite_wasm_kernels;
#endif

#endif
