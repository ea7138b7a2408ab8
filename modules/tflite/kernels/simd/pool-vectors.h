/*
 * AVERAGE_POOL_2D and MAX_POOL_2D in vectors of channels. Take int8 with at least 2 x LANES channels, averages of windows of up to 255
 * elements, whose sums fit 16 bits; the rest runs in portable C. The last vector may overlap the one before it, to the same values.
 */
#ifndef ASSAY_TFLITE_POOL_VECTORS_H
#define ASSAY_TFLITE_POOL_VECTORS_H

#include "../pool.h"

enum { POOL_BLOCK = 2 * LANES, POOL_MOST_AVERAGED = 255 };

/* The next block's first channel: that of the last whole block if no whole one follows. */
static inline size_t pool_next(size_t channel, size_t channels) {
	const size_t next = channel + POOL_BLOCK;
	return next < channels && next + POOL_BLOCK > channels ? channels - POOL_BLOCK : next;
}

static void max_place_vectors(const pool *operation, const pool_place *place) {
	const size_t channels = operation->channels;
	const int8_t low = (int8_t)operation->range.low, high = (int8_t)operation->range.high;
	int8_t *output = (int8_t *)operation->output + place->output;
	for (size_t channel = 0; channel < channels; channel = pool_next(channel, channels)) {
		const int8_t *row = (const int8_t *)operation->input + place->input + channel;
		bytes most = vector_load_bytes(row);
		for (uint32_t y = 0; y < place->rows; y++, row += place->row) {
			const int8_t *from = row;
			for (uint32_t x = 0; x < place->columns; x++, from += channels) most = vector_max(most, vector_load_bytes(from));
		}
		vector_store_bytes(output + channel, vector_clamp(most, low, high), POOL_BLOCK);
	}
}

static void average_place_vectors(const pool *operation, const pool_place *place) {
	const size_t channels = operation->channels;
	int8_t *output = (int8_t *)operation->output + place->output;
	for (size_t channel = 0; channel < channels; channel = pool_next(channel, channels)) {
		const int8_t *row = (const int8_t *)operation->input + place->input + channel;
		wide sums = vector_repeat_wide(0);
		int16_t stored[POOL_BLOCK];
		for (uint32_t y = 0; y < place->rows; y++, row += place->row) {
			const int8_t *from = row;
			for (uint32_t x = 0; x < place->columns; x++, from += channels) sums = vector_add_wide(sums, vector_widen(from));
		}
		vector_store_wide(stored, sums);
		for (uint32_t i = 0; i < POOL_BLOCK; i++) output[channel + i] = (int8_t)pool_mean(operation, stored[i], place);
	}
}

static void invoke_max_pool_2d(const void *state) {
	const pool *operation = state;
	if (operation->type == TFLITE_INT8 && operation->channels >= POOL_BLOCK) pool_run(operation, max_place_vectors);
	else max_pool_2d_invoke(operation);
}

static void invoke_average_pool_2d(const void *state) {
	const pool *operation = state;
	const bool fits = (int64_t)operation->y.filter * operation->x.filter <= POOL_MOST_AVERAGED;
	if (operation->type == TFLITE_INT8 && operation->channels >= POOL_BLOCK && fits) pool_run(operation, average_place_vectors);
	else average_pool_2d_invoke(operation);
}

#endif
