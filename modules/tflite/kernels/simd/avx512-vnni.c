#if defined(__x86_64__)
/* The rest of the engine runs on every x86-64, so the instructions are allowed for this file only. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#else
#pragma GCC target("avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#endif

#include "vector-avx512-vnni.h"

#include "variant.h"
#include "variants.h"

const tflite_kernels tflite_avx512_vnni_kernels = { "avx512-vnni", rows, sizeof rows / sizeof rows[0], &tflite_portable_kernels };

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
