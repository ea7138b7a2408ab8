/* AVX2: pairs of int16, which vpmaddwd multiplies and adds. See vector.h. */
#ifndef ASSAY_TFLITE_VECTOR_AVX2_H
#define ASSAY_TFLITE_VECTOR_AVX2_H

#include "vector-x86.h"

enum { GROUP = 2 };

typedef int16_t element;
typedef __m256i inputs;
typedef __m256i weights;

#define VECTOR_WEIGHT(lane, member) ((lane) * GROUP + (member))

static inline inputs vector_inputs(const element *from) {
	int32_t both;
	memcpy(&both, from, sizeof both);
	return _mm256_set1_epi32(both);
}

static inline weights vector_weights(const int8_t *from) {
	return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)from));
}

static inline lanes vector_dot(lanes sums, inputs by, weights with) {
	return _mm256_add_epi32(sums, _mm256_madd_epi16(with, by));
}

static inline int32_t vector_residue(int32_t offset) {
	(void)offset;
	return 0;
}

static inline element vector_zero(int32_t offset) {
	(void)offset;
	return 0;
}

static inline void vector_stretch(const int8_t *from, int32_t offset, element *to, size_t count) {
	vector_stretch_wide(from, offset, to, count);
}

static inline pair vector_dot_depth(pair sums, wide first, wide second, wide low, wide high) {
	sums.low = _mm256_add_epi32(sums.low, _mm256_madd_epi16(_mm256_unpacklo_epi16(first, second), low));
	sums.high = _mm256_add_epi32(sums.high, _mm256_madd_epi16(_mm256_unpackhi_epi16(first, second), high));
	return sums;
}

#endif
