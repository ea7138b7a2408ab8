/*
 * fast.c for a microcontroller: draws layers and compares the kernels for Arm's DSP extension with portable C, to the bit. Each tensor and each block that a kernel asks for is
 * surrounded by bytes that must not change.
 *
 *     fast-arm-dsp SEED LAYERS
 *
 * Prints one line of JSON, a list of {"variant", "operator", "equal", "notTaken"}. A layer that differs is told on stderr by its seed. Exit: 1 if one differs.
 */
#include "kernels/arm-dsp/arm-dsp.h"
#include "kernels/arm-dsp/dot-product-rows.h"
#include "kernels/drawn-layers.h"

#include <stdio.h>
#include <stdlib.h>

/* Most channels of a drawn layer; a fence of so many bytes lies around each block. */
enum { MOST = 50, MOST_BLOCKS = 16, FENCE = 32, UNUSED = 0xa5 };

typedef struct {
	drawn_memory memory;
	struct {
		uint8_t *whole;
		size_t bytes;
	} blocks[MOST_BLOCKS];
	int count;
} heap;

/* Old contents show where a kernel reads what it has not written. */
static void *take(drawn_memory *memory, size_t bytes) {
	heap *from = (heap *)memory;
	uint8_t *whole = malloc(bytes + 2 * FENCE + 16);
	if (from->count == MOST_BLOCKS || whole == NULL) abort();
	memset(whole, UNUSED, bytes + 2 * FENCE + 16);
	from->blocks[from->count].whole = whole;
	from->blocks[from->count++].bytes = bytes;
	return whole + FENCE + (16 - (uintptr_t)(whole + FENCE) % 16) % 16;
}

/* Frees a block; false if its surroundings have changed. */
static bool give_back(uint8_t *whole, size_t bytes) {
	const size_t before = FENCE + (16 - (uintptr_t)(whole + FENCE) % 16) % 16;
	bool intact = true;
	for (size_t i = 0; i < bytes + 2 * FENCE + 16; i++) {
		if ((i < before || i >= before + bytes) && whole[i] != UNUSED) intact = false;
	}
	free(whole);
	return intact;
}

enum { CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, ROWS, ADD, OPERATORS };

static const char *const names[OPERATORS] = { "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "rows of SVDF and LSTM", "ADD" };

static drawn_outcome draw_in(int operation, uint64_t seed, drawn_memory *memory) {
	switch (operation) {
		case CONV_2D: return drawn_conv_2d(&arm_dsp_conv_2d_fast, seed, MOST, memory);
		case DEPTHWISE_CONV_2D: return drawn_depthwise_conv_2d(&arm_dsp_depthwise_conv_2d_fast, seed, MOST, memory);
		case FULLY_CONNECTED: return drawn_fully_connected(&arm_dsp_fully_connected_fast, seed, MOST, memory);
		case ROWS: return drawn_dot_product_rows(arm_dsp_dot_product_rows, seed, MOST, memory);
		default: return drawn_add(arm_dsp_add_run_int8, seed, MOST, memory);
	}
}

static drawn_outcome draw_one(int operation, uint64_t seed) {
	heap memory;
	memory.memory.take = take;
	memory.count = 0;
	drawn_outcome outcome = draw_in(operation, seed, &memory.memory);
	while (memory.count-- > 0) {
		if (!give_back(memory.blocks[memory.count].whole, memory.blocks[memory.count].bytes)) outcome = DRAWN_DIFFERENT;
	}
	return outcome;
}

int main(int count, char **arguments) {
	if (count != 3) return 2;
	const unsigned long seed = strtoul(arguments[1], NULL, 10), layers = strtoul(arguments[2], NULL, 10);
	unsigned long different = 0;
	const char *failed;
	if (!tflite_self_check(&tflite_cortex_m_dsp_kernels, &failed)) fprintf(stderr, "%s fails its self check\n", failed);
	printf("[");
	for (int operation = 0; operation < OPERATORS; operation++) {
		unsigned long outcomes[DRAWN_TOO_LARGE + 1] = { 0 };
		for (unsigned long layer = 0; layer < layers; layer++) {
			const drawn_outcome outcome = draw_one(operation, seed + layer);
			outcomes[outcome]++;
			if (outcome == DRAWN_DIFFERENT && different++ < 10) fprintf(stderr, "%s differs at seed %lu\n", names[operation], seed + layer);
		}
		printf("%s{\"variant\":\"cortex-m-dsp\",\"operator\":\"%s\",\"equal\":%lu,\"notTaken\":%lu}", operation == 0 ? "" : ",", names[operation], outcomes[DRAWN_EQUAL], outcomes[DRAWN_NOT_TAKEN]);
	}
	printf("]\n");
	return different == 0 ? 0 : 1;
}
