/* The variants of the engine for machines with vectors. Each is there on its architecture only; whether the machine has it is pick.c's to find out. */
#ifndef ASSAY_TFLITE_VARIANTS_H
#define ASSAY_TFLITE_VARIANTS_H

#include "../add.h"
#include "../conv-2d.h"
#include "../depthwise-conv-2d.h"
#include "../dot-product-rows.h"
#include "../fully-connected.h"
#include "../mul.h"

typedef struct {
	tflite_kernels kernels;
	/* what its kernels prepare with */
	const conv_2d_fast *conv_2d;
	const depthwise_conv_2d_fast *depthwise_conv_2d;
	const fully_connected_fast *fully_connected;
	dot_product_rows rows;
	elementwise_kernel add;
	elementwise_kernel mul;
	/* what they invoke */
	void (*average_pool_2d)(const void *state);
	void (*max_pool_2d)(const void *state);
} simd_variant;

#if defined(__x86_64__)
extern const simd_variant simd_avx2;
extern const simd_variant simd_avx512_vnni;
#elif defined(__aarch64__)
extern const simd_variant simd_neon;
extern const simd_variant simd_neon_dotprod;
#elif defined(__wasm_simd128__)
extern const simd_variant simd_wasm;
#endif

#endif
