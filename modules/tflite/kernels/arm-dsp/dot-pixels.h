/*
 * One filter times the patches of four pixels. A patch is widened to 16 bits once for all filters, and the four lie interleaved, so that one instruction loads what four
 * pixels need next to the same weights: [group of four elements][even pair, odd pair][pixel]. Weights are read as they are.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_DOT_PIXELS_H
#define ASSAY_TFLITE_ARM_DSP_DOT_PIXELS_H

#include "dsp.h"

enum { DOT_PIXELS = 4 };

/* Bytes of the patches of four pixels with so many elements each. */
static inline uint32_t dot_pixels_bytes(uint32_t elements) {
	return (elements + 3) / 4 * 4 * DOT_PIXELS * 2;
}

/* Four elements of each pixel: 13 instructions for 16 products. */
#define DOT_PIXELS_PAIR(weights)                      \
	"ldmia %[patch]!, {r4, r5, r6, r8}\n\t"           \
	"smlad %[a], r4, " weights ", %[a]\n\t"           \
	"smlad %[b], r5, " weights ", %[b]\n\t"           \
	"smlad %[c], r6, " weights ", %[c]\n\t"           \
	"smlad %[d], r8, " weights ", %[d]\n\t"

#define DOT_PIXELS_STEP                               \
	"ldr %[odd], [%[weights]], #4\n\t"                \
	"sxtb16 %[even], %[odd]\n\t"                      \
	"sxtb16 %[odd], %[odd], ror #8\n\t"               \
	DOT_PIXELS_PAIR("%[even]")                        \
	DOT_PIXELS_PAIR("%[odd]")

/* Adds to the four sums. `patch` is aligned to 4 bytes and filled up with zeros to whole groups. */
static inline void dot_pixels(const uint32_t *patch, const int8_t *weights, uint32_t count, uint32_t sums[DOT_PIXELS]) {
	uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3], even, odd;
	uint32_t groups = count / 4;
	/* Four groups a round, then the two bits of what is left: the carry and the zero flag of a shift. */
	__asm__ volatile("subs %[groups], %[groups], #4\n\t"
	        "blo 2f\n"
	        "1:\n\t"
	        DOT_PIXELS_STEP DOT_PIXELS_STEP DOT_PIXELS_STEP DOT_PIXELS_STEP
	        "subs %[groups], %[groups], #4\n\t"
	        "bhs 1b\n"
	        "2:\n\t"
	        "lsls %[groups], %[groups], #31\n\t"
	        "bcc 3f\n\t"
	        DOT_PIXELS_STEP DOT_PIXELS_STEP
	        "3:\n\t"
	        "beq 4f\n\t"
	        DOT_PIXELS_STEP
	        "4:"
	        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [patch] "+r"(patch), [weights] "+r"(weights), [groups] "+r"(groups), [even] "=&r"(even), [odd] "=&r"(odd)
	        :
	        : "r4", "r5", "r6", "r8", "cc", "memory");
	if (count % 4 != 0) {
		/* Not past the end of the weights. */
		uint32_t last = (uint8_t)weights[0];
		if (count % 4 > 1) last |= (uint32_t)(uint8_t)weights[1] << 8;
		if (count % 4 > 2) last |= (uint32_t)(uint8_t)weights[2] << 16;
		even = dsp_even(last);
		odd = dsp_odd(last);
		a = dsp_multiply_pairs(patch[4], odd, dsp_multiply_pairs(patch[0], even, a));
		b = dsp_multiply_pairs(patch[5], odd, dsp_multiply_pairs(patch[1], even, b));
		c = dsp_multiply_pairs(patch[6], odd, dsp_multiply_pairs(patch[2], even, c));
		d = dsp_multiply_pairs(patch[7], odd, dsp_multiply_pairs(patch[3], even, d));
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
}

#endif
