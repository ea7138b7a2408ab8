#if defined(__aarch64__)
#include "vector-neon-smull.h"

#include "variant.h"

const simd_variant simd_neon = SIMD_VARIANT("neon");
#endif
