/*
 * SPACE_TO_BATCH_ND: cuts an image into blocks; the pixels of one place in all blocks make an image of their own. Paddings are
 * zeroes: the zero point of int8, as in TensorFlow Lite (the reference for microcontrollers leaves its value to chance).
 */
#include "batch-blocks.h"
#include "kernels.h"

#include <string.h>

typedef struct {
	batch_blocks blocks;
	uint32_t images;
	uint32_t padding;
} space_to_batch_nd;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	batch_blocks blocks;
	if (!tflite_expect_operands(preparation, 3, 3)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!batch_blocks_prepare(preparation, &input, &output, &blocks)) return false;
	space_to_batch_nd *state = tflite_state(preparation, (uint32_t)sizeof(space_to_batch_nd), 0, (uint64_t)output.count * 8);
	if (state == NULL) return true;
	state->blocks = blocks;
	state->images = output.shape[0];
	state->padding = output.type == TFLITE_INT8 || output.type == TFLITE_UINT8 ? (uint8_t)output.zero_point : 0;
	return true;
}

static void invoke(const void *state) {
	const space_to_batch_nd *operation = state;
	const batch_blocks *blocks = &operation->blocks;
	uint8_t *to = blocks->small;
	for (uint32_t i = 0; i < operation->images; i++) {
		const batch_blocks_image image = batch_blocks_image_at(blocks, i);
		for (uint32_t y = 0; y < blocks->small_size.height; y++) {
			for (uint32_t x = 0; x < blocks->small_size.width; x++, to += blocks->pixel_bytes) {
				const uint8_t *pixel = batch_blocks_pixel(blocks, &image, y, x);
				if (pixel == NULL) memset(to, (int)operation->padding, blocks->pixel_bytes);
				else memcpy(to, pixel, blocks->pixel_bytes);
			}
		}
	}
}

const tflite_kernel tflite_space_to_batch_nd = { BUILTIN_SPACE_TO_BATCH_ND, 1, 4, OPTIONS_SPACE_TO_BATCH_ND, "SPACE_TO_BATCH_ND", prepare, invoke, NULL };
