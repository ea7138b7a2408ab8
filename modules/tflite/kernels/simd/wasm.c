#if defined(__wasm_simd128__)
#include "vector-wasm.h"

#include "variant.h"

const simd_variant simd_wasm = SIMD_VARIANT("wasm-simd");
#endif
