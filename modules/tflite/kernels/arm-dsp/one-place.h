/* DEPTHWISE_CONV_2D whose window has one place, as in models that see a stream in pieces: every input is read once, so nothing is laid out before. */
#ifndef ASSAY_TFLITE_ARM_DSP_ONE_PLACE_H
#define ASSAY_TFLITE_ARM_DSP_ONE_PLACE_H

#include "../depthwise-conv-2d.h"

/* Of a layer with as many output channels as input channels. */
void one_place_run(const convolution *layer, const int8_t *weights);

#endif
