/* SVDF on int8: four filters at a time. */
#include "../svdf.h"
#include "arm-dsp.h"
#include "dot-product-rows.h"

static bool prepare(tflite_preparation *preparation) {
	return svdf_prepare(preparation, arm_dsp_dot_product_rows);
}

const tflite_kernel arm_dsp_svdf = SVDF_KERNEL(prepare, arm_dsp_dot_product_rows_check);
