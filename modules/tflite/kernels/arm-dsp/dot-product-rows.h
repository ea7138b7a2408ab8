/* Rows of int8 weights times an int8 vector with the DSP extension: for the operators over time. See ../dot-product-rows.h. */
#ifndef ASSAY_TFLITE_ARM_DSP_DOT_PRODUCT_ROWS_H
#define ASSAY_TFLITE_ARM_DSP_DOT_PRODUCT_ROWS_H

#include "../dot-product-rows.h"

void arm_dsp_dot_product_rows(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t rows, uint32_t *sums);

/* Whether it gives what portable C gives. */
bool arm_dsp_dot_product_rows_check(void);

#endif
