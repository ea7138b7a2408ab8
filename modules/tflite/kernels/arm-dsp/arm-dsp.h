/*
 * Kernels for processors with Arm's DSP extension: Cortex-M4, M7, M33 and the like. They take int8 layers; everything else runs in portable C. They
 * equal it to the bit for every input, read weights where they lie, and need no more memory than the layer's own but for a few widened patches.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_KERNELS_H
#define ASSAY_TFLITE_ARM_DSP_KERNELS_H

#include "../add.h"
#include "../conv-2d.h"
#include "../depthwise-conv-2d.h"
#include "../fully-connected.h"

extern const tflite_kernel arm_dsp_add;
extern const tflite_kernel arm_dsp_conv_2d;
extern const tflite_kernel arm_dsp_depthwise_conv_2d;
extern const tflite_kernel arm_dsp_fully_connected;
extern const tflite_kernel arm_dsp_svdf;
extern const tflite_kernel arm_dsp_unidirectional_sequence_lstm;

/* All operators, these in their faster form: "cortex-m-dsp". */
extern const tflite_kernels tflite_cortex_m_dsp_kernels;

/* What they prepare with. */
void arm_dsp_add_run_int8(const elementwise *operation, elementwise_run run);
extern const conv_2d_fast arm_dsp_conv_2d_fast;
extern const depthwise_conv_2d_fast arm_dsp_depthwise_conv_2d_fast;
extern const fully_connected_fast arm_dsp_fully_connected_fast;

/* Whether any layer runs in portable C: firmware for int8 alone leaves that out, as these kernels take all int8 layers of less than 2^24 elements a filter. */
static inline bool arm_dsp_has_portable(void) {
	return tflite_has(TFLITE_FLOAT32) || tflite_has(TFLITE_INT16);
}

/* What the built-in vectors need on the stack. */
enum { ARM_DSP_CHECK_BYTES = 512 };

#endif
