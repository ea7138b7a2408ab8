/* Where a window that slides over an image lies: padding, stride and dilation along one axis, for convolutions and pools. */
#ifndef ASSAY_TFLITE_WINDOW_H
#define ASSAY_TFLITE_WINDOW_H

#include "../kernel.h"

typedef struct {
	int32_t input;
	int32_t output;
	int32_t filter;
	int32_t stride;
	int32_t dilation;
	/* before the first element */
	int32_t padding;
} window_axis;

/* The part of a filter that lies on the image when the window is at one place. */
typedef struct {
	/* taps of the filter: the first, and the one after the last */
	int32_t from;
	int32_t to;
	/* the element of the image under the first; 0 if there is none, as with dilation there may be */
	int32_t start;
} window_span;

/* Checks sizes, stride, dilation and the padding scheme of an axis against each other, and computes its padding. */
bool window_fit(tflite_preparation *preparation, uint8_t scheme, window_axis *axis);

static inline window_span window_at(const window_axis *axis, int32_t output) {
	int32_t origin = output * axis->stride - axis->padding;
	int32_t from = origin < 0 ? (-origin + axis->dilation - 1) / axis->dilation : 0;
	int32_t to = (axis->input - origin + axis->dilation - 1) / axis->dilation;
	if (to > axis->filter) to = axis->filter;
	const window_span span = { from, to, origin + from * axis->dilation }, nothing = { 0, 0, 0 };
	return from < to ? span : nothing;
}

#endif
