#include "depth-blocks.h"

#include "constants.h"
#include "runs.h"

#include <string.h>

bool depth_blocks_prepare(tflite_preparation *preparation, int32_t block, bool to_depth) {
	tflite_operand input, output;
	if (!tflite_expect_operands(preparation, 1, 1)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	const int64_t element = runs_element_bytes(preparation, &input);
	if (element == 0) return false;
	const tflite_operand *fine = to_depth ? &input : &output, *coarse = to_depth ? &output : &input;
	if (coarse->rank != 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, coarse, "4 dimensions", coarse->rank);
	/* A larger one would not fit any tensor. */
	if (block < 1 || block > INT16_MAX) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "a block size from 1 to 32767", block);
	/* the coarse image, and a pixel of the fine one in bytes */
	const int64_t batches = coarse->shape[0], height = coarse->shape[1], width = coarse->shape[2], channels = coarse->shape[3] / ((int64_t)block * block);
	if (channels * block * block != coarse->shape[3]) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, coarse, "a depth divisible by the block's pixels", coarse->shape[3]);
	}
	const int64_t shape[4] = { batches, height * block, width * block, channels };
	if (!constants_check_shape(preparation, fine, 4, shape)) return false;
	const int64_t pixel = channels * element, fine_row = shape[2] * pixel, coarse_row = width * coarse->shape[3] * element;
	/* Axes as the output goes through them: batch, coarse row and column, then those of the block; the other way round, each pair together. */
	const struct {
		int64_t count, fine, coarse;
	} axes[6] = {
		{ batches, fine_row * shape[1], coarse_row * height },
		{ height, fine_row * block, coarse_row },
		{ width, pixel * block, pixel * block * block },
		{ block, fine_row, pixel * block },
		{ block, pixel, pixel },
		{ channels, element, element },
	};
	static const uint8_t order[2][6] = { { 0, 1, 3, 2, 4, 5 }, { 0, 1, 2, 3, 4, 5 } };
	runs_plan plan;
	memset(&plan, 0, sizeof plan);
	for (uint32_t i = 0; i < 6; i++) {
		const uint8_t at = order[to_depth][i];
		runs_add(&plan, (uint32_t)axes[at].count, to_depth ? axes[at].fine : axes[at].coarse, to_depth ? axes[at].coarse : axes[at].fine);
	}
	runs_close(&plan, (uint32_t)element);
	return runs_prepare(preparation, &plan, &input, 0, &output);
}
