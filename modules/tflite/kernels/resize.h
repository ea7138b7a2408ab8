/* What RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR share: an image of another height and width. */
#ifndef ASSAY_TFLITE_RESIZE_H
#define ASSAY_TFLITE_RESIZE_H

#include "../kernel.h"

typedef struct {
	const void *input;
	void *output;
	uint32_t batches;
	uint32_t input_height;
	uint32_t input_width;
	uint32_t output_height;
	uint32_t output_width;
	uint32_t depth;
	/* pixels at the edges of both images lie on each other */
	bool align_corners;
	/* coordinates are of the middle of pixels */
	bool half_pixel_centers;
} resize;

/* Checks the operands and fills in the geometry; options are those of the two fields. */
bool resize_prepare(tflite_preparation *preparation, uint32_t align_corners_field, uint32_t half_pixel_centers_field, tflite_operand *input, tflite_operand *output, resize *plan);

#endif
