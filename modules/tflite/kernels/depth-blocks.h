/* SPACE_TO_DEPTH and DEPTH_TO_SPACE: a square block of pixels becomes the channels of one pixel, or the other way round. */
#ifndef ASSAY_TFLITE_DEPTH_BLOCKS_H
#define ASSAY_TFLITE_DEPTH_BLOCKS_H

#include "../kernel.h"

/* The end of `prepare`, for runs_invoke; `to_depth` is the direction. */
bool depth_blocks_prepare(tflite_preparation *preparation, int32_t block, bool to_depth);

#endif
