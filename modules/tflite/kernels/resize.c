#include "resize.h"

#include "constants.h"

/* Pixels along an axis: what is computed in units of 2^-10 pixels fits in 32 bits. */
enum { MOST_PIXELS = 1 << 20 };

static bool check_pixels(tflite_preparation *preparation, const tflite_operand *image) {
	for (uint32_t i = 1; i < 3; i++) {
		if (image->shape[i] > MOST_PIXELS) return tflite_refuse_number(preparation, TFLITE_TOO_LARGE, image, "at most 2^20 pixels along an axis", image->shape[i]);
	}
	return true;
}

bool resize_prepare(tflite_preparation *preparation, uint32_t align_corners_field, uint32_t half_pixel_centers_field, tflite_operand *input, tflite_operand *output, resize *plan) {
	int64_t size[2];
	tflite_operand sizes;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, input) || !tflite_input_operand(preparation, 1, &sizes) || !tflite_output_operand(preparation, 0, output)) return false;
	if (output->type != input->type) return tflite_refuse_type(preparation, output, "output of the input's type");
	if (input->rank != 4) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, input, "4 dimensions", input->rank);
	if (sizes.count != 2) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &sizes, "height and width", sizes.count);
	if (!constants_read(preparation, &sizes, 2, size)) return false;
	const int64_t shape[4] = { input->shape[0], size[0], size[1], input->shape[3] };
	if (!constants_check_shape(preparation, output, 4, shape) || !check_pixels(preparation, input) || !check_pixels(preparation, output)) return false;
	plan->input = input->data;
	plan->output = output->data;
	plan->batches = input->shape[0];
	plan->input_height = input->shape[1];
	plan->input_width = input->shape[2];
	plan->output_height = output->shape[1];
	plan->output_width = output->shape[2];
	plan->depth = input->shape[3];
	plan->align_corners = fb_u8(preparation->reader, &preparation->options, align_corners_field, 0) != 0;
	plan->half_pixel_centers = fb_u8(preparation->reader, &preparation->options, half_pixel_centers_field, 0) != 0;
	return true;
}
