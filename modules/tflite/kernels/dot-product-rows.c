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
