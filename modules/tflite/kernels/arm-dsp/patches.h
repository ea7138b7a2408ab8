/* The part of the image under a convolution's window, widened to 16 bits with the input's offset added, as dot-pixels.h reads it. */
#ifndef ASSAY_TFLITE_ARM_DSP_PATCHES_H
#define ASSAY_TFLITE_ARM_DSP_PATCHES_H

#include "../conv-2d.h"
#include "dot-pixels.h"

/* How a layer's windows lie in memory. */
typedef struct {
	const convolution *layer;
	/* elements of a window */
	uint32_t elements;
	/* the whole window is one run of bytes, at every place: nothing hangs over an edge */
	bool contiguous;
	/* else: the runs that a window consists of are whole groups of four bytes */
	bool grouped;
	/* a row's taps are one run */
	bool joined;
	/* bytes from one row of the image to the next */
	size_t width;
	/* where windows are put together that are neither contiguous nor grouped */
	int8_t *bytes;
} patches;

patches patches_of(const conv_2d *conv);

/* Bytes that `bytes` must have room for: 0 if it is not used. */
uint32_t patches_gathered_bytes(const patches *from);

/* Once before the others, when `bytes` has a place. */
void patches_begin(const patches *from);

/* A place of the window: its rows, which the places of a row of output have in common, and the column. */
typedef struct {
	window_span rows;
	int32_t x;
} patches_place;

/* Goes through all places of an image, four at a time; begin with zeroes. Returns how many there were: 0 at the end. */
typedef struct {
	int32_t y;
	int32_t x;
} patches_walk;

uint32_t patches_next(const convolution *layer, patches_walk *walk, patches_place places[DOT_PIXELS]);

/* Where the window at a place begins, of a layer that is contiguous. `image` is the batch's, moved to the group's first channel. */
static inline const int8_t *patches_at(const patches *from, const int8_t *image, const patches_place *place) {
	return image + (size_t)place->rows.start * from->width + (size_t)(place->x * from->layer->x.stride) * from->layer->input_channels;
}

/* Fills in pixel number `pixel` of the four in `patch`. */
void patches_fill(const patches *from, const int8_t *image, const patches_place *place, uint32_t *patch, uint32_t pixel);

#endif
