/*
 * The rows of an image, stretched to what the machine multiplies, with the padding of the layer on both sides. As many are kept as
 * a filter reaches over, each in place (row % kept); one of padding stands for all those above and below the image.
 */
#ifndef ASSAY_TFLITE_ROWS_H
#define ASSAY_TFLITE_ROWS_H

#include "../convolution.h"

/* Elements behind a row that may be read along with its last. */
enum { ROWS_SLACK = 32 };

typedef struct {
	/* elements before the image's first, of the image, and from one row to the next */
	size_t before;
	size_t image;
	size_t row;
	/* rows of the image that are kept, and 1 more if filters hang over it above or below */
	uint32_t kept;
	uint32_t padding;
} rows_shape;

static inline int32_t rows_reach(const window_axis *axis) {
	return (axis->filter - 1) * axis->dilation + 1;
}

/* False if a row would be too long to be worth it: the engine's limits of memory are for models, not for their padding. */
static inline bool rows_fit(const window_axis *y, const window_axis *x, uint32_t channels, rows_shape *shape) {
	const int64_t width = (int64_t)x->padding + x->input, needed = (int64_t)(x->output - 1) * x->stride + rows_reach(x);
	const int64_t longest = needed > width ? needed : width;
	if (longest > 2 * (int64_t)x->input + 64 || longest * channels > 1 << 22) return false;
	shape->before = (size_t)x->padding * channels;
	shape->image = (size_t)x->input * channels;
	shape->row = (size_t)longest * channels + ROWS_SLACK;
	shape->kept = (uint32_t)(rows_reach(y) < y->input ? rows_reach(y) : y->input);
	shape->padding = y->padding > 0 || (int64_t)(y->output - 1) * y->stride + rows_reach(y) > y->input ? 1 : 0;
	return true;
}

static inline uint64_t rows_count(const rows_shape *shape) {
	return ((uint64_t)shape->kept + shape->padding) * shape->row;
}

/* Fills in what no row of the image is written over: `zero` is each byte of the element that stands for the zero point. */
static void rows_pad(const rows_shape *shape, size_t element, uint8_t zero, void *rows) {
	uint8_t *row = rows;
	const size_t before = shape->before * element, image = shape->image * element, whole = shape->row * element;
	for (uint32_t i = 0; i < shape->kept; i++, row += whole) {
		memset(row, zero, before);
		memset(row + before + image, zero, whole - before - image);
	}
	if (shape->padding != 0) memset(row, zero, whole);
}

/* The rows of the image that the windows of a row of outputs need and that are not yet kept: from, and the one after the last. */
typedef struct {
	int32_t from;
	int32_t to;
} rows_span;

static inline rows_span rows_missing(const window_axis *y, int32_t output, int32_t next) {
	const int32_t origin = output * y->stride - y->padding, end = origin + rows_reach(y);
	const rows_span span = { origin > next ? origin : next, end < y->input ? end : y->input };
	return span;
}

/* Where a row of the image, or of padding, starts: in elements. */
static inline size_t rows_at(const rows_shape *shape, const window_axis *y, int32_t row) {
	return (row < 0 || row >= y->input ? shape->kept : (uint32_t)row % shape->kept) * shape->row;
}

#endif
