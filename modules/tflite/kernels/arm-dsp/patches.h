/* The part of the image under a convolution's window, widened to 16 bits with the input's offset added, as dot-pixels.h reads it. */
#ifndef ASSAY_TFLITE_ARM_DSP_PATCHES_H
#define ASSAY_TFLITE_ARM_DSP_PATCHES_H

#include "../conv-2d.h"

/* How a layer's windows lie in memory. */
typedef struct {
	const conv_2d *conv;
	/* elements of a window */
	uint32_t elements;
	/* the whole window is one run of bytes, at every place: nothing hangs over an edge */
	bool contiguous;
	/* else: the runs that a window consists of are whole groups of four bytes */
	bool grouped;
	/* where windows are put together that are neither */
	int8_t *bytes;
} patches;

patches patches_of(const conv_2d *conv);

/* Bytes that `bytes` must have room for: 0 if it is not used. */
uint32_t patches_gathered_bytes(const patches *from);

/* Where the window at a place begins, of a layer that is contiguous. `image` is the batch's, moved to the group's first channel. */
static inline const int8_t *patches_at(const patches *from, const int8_t *image, int32_t y, int32_t x) {
	const convolution *layer = &from->conv->common;
	return image + ((size_t)(y * layer->y.stride) * (size_t)layer->x.input + (size_t)(x * layer->x.stride)) * layer->input_channels;
}

/* Fills in pixel number `pixel` of the four in `patch`. */
void patches_fill(const patches *from, const int8_t *image, int32_t y, int32_t x, uint32_t *patch, uint32_t pixel);

#endif
