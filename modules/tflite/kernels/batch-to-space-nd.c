/* BATCH_TO_SPACE_ND: puts an image together from those that hold the pixels of one place in all of its blocks. */
#include "batch-blocks.h"
#include "kernels.h"

#include <string.h>

typedef struct {
	batch_blocks blocks;
	uint32_t images;
} batch_to_space_nd;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	batch_blocks blocks;
	if (!tflite_expect_operands(preparation, 3, 3)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!batch_blocks_prepare(preparation, &output, &input, &blocks)) return false;
	batch_to_space_nd *state = tflite_state(preparation, (uint32_t)sizeof(batch_to_space_nd), 0, (uint64_t)input.count * 8);
	if (state == NULL) return true;
	state->blocks = blocks;
	state->images = input.shape[0];
	return true;
}

static void invoke(const void *state) {
	const batch_to_space_nd *operation = state;
	const batch_blocks *blocks = &operation->blocks;
	const uint8_t *from = blocks->small;
	for (uint32_t i = 0; i < operation->images; i++) {
		const batch_blocks_image image = batch_blocks_image_at(blocks, i);
		for (uint32_t y = 0; y < blocks->small_size.height; y++) {
			for (uint32_t x = 0; x < blocks->small_size.width; x++, from += blocks->pixel_bytes) {
				uint8_t *pixel = batch_blocks_pixel(blocks, &image, y, x);
				if (pixel != NULL) memcpy(pixel, from, blocks->pixel_bytes);
			}
		}
	}
}

const tflite_kernel tflite_batch_to_space_nd = { BUILTIN_BATCH_TO_SPACE_ND, 1, 4, OPTIONS_BATCH_TO_SPACE_ND, "BATCH_TO_SPACE_ND", prepare, invoke, NULL };
