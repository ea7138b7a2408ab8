/* UNIDIRECTIONAL_SEQUENCE_LSTM on int8: four units of a gate at a time. */
#include "../lstm.h"
#include "arm-dsp.h"
#include "dot-product-rows.h"

static bool prepare(tflite_preparation *preparation) {
	return lstm_prepare(preparation, arm_dsp_dot_product_rows);
}

const tflite_kernel arm_dsp_unidirectional_sequence_lstm = LSTM_KERNEL(prepare, arm_dsp_dot_product_rows_check);
