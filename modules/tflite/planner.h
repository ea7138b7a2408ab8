/* Lays blocks that live for a while into one arena, sharing memory between those that never live at once. */
#ifndef ASSAY_TFLITE_PLANNER_H
#define ASSAY_TFLITE_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	/* bytes, a multiple of TFLITE_ALIGNMENT */
	uint32_t bytes;
	/* the steps between which the block must be kept, both included */
	uint16_t first;
	uint16_t last;
	/* the answer: from the start of the arena, a multiple of TFLITE_ALIGNMENT */
	uint32_t offset;
} planner_block;

/*
 * Greedy by size: the largest block first (of equals the one that starts earlier, then the one listed earlier), each at the
 * lowest offset that no block alive at the same time takes. Deterministic. `order` is room for `count` numbers (at most
 * 65535). False if the arena would exceed 2^31 - 1 bytes. Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
 * Inference", 2020, section 5.2.
 */
bool planner_place(planner_block *blocks, uint16_t *order, uint32_t count, uint32_t *arena_bytes);

#endif
