/*
 * Draws layers and compares the fast kernels of every variant that the machine has with portable C, to the bit. Each tensor and each
 * block that a fast kernel asks for lies in a heap block of exactly its size, so that AddressSanitizer sees what reaches over.
 *
 *     fast SEED LAYERS
 *
 * Prints one line of JSON, a list of {"variant", "operator", "equal", "notTaken"}. A layer that differs is told on stderr by its seed.
 * Exit: 1 if one differs.
 */
/* for posix_memalign */
#define _POSIX_C_SOURCE 200809L
#include "kernels/drawn-layers.h"
#include "kernels/simd/variants.h"

#include <stdio.h>
#include <stdlib.h>

/* Most channels of a drawn layer: several blocks of the widest vectors and a rest. */
enum { MOST = 70 };

enum { MOST_BLOCKS = 16 };

typedef struct {
	drawn_memory memory;
	void *blocks[MOST_BLOCKS];
	int count;
} heap;

/* Old contents show where a kernel reads what it has not written. */
static void *take(drawn_memory *memory, size_t bytes) {
	heap *from = (heap *)memory;
	void *block = NULL;
	if (from->count == MOST_BLOCKS || posix_memalign(&block, 16, bytes) != 0) abort();
	memset(block, 0xa5, bytes);
	from->blocks[from->count++] = block;
	return block;
}

enum { CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, ROWS, ADD, MUL, AVERAGE_POOL_2D, MAX_POOL_2D, OPERATORS };

static const char *const names[OPERATORS] = { "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "rows of SVDF and LSTM", "ADD", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D" };

static drawn_outcome draw_in(const simd_variant *variant, int operation, uint64_t seed, drawn_memory *memory) {
	switch (operation) {
		case CONV_2D: return drawn_conv_2d(variant->conv_2d, seed, MOST, memory);
		case DEPTHWISE_CONV_2D: return drawn_depthwise_conv_2d(variant->depthwise_conv_2d, seed, MOST, memory);
		case FULLY_CONNECTED: return drawn_fully_connected(variant->fully_connected, seed, MOST, memory);
		case ROWS: return drawn_dot_product_rows(variant->rows, seed, MOST, memory);
		case ADD: return drawn_add(variant->add, seed, MOST, memory);
		case MUL: return drawn_mul(variant->mul, seed, MOST, memory);
		case AVERAGE_POOL_2D: return drawn_pool(average_pool_2d_invoke, variant->average_pool_2d, seed, MOST, memory);
		default: return drawn_pool(max_pool_2d_invoke, variant->max_pool_2d, seed, MOST, memory);
	}
}

static drawn_outcome draw_one(const simd_variant *variant, int operation, uint64_t seed) {
	heap memory;
	memory.memory.take = take;
	memory.count = 0;
	const drawn_outcome outcome = draw_in(variant, operation, seed, &memory.memory);
	while (memory.count > 0) free(memory.blocks[--memory.count]);
	return outcome;
}

static bool runs_here(const tflite_kernels *kernels) {
	uint32_t i = 0;
	while (tflite_variants(i) != NULL && tflite_variants(i) != kernels) i++;
	return tflite_variants(i) != NULL;
}

int main(int count, char **arguments) {
	if (count != 3) return 2;
	const uint64_t seed = strtoull(arguments[1], NULL, 10);
	const uint64_t layers = strtoull(arguments[2], NULL, 10);
	static const simd_variant *const variants[] = {
#if defined(__x86_64__)
		&simd_avx2, &simd_avx512_vnni,
#elif defined(__aarch64__)
		&simd_neon, &simd_neon_dotprod,
#elif defined(__wasm_simd128__)
		&simd_wasm,
#endif
		NULL,
	};
	unsigned long different = 0;
	const char *separator = "";
	printf("[");
	for (int i = 0; variants[i] != NULL; i++) {
		const char *name = variants[i]->kernels.variant;
		if (!runs_here(&variants[i]->kernels)) continue;
		for (int operation = 0; operation < OPERATORS; operation++) {
			unsigned long outcomes[DRAWN_TOO_LARGE + 1] = { 0 };
			for (uint64_t layer = 0; layer < layers; layer++) {
				const drawn_outcome outcome = draw_one(variants[i], operation, seed + layer);
				outcomes[outcome]++;
				if (outcome == DRAWN_DIFFERENT) fprintf(stderr, "%s %s differs at seed %llu\n", name, names[operation], (unsigned long long)(seed + layer));
			}
			different += outcomes[DRAWN_DIFFERENT];
			printf("%s{\"variant\":\"%s\",\"operator\":\"%s\",\"equal\":%lu,\"notTaken\":%lu}", separator, name, names[operation], outcomes[DRAWN_EQUAL], outcomes[DRAWN_NOT_TAKEN]);
			separator = ",";
		}
	}
	printf("]\n");
	return different == 0 ? 0 : 1;
}
