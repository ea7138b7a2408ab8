/* SVDF with another way to multiply by its weights. */
#ifndef ASSAY_TFLITE_SVDF_H
#define ASSAY_TFLITE_SVDF_H

#include "../kernel.h"
#include "dot-product-rows.h"

bool svdf_prepare(tflite_preparation *preparation, dot_product_rows rows);
void svdf_invoke(const void *state);

#endif
