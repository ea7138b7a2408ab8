/* Every operator of this folder; the others run in portable C. */
#include "arm-dsp.h"

static const tflite_kernel *const rows[] = {
	&arm_dsp_add,
	&arm_dsp_conv_2d,
	&arm_dsp_depthwise_conv_2d,
	&arm_dsp_fully_connected,
	&arm_dsp_svdf,
	&arm_dsp_unidirectional_sequence_lstm,
};

const tflite_kernels tflite_cortex_m_dsp_kernels = { "cortex-m-dsp", rows, sizeof rows / sizeof rows[0], &tflite_portable_kernels };
