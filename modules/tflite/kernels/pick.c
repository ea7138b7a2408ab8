/* Which kernels run: the fastest that the machine has and that compute what they should. */
#include "simd/variants.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)

/* The compiler's library asks CPUID, and XGETBV whether the operating system keeps the registers. */
static bool has_avx2(void) {
	return __builtin_cpu_supports("avx2") != 0;
}

static bool has_avx512_vnni(void) {
	return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

#elif defined(__aarch64__)

/* The kernel tells what it found; elsewhere than on Linux nobody is asked. */
static bool has_dotprod(void) {
#if defined(__linux__)
	return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
	return false;
#endif
}

#endif

/* What is compiled for the machine runs on it. */
static bool always(void) {
	return true;
}

typedef struct {
	const tflite_kernels *kernels;
	bool (*runs_here)(void);
} variant;

/* The fastest first. */
static const variant variants[] = {
#if defined(__x86_64__)
	{ &simd_avx512_vnni.kernels, has_avx512_vnni },
	{ &simd_avx2.kernels, has_avx2 },
#elif defined(__aarch64__)
	{ &simd_neon_dotprod.kernels, has_dotprod },
	{ &simd_neon.kernels, always },
#elif defined(__wasm_simd128__)
	{ &simd_wasm.kernels, always },
#endif
	{ &tflite_portable_kernels, always },
};

enum { VARIANTS = sizeof variants / sizeof variants[0] };

const tflite_kernels *tflite_pick_kernels(tflite_rejection *rejection) {
	rejection->variant = NULL;
	rejection->kernel = NULL;
	for (uint32_t i = 0; i + 1 < VARIANTS; i++) {
		const char *failed;
		if (!variants[i].runs_here()) continue;
		if (tflite_self_check(variants[i].kernels, &failed)) return variants[i].kernels;
		if (rejection->variant != NULL) continue;
		rejection->variant = variants[i].kernels->variant;
		rejection->kernel = failed;
	}
	return &tflite_portable_kernels;
}

const tflite_kernels *tflite_best_kernels(void) {
	tflite_rejection rejection;
	return tflite_pick_kernels(&rejection);
}

const tflite_kernels *tflite_variants(uint32_t index) {
	for (uint32_t i = 0; i < VARIANTS; i++) {
		if (variants[i].runs_here() && index-- == 0) return variants[i].kernels;
	}
	return NULL;
}
