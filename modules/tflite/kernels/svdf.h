/* SVDF with another way to multiply by its weights. */
#ifndef ASSAY_TFLITE_SVDF_H
#define ASSAY_TFLITE_SVDF_H

#include "../kernel.h"
#include "../schema.h"
#include "dot-product-rows.h"

bool svdf_prepare(tflite_preparation *preparation, dot_product_rows rows);
void svdf_invoke(const void *state);

#define SVDF_KERNEL(prepare, self_check) { BUILTIN_SVDF, 1, 4, OPTIONS_SVDF, "SVDF", prepare, svdf_invoke, self_check }

#endif
