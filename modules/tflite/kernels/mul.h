/* MUL's state, and how a faster way to compute it in int8 is put in. */
#ifndef ASSAY_TFLITE_MUL_H
#define ASSAY_TFLITE_MUL_H

#include "rescale.h"

typedef struct {
	elementwise operands;
	/* minus the zero points */
	int32_t offsets[2];
	/* its range also holds for int32 */
	rescale_output output;
	activation_range_real range_real;
} mul;

/* In portable C; a variant of the engine prepares with its own, whose state begins with a `mul` as well. */
void mul_run_int8(const elementwise *operation, elementwise_run run);

bool mul_prepare(tflite_preparation *preparation, elementwise_kernel run_int8);
bool mul_self_check(elementwise_kernel run_int8);

#define MUL_KERNEL(prepare, self_check) { BUILTIN_MUL, 1, 7, OPTIONS_MUL, "MUL", prepare, elementwise_invoke, TFLITE_SELF_CHECK(self_check) }

#endif
