/*
 * Rows of weights times an input, with the weights as they lie in the model: for SVDF and LSTM, which multiply each weight once in a step, so that
 * putting them in another order is not worth its memory. Each lane adds up pairs of products of a row, and the lanes are added at the end.
 */
#ifndef ASSAY_TFLITE_DOT_PRODUCT_ROWS_VECTORS_H
#define ASSAY_TFLITE_DOT_PRODUCT_ROWS_VECTORS_H

/* A machine's vector-*.h comes first. */
#include "../dot-product-rows.h"

/* DOT_STEP inputs at a time; of long rows DOT_MOST are stretched on the stack at once. */
enum { DOT_STEP = 2 * LANES, DOT_MOST = 16 * DOT_STEP };

typedef struct {
	int16_t values[DOT_MOST];
	/* the inputs behind the last whole step, at the end of a step whose front is 0: its weights are those that end with the row */
	int16_t rest[DOT_STEP];
	uint32_t whole;
	uint32_t count;
} dot_inputs;

static inline void dot_stretch(dot_inputs *to, const int8_t *input, int32_t offset, uint32_t count) {
	to->count = count;
	to->whole = count / DOT_STEP * DOT_STEP;
	vector_stretch_wide(input, offset, to->values, count);
	memset(to->rest, 0, sizeof to->rest);
	memcpy(to->rest + DOT_STEP - (count - to->whole), to->values + to->whole, (count - to->whole) * sizeof(int16_t));
}

/* `count` neighbouring rows, a constant where it is called. */
static ALWAYS_INLINE void dot_block(const dot_inputs *by, const int8_t *weights, size_t step, const uint32_t count, uint32_t *sums) {
	static const int32_t zero[LANES] = { 0 };
	lanes totals[4];
	UNROLL for (uint32_t row = 0; row < count; row++) totals[row] = vector_load(zero);
	for (uint32_t i = 0; i < by->whole; i += DOT_STEP) {
		const wide values = vector_wide(by->values + i);
		UNROLL for (uint32_t row = 0; row < count; row++) totals[row] = vector_dot_row(totals[row], values, weights + row * step + i);
	}
	if (by->whole != 0 && by->whole != by->count) {
		const wide values = vector_wide(by->rest);
		UNROLL for (uint32_t row = 0; row < count; row++) totals[row] = vector_dot_row(totals[row], values, weights + row * step + by->count - DOT_STEP);
	}
	UNROLL for (uint32_t row = 0; row < count; row++) {
		int32_t each[LANES];
		vector_store(each, totals[row]);
		for (uint32_t i = 0; i < LANES; i++) sums[row] += (uint32_t)each[i];
		if (by->whole != 0) continue;
		for (uint32_t i = 0; i < by->count; i++) sums[row] += (uint32_t)(by->values[i] * weights[row * step + i]);
	}
}

static void dot_product_rows_vectors(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t count, uint32_t *sums) {
	dot_inputs by;
	memset(sums, 0, count * sizeof *sums);
	for (uint32_t from = 0; from < depth; from += DOT_MOST) {
		dot_stretch(&by, input + from, offset, depth - from < DOT_MOST ? depth - from : DOT_MOST);
		uint32_t row = 0;
		for (; row + 4 <= count; row += 4) dot_block(&by, weights + from + (size_t)row * depth, depth, 4, sums + row);
		for (; row < count; row++) dot_block(&by, weights + from + (size_t)row * depth, depth, 1, sums + row);
	}
}

#endif
