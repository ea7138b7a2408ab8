/*
 * The patches of four pixels, which are multiplied with the same weights. A patch is widened to 16 bits once for all filters, and the four lie
 * interleaved, so that one instruction loads what four pixels need next: [group of four elements][even pair, odd pair][pixel], filled up with zeros to
 * whole groups.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_DOT_PIXELS_H
#define ASSAY_TFLITE_ARM_DSP_DOT_PIXELS_H

#include "dsp.h"

enum { DOT_PIXELS = 4 };

/* Bytes of the patches of four pixels with so many elements each. */
static inline uint32_t dot_pixels_bytes(uint32_t elements) {
	return (elements + 3) / 4 * 4 * DOT_PIXELS * 2;
}

/* Adds the four sums of one filter of `count` elements; short rather than fast, see filters.c for the other. */
static inline void dot_pixels(const uint32_t *patch, const int8_t *weights, uint32_t count, uint32_t sums[DOT_PIXELS]) {
	for (uint32_t at = 0; at < count; at += 4, weights += 4, patch += 2 * DOT_PIXELS) {
		uint32_t word = 0;
		if (count - at >= 4) word = dsp_load(weights);
		else for (uint32_t i = 0; i < count - at; i++) word |= (uint32_t)(uint8_t)weights[i] << 8 * i;
		const uint32_t even = dsp_even(word), odd = dsp_odd(word);
		for (uint32_t i = 0; i < DOT_PIXELS; i++) sums[i] = dsp_multiply_pairs(patch[DOT_PIXELS + i], odd, dsp_multiply_pairs(patch[i], even, sums[i]));
	}
}

#endif
