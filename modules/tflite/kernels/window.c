#include "window.h"

#include "../schema.h"

/* Keeps every sum of a position, a stride and a dilated filter inside 32 bits. */
static const int32_t most = 1 << 29;

static bool refuse(tflite_preparation *preparation, const char *expected, int64_t got) {
	return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, expected, got);
}

bool window_fit(tflite_preparation *preparation, uint8_t scheme, window_axis *axis) {
	if (axis->stride < 1 || axis->stride > most) return refuse(preparation, "strides from 1 to 2^29", axis->stride);
	if (axis->dilation < 1 || axis->dilation > most) return refuse(preparation, "dilations from 1 to 2^29", axis->dilation);
	if (axis->filter < 1 || axis->filter > most) return refuse(preparation, "filters from 1 to 2^29 elements wide", axis->filter);
	if (axis->input > most) return refuse(preparation, "images of at most 2^29 elements", axis->input);
	const int64_t wide = (int64_t)(axis->filter - 1) * axis->dilation + 1;
	if (wide > most) return refuse(preparation, "dilated filters of at most 2^29 elements", wide);
	const int32_t covered = (int32_t)wide;
	int32_t output;
	if (scheme == PADDING_SAME) output = (axis->input + axis->stride - 1) / axis->stride;
	else if (scheme == PADDING_VALID) output = axis->input < covered ? 0 : (axis->input - covered) / axis->stride + 1;
	else return refuse(preparation, "padding 0 (SAME) or 1 (VALID)", scheme);
	if (axis->output != output) return refuse(preparation, "an output as large as input, filter, stride and padding make it", axis->output);
	/* The last window begins on the image, or on an image of nothing. */
	const int32_t padding = (output - 1) * axis->stride + covered - axis->input;
	axis->padding = padding > 0 ? padding / 2 : 0;
	return true;
}
