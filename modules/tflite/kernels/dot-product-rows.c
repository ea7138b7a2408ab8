#include "dot-product-rows.h"

#include "dot-product.h"

#include <stddef.h>

void dot_product_rows_portable(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t rows, uint32_t *sums) {
	uint32_t row = 0;
	for (; row + 4 <= rows; row += 4) {
		uint32_t four[4] = { 0, 0, 0, 0 };
		dot_product_4(input, offset, weights + (size_t)row * depth, depth, depth, four);
		for (uint32_t i = 0; i < 4; i++) sums[row + i] = four[i];
	}
	for (; row < rows; row++) sums[row] = dot_product(input, offset, weights + (size_t)row * depth, depth);
}

/* Longer than what any way takes at once, and more rows; 1800 bytes of stack, as boards check themselves too. */
enum { CHECK_DEPTH = 300, CHECK_ROWS = 5 };

/* Any byte, but every fourth time an end of the range (xorshift, Marsaglia 2003). */
static int8_t drawn(uint32_t *state) {
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	const uint32_t byte = *state >> 8 & 255;
	return (int8_t)((*state & 3) != 0 ? (int32_t)byte - 128 : byte < 128 ? -128 : 127);
}

bool dot_product_rows_self_check(dot_product_rows rows) {
	static const int32_t offsets[] = { 0, 128, -127, 5 };
	int8_t input[CHECK_DEPTH], weights[CHECK_DEPTH * CHECK_ROWS];
	uint32_t state = 1;
	for (uint32_t i = 0; i < CHECK_DEPTH; i++) input[i] = drawn(&state);
	for (uint32_t i = 0; i < CHECK_DEPTH * CHECK_ROWS; i++) weights[i] = drawn(&state);
	for (uint32_t depth = 1; depth <= CHECK_DEPTH; depth += depth < 70 ? 1 : 23) {
		uint32_t expected[CHECK_ROWS], actual[CHECK_ROWS];
		const uint32_t count = 1 + depth % CHECK_ROWS;
		dot_product_rows_portable(input, offsets[depth % 4], weights, depth, count, expected);
		rows(input, offsets[depth % 4], weights, depth, count, actual);
		for (uint32_t row = 0; row < count; row++) {
			if (actual[row] != expected[row]) return false;
		}
	}
	return true;
}
