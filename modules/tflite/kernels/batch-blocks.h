/*
 * SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: a large image, and small ones that each hold one pixel of every block of it. The
 * small images come as batches: the first pixel of all blocks for each batch of the large image, then the second, row by row.
 * The blocks begin outside of the large image where it is padded or cropped.
 */
#ifndef ASSAY_TFLITE_BATCH_BLOCKS_H
#define ASSAY_TFLITE_BATCH_BLOCKS_H

#include "../kernel.h"

typedef struct {
	uint32_t height;
	uint32_t width;
} batch_blocks_size;

/* In a kernel's state. An image of 3 dimensions has width 1. */
typedef struct {
	uint8_t *large;
	uint8_t *small;
	uint32_t batches;
	uint32_t pixel_bytes;
	batch_blocks_size large_size;
	batch_blocks_size small_size;
	batch_blocks_size block;
	/* rows above and columns left of the large image */
	batch_blocks_size margin;
} batch_blocks;

/* The operands other than `large` and `small`, inputs 1 and 2, say the blocks and the margins. */
bool batch_blocks_prepare(tflite_preparation *preparation, const tflite_operand *large, const tflite_operand *small, batch_blocks *blocks);

/* Where the pixels of one small image come from, or go to: its first pixel in the large image, which may lie outside. */
typedef struct {
	uint8_t *batch;
	uint32_t y;
	uint32_t x;
} batch_blocks_image;

/* `image` counts small images by pixel of the block, then by batch. */
static inline batch_blocks_image batch_blocks_image_at(const batch_blocks *blocks, uint32_t image) {
	const uint32_t place = image / blocks->batches;
	const size_t pixels = (size_t)blocks->large_size.height * blocks->large_size.width;
	const batch_blocks_image result = { blocks->large + image % blocks->batches * pixels * blocks->pixel_bytes,
		                                place / blocks->block.width - blocks->margin.height,
		                                place % blocks->block.width - blocks->margin.width };
	return result;
}

/* The pixel of the large image for one of a small one; NULL if it lies outside, as numbers below 0 wrap around to great ones. */
static inline uint8_t *batch_blocks_pixel(const batch_blocks *blocks, const batch_blocks_image *image, uint32_t y, uint32_t x) {
	const uint32_t large_y = image->y + y * blocks->block.height, large_x = image->x + x * blocks->block.width;
	if (large_y >= blocks->large_size.height || large_x >= blocks->large_size.width) return NULL;
	return image->batch + ((size_t)large_y * blocks->large_size.width + large_x) * blocks->pixel_bytes;
}

#endif
