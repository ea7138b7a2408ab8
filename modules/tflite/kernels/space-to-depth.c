/* SPACE_TO_DEPTH: the pixels of a block, row by row, become the channels of one. */
#include "depth-blocks.h"
#include "kernels.h"
#include "runs.h"

static bool prepare(tflite_preparation *preparation) {
	return depth_blocks_prepare(preparation, fb_i32(preparation->reader, &preparation->options, SPACE_TO_DEPTH_BLOCK_SIZE, 0), true);
}

const tflite_kernel tflite_space_to_depth = { BUILTIN_SPACE_TO_DEPTH, 1, 2, OPTIONS_SPACE_TO_DEPTH, "SPACE_TO_DEPTH", prepare, runs_invoke, NULL };
