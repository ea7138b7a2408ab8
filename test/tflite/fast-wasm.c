/* As fast.c, but linked to the engine as WebAssembly, which has no program around it: one layer at a call. */
#include "kernels/drawn-layers.h"
#include "kernels/simd/variants.h"

#include <string.h>

/* Most channels of a drawn layer: several blocks of vectors and a rest. */
enum { MOST = 70 };

typedef struct {
	drawn_memory memory;
	size_t used;
	uint8_t block[4 << 20];
} heap;

static heap all;

/* Old contents show where a kernel reads what it has not written. */
static void *take(drawn_memory *memory, size_t bytes) {
	heap *from = (heap *)memory;
	const size_t start = (from->used + 15) / 16 * 16;
	if (start + bytes > sizeof from->block) __builtin_trap();
	from->used = start + bytes;
	memset(from->block + start, 0xa5, bytes);
	return from->block + start;
}

/* A drawn_outcome of one of the operators of fast.c, in their order. */
__attribute__((export_name("draw"))) drawn_outcome draw(uint32_t operation, uint32_t seed) {
	drawn_memory *memory = &all.memory;
	all.memory.take = take;
	all.used = 0;
	switch (operation) {
		case 0: return drawn_conv_2d(simd_wasm.conv_2d, seed, MOST, memory);
		case 1: return drawn_depthwise_conv_2d(simd_wasm.depthwise_conv_2d, seed, MOST, memory);
		case 2: return drawn_fully_connected(simd_wasm.fully_connected, seed, MOST, memory);
		case 3: return drawn_dot_product_rows(simd_wasm.rows, seed, MOST, memory);
		case 4: return drawn_add(simd_wasm.add, seed, MOST, memory);
		case 5: return drawn_mul(simd_wasm.mul, seed, MOST, memory);
		case 6: return drawn_pool(average_pool_2d_invoke, simd_wasm.average_pool_2d, seed, MOST, memory);
		default: return drawn_pool(max_pool_2d_invoke, simd_wasm.max_pool_2d, seed, MOST, memory);
	}
}
