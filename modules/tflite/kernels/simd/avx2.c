#if defined(__x86_64__)
/* The rest of the engine runs on every x86-64, so the instructions are allowed for this file only. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

#include "vector-avx2.h"

#include "variant.h"

const simd_variant simd_avx2 = SIMD_VARIANT("avx2");

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
