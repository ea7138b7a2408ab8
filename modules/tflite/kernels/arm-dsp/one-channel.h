/*
 * DEPTHWISE_CONV_2D of an image with one channel, which is a convolution whose weights lie [tap][filter]. The patches of four pixels are multiplied with one filter after the other.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_ONE_CHANNEL_H
#define ASSAY_TFLITE_ARM_DSP_ONE_CHANNEL_H

#include "../depthwise-conv-2d.h"

bool one_channel_takes(const convolution *layer);
void one_channel_run(const convolution *layer, const int8_t *weights);

#endif
