/* Small integers that an operator reads from the file when it is prepared: axes, paddings, shapes, where slices begin. */
#ifndef ASSAY_TFLITE_CONSTANTS_H
#define ASSAY_TFLITE_CONSTANTS_H

#include "../kernel.h"

/* The first `count` values of an operand: checks that it is constant, of an integer type, and has as many. */
bool constants_read(tflite_preparation *preparation, const tflite_operand *operand, uint32_t count, int64_t *values);

/* The same of input number `slot`. */
bool constants_input(tflite_preparation *preparation, uint32_t slot, uint32_t count, int64_t *values);

/* Checks an axis of a tensor of `rank` dimensions; a negative one counts from the last. `operand`: where the axis stands, NULL for the operator's options. */
bool constants_check_axis(tflite_preparation *preparation, const tflite_operand *operand, int64_t value, uint32_t rank, uint32_t *axis);

/* The axis that input number `slot` names. */
bool constants_axis(tflite_preparation *preparation, uint32_t slot, uint32_t rank, uint32_t *axis);

/* Checks that the operand's shape is that of the values. */
bool constants_check_shape(tflite_preparation *preparation, const tflite_operand *operand, uint32_t rank, const int64_t *shape);

#endif
