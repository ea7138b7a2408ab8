#if defined(__wasm_simd128__)
#include "vector-wasm.h"

#include "variant.h"
#include "variants.h"

const tflite_kernels tflite_wasm_kernels = { "wasm-simd", rows, sizeof rows / sizeof rows[0], &tflite_portable_kernels };
#endif
