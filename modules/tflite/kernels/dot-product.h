/* The innermost loop of convolutions and fully connected layers in int8. */
#ifndef ASSAY_TFLITE_DOT_PRODUCT_H
#define ASSAY_TFLITE_DOT_PRODUCT_H

#include <stdint.h>

/* sum((input[i] + offset) * weights[i]). It wraps around: no more than 2^16 products are sure not to. */
static inline uint32_t dot_product(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t count) {
	uint32_t sum = 0;
	for (uint32_t i = 0; i < count; i++) sum += (uint32_t)((input[i] + offset) * weights[i]);
	return sum;
}

/* Adds to `sums` the same for four rows of weights, `row` elements apart, which share what is read of the input. */
static inline void dot_product_4(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t row, uint32_t count, uint32_t sums[4]) {
	const int8_t *first = weights, *second = first + row, *third = second + row, *fourth = third + row;
	uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
	for (uint32_t i = 0; i < count; i++) {
		int32_t value = input[i] + offset;
		a += (uint32_t)(value * first[i]);
		b += (uint32_t)(value * second[i]);
		c += (uint32_t)(value * third[i]);
		d += (uint32_t)(value * fourth[i]);
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
}

/* Whether compilers turn a plain loop into vectors. */
#if defined(__SSE2__) || defined(__ARM_NEON)
enum { DOT_PRODUCT_BLOCK = 16 };
#else
enum { DOT_PRODUCT_BLOCK = 0 };
#endif

/* The same for rows that may be long: whole blocks of 16 in a loop of their own, products of int16, which become vectors there. */
static inline void dot_product_4_long(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t row, uint32_t count, uint32_t sums[4]) {
	const int8_t *first = weights, *second = first + row, *third = second + row, *fourth = third + row;
	const uint32_t whole = DOT_PRODUCT_BLOCK == 0 ? 0 : count & ~15u;
	const int16_t plus = (int16_t)offset;
	uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
	for (uint32_t i = 0; i < whole; i++) {
		const int16_t value = (int16_t)(input[i] + plus);
		a += (uint32_t)(value * first[i]);
		b += (uint32_t)(value * second[i]);
		c += (uint32_t)(value * third[i]);
		d += (uint32_t)(value * fourth[i]);
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
	dot_product_4(input + whole, offset, weights + whole, row, count - whole, sums);
}

#endif
