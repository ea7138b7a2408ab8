/*
 * AVX-512 with VNNI, on vectors of 256 bits: vpdpbusd multiplies four bytes without a sign by four with one, so inputs are kept as
 * x + 128 and the rest of the offset is added to the bias. See vector.h.
 */
#ifndef ASSAY_TFLITE_VECTOR_AVX512_VNNI_H
#define ASSAY_TFLITE_VECTOR_AVX512_VNNI_H

#include "vector-x86.h"

enum { GROUP = 4 };

typedef uint8_t element;
typedef __m256i inputs;
typedef __m256i weights;

#define VECTOR_WEIGHT(lane, member) ((lane) * GROUP + (member))

static inline inputs vector_inputs(const element *from) {
	int32_t all;
	memcpy(&all, from, sizeof all);
	return _mm256_set1_epi32(all);
}

static inline weights vector_weights(const int8_t *from) {
	return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

/* Not the instruction that saturates (vpdpbusds): sums wrap around. */
static inline lanes vector_dot(lanes sums, inputs by, weights with) {
	return _mm256_dpbusd_epi32(sums, by, with);
}

static inline int32_t vector_residue(int32_t offset) {
	return offset - 128;
}

static inline element vector_zero(int32_t offset) {
	return (element)(128 - offset);
}

static inline void vector_stretch(const int8_t *from, int32_t offset, element *to, size_t count) {
	const __m256i sign = _mm256_set1_epi8(-128);
	size_t i = 0;
	(void)offset;
	for (; i + 32 <= count; i += 32) {
		const __m256i values = _mm256_loadu_si256((const __m256i *)(const void *)(from + i));
		_mm256_storeu_si256((__m256i *)(void *)(to + i), _mm256_xor_si256(values, sign));
	}
	for (; i < count; i++) to[i] = (element)(from[i] + 128);
}

static inline pair vector_dot_depth(pair sums, wide first, wide second, wide low, wide high) {
	sums.low = _mm256_dpwssd_epi32(sums.low, _mm256_unpacklo_epi16(first, second), low);
	sums.high = _mm256_dpwssd_epi32(sums.high, _mm256_unpackhi_epi16(first, second), high);
	return sums;
}

#endif
