#include "dot-product-rows.h"

#include "dot-rows.h"

#include <string.h>

void arm_dsp_dot_product_rows(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t rows, uint32_t *sums) {
	uint32_t row = 0;
	memset(sums, 0, rows * sizeof *sums);
	for (; row + 4 <= rows; row += 4) dot_rows(input, offset, weights + (size_t)row * depth, depth, depth, sums + row);
	for (; row < rows; row++) sums[row] = dot_row(input, offset, weights + (size_t)row * depth, depth);
}

bool arm_dsp_dot_product_rows_check(void) {
	return dot_product_rows_self_check(arm_dsp_dot_product_rows);
}
