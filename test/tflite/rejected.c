/*
 * What is picked if the fast kernels fail their self check: variants that say so of CONV_2D stand in the place of those of kernels/simd, and a
 * table of two operators in that of all. Prints {"fastest", "picked", "rejected"}: the last is null where the machine has portable kernels only.
 */
#include "kernels/kernels.h"
#include "kernels/simd/variants.h"

#include <stdio.h>

static bool prepare(tflite_preparation *preparation) {
	return conv_2d_prepare(preparation, NULL);
}

static bool fail(void) {
	return false;
}

static const tflite_kernel failing = CONV_2D_KERNEL(prepare, fail);
static const tflite_kernel *const rows[] = { &tflite_fully_connected, &failing };

static const tflite_kernel *const sound[] = { &tflite_fully_connected, &tflite_conv_2d };
const tflite_kernels tflite_portable_kernels = { "portable", sound, 2, NULL };

#define FAILING(name) \
	{ { name, rows, 2, &tflite_portable_kernels }, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL }

#if defined(__x86_64__)
const simd_variant simd_avx2 = FAILING("avx2");
const simd_variant simd_avx512_vnni = FAILING("avx512-vnni");
#elif defined(__aarch64__)
const simd_variant simd_neon = FAILING("neon");
#endif

int main(void) {
	tflite_rejection rejection;
	const tflite_kernels *picked = tflite_pick_kernels(&rejection);
	printf("{\"fastest\":\"%s\",\"picked\":\"%s\",\"rejected\":", tflite_variant(tflite_variants(0)), tflite_variant(picked));
	if (rejection.variant == NULL) printf("null}\n");
	else printf("[\"%s\",\"%s\"]}\n", rejection.variant, rejection.kernel);
	return 0;
}
