#include "window.h"

#include "../schema.h"

/* Keeps every sum of a position, a stride and a dilated filter inside 32 bits. */
static const int64_t most = 1 << 29;

static bool refuse(tflite_preparation *preparation, const char *expected, int64_t got) {
	return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, expected, got);
}

bool window_fit(tflite_preparation *preparation, uint8_t scheme, window_axis *axis) {
	if (axis->stride < 1 || axis->stride > most) return refuse(preparation, "strides from 1 to 2^29", axis->stride);
	if (axis->dilation < 1 || axis->dilation > most) return refuse(preparation, "dilations from 1 to 2^29", axis->dilation);
	if (axis->filter < 1 || axis->filter > most) return refuse(preparation, "filters from 1 to 2^29 elements wide", axis->filter);
	if (axis->input > most) return refuse(preparation, "images of at most 2^29 elements", axis->input);
	int64_t covered = (int64_t)(axis->filter - 1) * axis->dilation + 1;
	if (covered > most) return refuse(preparation, "dilated filters of at most 2^29 elements", covered);
	int64_t output;
	if (scheme == PADDING_SAME) output = ((int64_t)axis->input + axis->stride - 1) / axis->stride;
	else if (scheme == PADDING_VALID) output = axis->input < covered ? 0 : (axis->input - covered) / axis->stride + 1;
	else return refuse(preparation, "padding 0 (SAME) or 1 (VALID)", scheme);
	if (axis->output != output) return refuse(preparation, "an output as large as input, filter, stride and padding make it", axis->output);
	int64_t padding = (output - 1) * axis->stride + covered - axis->input;
	axis->padding = padding > 0 ? (int32_t)(padding / 2) : 0;
	return true;
}
