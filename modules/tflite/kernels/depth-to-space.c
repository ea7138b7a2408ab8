/* DEPTH_TO_SPACE: the channels of a pixel become a block of pixels, row by row. */
#include "depth-blocks.h"
#include "kernels.h"
#include "runs.h"

static bool prepare(tflite_preparation *preparation) {
	return depth_blocks_prepare(preparation, fb_i32(preparation->reader, &preparation->options, DEPTH_TO_SPACE_BLOCK_SIZE, 0), false);
}

const tflite_kernel tflite_depth_to_space = { BUILTIN_DEPTH_TO_SPACE, 1, 2, OPTIONS_DEPTH_TO_SPACE, "DEPTH_TO_SPACE", prepare, runs_invoke, NULL };
