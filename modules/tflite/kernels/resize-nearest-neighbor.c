/* RESIZE_NEAREST_NEIGHBOR: each pixel of the output is one of the input. */
#include "kernels.h"
#include "resize.h"
#include "runs.h"

#include <string.h>

typedef struct {
	resize image;
	uint32_t pixel_bytes;
	/* in scratch memory: where in a row of the input each pixel of a row of the output lies, in bytes */
	uint32_t *columns;
} resize_nearest_neighbor;

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	resize image;
	if (!resize_prepare(preparation, RESIZE_NEAREST_NEIGHBOR_ALIGN_CORNERS, RESIZE_NEAREST_NEIGHBOR_HALF_PIXEL_CENTERS, &input, &output, &image)) return false;
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	const uint64_t work = (uint64_t)output.count + (uint64_t)image.batches * image.output_height * image.output_width * 2 + image.output_width * 8;
	resize_nearest_neighbor *state = tflite_state(preparation, (uint32_t)sizeof(resize_nearest_neighbor), image.output_width * (uint32_t)sizeof(uint32_t), work);
	if (state == NULL) return true;
	state->image = image;
	state->pixel_bytes = image.depth * element_bytes;
	state->columns = (uint32_t *)(void *)preparation->scratch;
	return true;
}

/* The row or column of the input for one of the output; in float32, step by step as the reference. */
static uint32_t nearest(uint32_t at, uint32_t input, uint32_t output, const resize *image) {
	const bool corners = image->align_corners && output > 1;
	const float scale = corners ? (float)(input - 1) / (float)(output - 1) : (float)input / (float)output;
	const float exact = ((float)at + (image->half_pixel_centers ? 0.5f : 0.0f)) * scale;
	uint32_t whole = (uint32_t)exact;
	if (image->align_corners && exact - (float)whole >= 0.5f) whole++;
	return whole < input ? whole : input - 1;
}

static void invoke(const void *state) {
	const resize_nearest_neighbor *operation = state;
	const resize *image = &operation->image;
	const size_t row_bytes = (size_t)image->input_width * operation->pixel_bytes;
	const uint8_t *from = image->input;
	uint8_t *to = image->output;
	for (uint32_t x = 0; x < image->output_width; x++) operation->columns[x] = nearest(x, image->input_width, image->output_width, image) * operation->pixel_bytes;
	for (uint32_t batch = 0; batch < image->batches; batch++, from += image->input_height * row_bytes) {
		for (uint32_t y = 0; y < image->output_height; y++) {
			const uint8_t *row = from + nearest(y, image->input_height, image->output_height, image) * row_bytes;
			for (uint32_t x = 0; x < image->output_width; x++, to += operation->pixel_bytes) memcpy(to, row + operation->columns[x], operation->pixel_bytes);
		}
	}
}

const tflite_kernel tflite_resize_nearest_neighbor = { BUILTIN_RESIZE_NEAREST_NEIGHBOR, 1, 4, OPTIONS_RESIZE_NEAREST_NEIGHBOR, "RESIZE_NEAREST_NEIGHBOR", prepare, invoke, NULL };
