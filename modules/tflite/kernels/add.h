/* ADD's state, and how a faster way to compute it in int8 is put in. */
#ifndef ASSAY_TFLITE_ADD_H
#define ASSAY_TFLITE_ADD_H

#include "rescale.h"

typedef struct {
	elementwise operands;
	rescale_input inputs[2];
	rescale_output output;
	activation_range_real range_real;
} add;

/* In portable C; a variant of the engine prepares with its own, whose state begins with an `add` as well. */
void add_run_int8(const elementwise *operation, elementwise_run run);

bool add_prepare(tflite_preparation *preparation, elementwise_kernel run_int8);
bool add_self_check(elementwise_kernel run_int8);

#define ADD_KERNEL(prepare, self_check) { BUILTIN_ADD, 1, 5, OPTIONS_ADD, "ADD", prepare, elementwise_invoke, TFLITE_SELF_CHECK(self_check) }

#endif
