/*
 * A matrix of int8 weights times an int8 vector: the inner loop of the operators over time. A variant of the engine puts its own in
 * where they prepare, as in `svdf_prepare(preparation, mine)`.
 */
#ifndef ASSAY_TFLITE_DOT_PRODUCT_ROWS_H
#define ASSAY_TFLITE_DOT_PRODUCT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* How many rows the operators ask for at once at most: their sums lie on the stack. */
enum { DOT_PRODUCT_ROWS = 16 };

/* sums[r] = sum of (input[i] + offset) * weights[r * depth + i], wrapping around; 1 to DOT_PRODUCT_ROWS rows */
typedef void (*dot_product_rows)(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t rows, uint32_t *sums);

void dot_product_rows_portable(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t rows, uint32_t *sums);

/* Whether another way gives the same sums: rows of many lengths, with extreme values and all offsets' ends among them. */
bool dot_product_rows_self_check(dot_product_rows rows);

#endif
