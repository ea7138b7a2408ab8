#include "batch-blocks.h"

#include "constants.h"
#include "runs.h"

/* Checks one of the axes: the blocks, of which there is one for each element of a small image, make the large one and its margins. */
static bool check_axis(tflite_preparation *preparation, const tflite_operand *large, uint32_t large_size, uint32_t small_size, int64_t block, const int64_t *margins) {
	if (block < 1 || block > INT32_MAX) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "blocks of at least 1", block);
	for (int i = 0; i < 2; i++) {
		if (margins[i] < 0 || margins[i] > INT32_MAX) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "paddings and crops from 0 up", margins[i]);
	}
	const int64_t whole = large_size + margins[0] + margins[1];
	/* so that places in it fit in 32 bits */
	if (whole > INT32_MAX) return tflite_refuse_number(preparation, TFLITE_TOO_LARGE, NULL, "less than 2^31 pixels along an axis", whole);
	return whole == small_size * block || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, large, "whole blocks, padded or cropped", large_size);
}

bool batch_blocks_prepare(tflite_preparation *preparation, const tflite_operand *large, const tflite_operand *small, batch_blocks *blocks) {
	int64_t block[2] = { 1, 1 }, margins[4] = { 0, 0, 0, 0 };
	if (large->rank != 3 && large->rank != 4) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, large, "3 or 4 dimensions", large->rank);
	if (small->rank != large->rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, small, "inputs and outputs of one rank", small->rank);
	if (small->type != large->type) return tflite_refuse_type(preparation, small, "output of the input's type");
	const uint32_t axes = large->rank - 2, depth = large->shape[large->rank - 1], element_bytes = runs_element_bytes(preparation, large);
	if (element_bytes == 0 || !constants_input(preparation, 1, axes, block) || !constants_input(preparation, 2, 2 * axes, margins)) return false;
	if (small->shape[small->rank - 1] != depth) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, small, "the depth of the other image", small->shape[small->rank - 1]);
	const batch_blocks_size large_size = { large->shape[1], axes == 2 ? large->shape[2] : 1 }, small_size = { small->shape[1], axes == 2 ? small->shape[2] : 1 };
	if (!check_axis(preparation, large, large_size.height, small_size.height, block[0], &margins[0])) return false;
	if (!check_axis(preparation, large, large_size.width, small_size.width, block[1], &margins[2])) return false;
	/* Both factors are below 2^31. */
	const uint64_t places = (uint64_t)block[0] * (uint64_t)block[1];
	if (places > INT32_MAX || places * large->shape[0] != small->shape[0]) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, small, "a batch for each pixel of a block", small->shape[0]);
	}
	const batch_blocks filled = { large->data,
		                          small->data,
		                          large->shape[0],
		                          depth * element_bytes,
		                          large_size,
		                          small_size,
		                          { (uint32_t)block[0], (uint32_t)block[1] },
		                          { (uint32_t)margins[0], (uint32_t)margins[2] } };
	*blocks = filled;
	return true;
}
