/* Every operator, with this folder's layers in the place of portable C's. */
#include "arm-dsp.h"

#define tflite_conv_2d arm_dsp_conv_2d
#define tflite_depthwise_conv_2d arm_dsp_depthwise_conv_2d
#define tflite_fully_connected arm_dsp_fully_connected
#define tflite_svdf arm_dsp_svdf
#define tflite_unidirectional_sequence_lstm arm_dsp_unidirectional_sequence_lstm
#define tflite_portable_kernels tflite_cortex_m_dsp_kernels
#include "../table.c"
