/* What 256-bit vectors have in common, with AVX2 alone and with AVX-512: see vector.h. */
#ifndef ASSAY_TFLITE_VECTOR_X86_H
#define ASSAY_TFLITE_VECTOR_X86_H

#include "vector.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 8, COLUMN = 2 };

typedef __m256i lanes;
typedef __m256i wide;
typedef __m128i bytes;

typedef struct {
	lanes low;
	lanes high;
} pair;

typedef struct {
	lanes multiplier;
	lanes exponent;
} scale;

static inline lanes vector_load(const int32_t *from) {
	return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline void vector_store(int32_t *to, lanes from) {
	_mm256_storeu_si256((__m256i *)(void *)to, from);
}

/* Interleaving two vectors keeps to halves of 128 bits, so the lower vector of sums gets channels 0 to 3 and 8 to 11. */
#define DEPTH_CHANNEL(vector, lane) ((vector) * 4 + (lane) / 4 * 8 + (lane) % 4)
#define DEPTH_WEIGHT(channel, tap) ((channel) % 8 / 4 * 16 + (channel) / 8 * 8 + (channel) % 4 * 2 + (tap))

static inline wide vector_wide(const int16_t *from) {
	return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline void vector_store_wide(int16_t *to, wide from) {
	_mm256_storeu_si256((__m256i *)(void *)to, from);
}

static inline wide vector_widen(const int8_t *from) {
	return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)from));
}

static inline wide vector_repeat_wide(int32_t value) {
	return _mm256_set1_epi16((int16_t)value);
}

static inline wide vector_add_wide(wide a, wide b) {
	return _mm256_add_epi16(a, b);
}

static inline bytes vector_load_bytes(const int8_t *from) {
	return _mm_loadu_si128((const __m128i *)(const void *)from);
}

static inline bytes vector_max(bytes a, bytes b) {
	return _mm_max_epi8(a, b);
}

static inline void vector_stretch_wide(const int8_t *from, int32_t offset, int16_t *to, size_t count) {
	const __m256i added = _mm256_set1_epi16((int16_t)offset);
	size_t i = 0;
	for (; i + 16 <= count; i += 16) {
		const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(from + i)));
		_mm256_storeu_si256((__m256i *)(void *)(to + i), _mm256_add_epi16(wide, added));
	}
	for (; i < count; i++) to[i] = (int16_t)(from[i] + offset);
}

static inline scale vector_scale_at(const int32_t *multipliers, const int32_t *halves, const int32_t *exponents) {
	const scale by = { vector_load(multipliers), vector_load(exponents) };
	(void)halves;
	return by;
}

/* The last bit is shifted out on its own, after the half is added to it: that holds for any sum. */
#define VECTOR_TAME(most, exponent) ((void)(most), (exponent) >= 1)
#define VECTOR_NEAR(most, exponent) ((void)(most), (void)(exponent), false)
#define VECTOR_EXPONENT(exponent, near) ((exponent) - 1)
#define VECTOR_HALF(exponent, near) 0

static inline lanes vector_dot_row(lanes sums, wide by, const int8_t *from) {
	return _mm256_add_epi32(sums, _mm256_madd_epi16(by, _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)from))));
}

static inline lanes vector_scale(lanes sums, scale by) {
	const __m256i rounding = _mm256_set1_epi64x((int64_t)1 << 30);
	const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(sums, by.multiplier), rounding);
	const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(sums, 32), _mm256_srli_epi64(by.multiplier, 32)), rounding);
	/* bits 31 to 62 of each product: those of odd lanes are wanted in the upper half */
	const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
	const __m256i shifted = _mm256_srav_epi32(_mm256_add_epi32(high, _mm256_srai_epi32(high, 31)), by.exponent);
	return _mm256_srai_epi32(_mm256_sub_epi32(shifted, _mm256_set1_epi32(-1)), 1);
}

static inline pair vector_part(wide from) {
	const pair parts = { _mm256_cvtepi16_epi32(_mm256_castsi256_si128(from)), _mm256_cvtepi16_epi32(_mm256_extracti128_si256(from, 1)) };
	return parts;
}

static inline lanes vector_shift_left(lanes values, int32_t bits) {
	return _mm256_slli_epi32(values, bits);
}

static inline lanes vector_add(lanes a, lanes b) {
	return _mm256_add_epi32(a, b);
}

static inline lanes vector_multiply(lanes a, lanes b) {
	return _mm256_mullo_epi32(a, b);
}

/* Both shifts are one: see vector_scale_alike. */
typedef struct {
	int32_t multiplier;
	int32_t added;
	int32_t negative;
	int32_t shift;
} alike;

static inline void vector_set_alike(alike *to, int32_t multiplier, int32_t exponent) {
	to->multiplier = multiplier;
	to->added = exponent == 0 ? 1 : 1 + ((int32_t)1 << exponent);
	to->negative = exponent == 0 ? 0 : -2;
	to->shift = exponent + 1;
}

/*
 * With x quadrupled, the upper half of the product is twice the quotient, rounded down; 1 rounds it to the nearest whole number, and since
 * whole numbers can be added before or after rounding down, the half of the division and what is taken off negative numbers, twice
 * too, are added before the one shift.
 */
static inline lanes vector_scale_alike(lanes values, const alike *by) {
	const __m256i scaled = _mm256_slli_epi32(values, 2), multiplier = _mm256_set1_epi32(by->multiplier);
	const __m256i even = _mm256_srli_epi64(_mm256_mul_epi32(scaled, multiplier), 32), odd = _mm256_mul_epi32(_mm256_srli_epi64(scaled, 32), multiplier);
	const __m256i top = _mm256_blend_epi32(even, odd, 0xaa);
	const __m256i negative = _mm256_and_si256(_mm256_srai_epi32(values, 31), _mm256_set1_epi32(by->negative));
	return _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(top, _mm256_set1_epi32(by->added)), negative), by->shift);
}

static inline bytes narrow_words(__m256i words, int32_t offset) {
	const __m256i moved = _mm256_adds_epi16(words, _mm256_set1_epi16((int16_t)offset));
	return _mm_packs_epi16(_mm256_castsi256_si128(moved), _mm256_extracti128_si256(moved, 1));
}

static inline bytes vector_narrow(lanes first, lanes second, int32_t offset) {
	return narrow_words(_mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xd8), offset);
}

static inline bytes vector_narrow_depth(pair sums, int32_t offset) {
	return narrow_words(_mm256_packs_epi32(sums.low, sums.high), offset);
}

static inline bytes vector_narrow_near(lanes first, scale first_scale, lanes second, scale second_scale, int32_t offset) {
	return vector_narrow(vector_scale(first, first_scale), vector_scale(second, second_scale), offset);
}

static inline bytes vector_clamp(bytes values, int8_t low, int8_t high) {
	return _mm_min_epi8(_mm_max_epi8(values, _mm_set1_epi8(low)), _mm_set1_epi8(high));
}

static inline void vector_store_bytes(int8_t *to, bytes values, uint32_t count) {
	if (count >= 16) {
		_mm_storeu_si128((__m128i *)(void *)to, values);
		return;
	}
	if (count >= 8) {
		_mm_storel_epi64((__m128i *)(void *)to, values);
		values = _mm_unpackhi_epi64(values, values);
		to += 8;
		count -= 8;
	}
	uint64_t rest = (uint64_t)_mm_cvtsi128_si64(values);
	for (; count > 0; count--, rest >>= 8) *to++ = (int8_t)(rest & 0xff);
}

#endif
