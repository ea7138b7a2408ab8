/* A convolution's innermost loop: many filters, one after the other, times the patches of four pixels (dot-pixels.h), to int8. */
#ifndef ASSAY_TFLITE_ARM_DSP_FILTERS_H
#define ASSAY_TFLITE_ARM_DSP_FILTERS_H

#include "../conv-2d.h"

/* The weights of a layer as the loop reads them: in whole words, so the last filter needs a few bytes behind it. */
typedef struct {
	const int8_t *all;
	/* a copy of the last filter, filled up; NULL where filters are whole words */
	const int8_t *last;
	/* all multipliers are plain, and there are biases, as is usual: it need not be asked again for each filter then */
	bool plain;
} filters;

/* Bytes that a copy of the last filter takes; 0 if none is needed. */
uint32_t filters_copy_bytes(const conv_2d *conv);

/* `weights` are the layer's, `copy` has room for filters_copy_bytes, or is NULL where filters_int8 is not called. */
filters filters_of(const conv_2d *conv, const int8_t *weights, int8_t *copy);

/*
 * The outputs of `count` filters, from that of channel `channel` on, at up to four pixels; those of the first filter begin at `outputs`, each pixel's
 * `output_channels` after the last one's. The activation is the caller's to apply.
 */
void filters_int8(const conv_2d *conv, const filters *weights, const uint32_t *patch, uint32_t channel, uint32_t count, int8_t *outputs, uint32_t pixels);

#endif
