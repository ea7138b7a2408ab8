#if defined(__aarch64__)
/* The rest of the engine runs on every 64-bit Arm, so the instructions are allowed for this file only. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#else
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif

#include "vector-neon-sdot.h"

#include "variant.h"

const simd_variant simd_neon_dotprod = SIMD_VARIANT("neon-dotprod");

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
