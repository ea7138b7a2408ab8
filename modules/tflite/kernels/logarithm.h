/*
 * The natural logarithm in fixed point, to the bit as TensorFlow Lite computes it (log_x_for_x_greater_than_or_equal_to_1 in
 * tensorflow/lite/kernels/internal/common.h).
 */
#ifndef ASSAY_TFLITE_LOGARITHM_H
#define ASSAY_TFLITE_LOGARITHM_H

#include <stdint.h>

/* ln of a Q12.19 number from 1 up, as Q5.26 */
int32_t logarithm(int32_t x);

#endif
