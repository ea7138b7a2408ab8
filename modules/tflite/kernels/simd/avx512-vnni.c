#if defined(__x86_64__)
/* The rest of the engine runs on every x86-64, so the instructions are allowed for this file only. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#else
#pragma GCC target("avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#endif

#include "vector-avx512-vnni.h"

#include "variant.h"

const simd_variant simd_avx512_vnni = SIMD_VARIANT("avx512-vnni");

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
