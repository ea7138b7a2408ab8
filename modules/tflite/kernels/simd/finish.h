/*
 * From sums to outputs in vectors. A layer is tame if all its multipliers are below one half, as those of trained models are, and if
 * its sums and exponents are such that the machine rounds them in a few instructions (VECTOR_TAME). The sums of others are stored and
 * finished one by one, with the arithmetic of fixed-point.h.
 */
#ifndef ASSAY_TFLITE_FINISH_H
#define ASSAY_TFLITE_FINISH_H

/* A machine's vector-*.h comes first. */
#include "../layer.h"

/* Arrays hold a value for each lane of each vector of sums, in the order of the lanes; lanes without a channel hold 0. */
typedef struct finish {
	int32_t *biases;
	int32_t *multipliers;
	/* of the division by a power of 2 that follows: the exponent, and what is added before; in a tame layer as the machine takes them */
	int32_t *exponents;
	int32_t *halves;
	int32_t offset;
	int8_t low;
	int8_t high;
	bool tame;
	/* all sums are near to their outputs, so that a machine that has it takes a shorter way (VECTOR_NEAR) */
	bool near;
} finish;

enum { FINISH_ARRAYS = 4 };

/* Gives the arrays their places, from `memory` on. */
static inline void finish_place(finish *to, const layer_finish *from, uint32_t padded, int32_t *memory) {
	to->biases = memory;
	to->multipliers = to->biases + padded;
	to->exponents = to->multipliers + padded;
	to->halves = to->exponents + padded;
	to->offset = from->offset;
	to->low = (int8_t)from->range.low;
	to->high = (int8_t)from->range.high;
	to->tame = true;
	to->near = true;
	memset(memory, 0, (size_t)padded * FINISH_ARRAYS * sizeof *memory);
}

/* Fills in lane `at` for a channel whose weights have that sum and that sum of magnitudes. */
static inline void finish_set(finish *to, const layer_finish *from, uint32_t at, uint32_t channel, int32_t residue, int32_t weights, int64_t magnitudes) {
	const fixed_multiplier multiplier = layer_multiplier(from, channel);
	int32_t bias = 0;
	if (from->bias != NULL) memcpy(&bias, from->bias + 4 * (size_t)channel, sizeof bias);
	const int64_t most = (bias < 0 ? -(int64_t)bias : bias) + 255 * magnitudes;
	to->biases[at] = (int32_t)((uint32_t)bias + (uint32_t)residue * (uint32_t)weights);
	to->multipliers[at] = multiplier.multiplier;
	if (multiplier.multiplier == 0) return;
	/* Left shifts are kept as negative exponents, which only finish_one reads. */
	to->exponents[at] = -multiplier.shift;
	if (multiplier.shift >= 0 || !VECTOR_TAME(most, -multiplier.shift)) to->tame = false;
	if (multiplier.shift >= 0 || !VECTOR_NEAR(most, -multiplier.shift)) to->near = false;
}

/* Once all lanes are set. A multiplier of 0 makes 0, whatever the exponent. */
static inline void finish_seal(finish *to, uint32_t padded) {
	if (to->near) to->tame = true;
	for (uint32_t i = 0; i < padded && to->tame; i++) {
		const int32_t exponent = to->exponents[i] == 0 ? 15 : to->exponents[i];
		to->exponents[i] = VECTOR_EXPONENT(exponent, to->near);
		to->halves[i] = VECTOR_HALF(exponent, to->near);
	}
}

static ALWAYS_INLINE scale finish_scale(const finish *from, size_t at) {
	return vector_scale_at(from->multipliers + at, from->halves + at, from->exponents + at);
}

/* From two vectors of sums to outputs, in the order of lanes, or in that of DEPTH_CHANNEL. `near` is a constant where it is called. */
static ALWAYS_INLINE bytes finish_bytes(lanes first, scale first_scale, lanes second, scale second_scale, const finish *by, const bool near) {
	const bytes narrow = near ? vector_narrow_near(first, first_scale, second, second_scale, by->offset)
	                          : vector_narrow(vector_scale(first, first_scale), vector_scale(second, second_scale), by->offset);
	return vector_clamp(narrow, by->low, by->high);
}

static ALWAYS_INLINE bytes finish_depth(pair sums, scale low, scale high, const finish *by, const bool near) {
	const pair scaled = { vector_scale(sums.low, low), vector_scale(sums.high, high) };
	const bytes narrow = near ? vector_narrow_near(sums.low, low, sums.high, high, by->offset) : vector_narrow_depth(scaled, by->offset);
	return vector_clamp(narrow, by->low, by->high);
}

/* The output of one sum of a layer that is not tame. */
static inline int8_t finish_one(const finish *by, size_t at, int32_t sum) {
	const fixed_multiplier multiplier = { by->multipliers[at], -by->exponents[at] };
	return (int8_t)fixed_clamp(fixed_add(fixed_multiply(sum, multiplier), by->offset), by->low, by->high);
}

#endif
