/*
 * DEPTHWISE_CONV_2D of an image with one channel, which is a convolution whose weights lie [tap][filter]. Small windows have their weights turned and
 * run as one; of larger ones, the patches of four pixels are multiplied with one filter after the other, part by part.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_ONE_CHANNEL_H
#define ASSAY_TFLITE_ARM_DSP_ONE_CHANNEL_H

#include "../depthwise-conv-2d.h"

bool one_channel_takes(const convolution *layer);
uint32_t one_channel_scratch_bytes(const convolution *layer);
void one_channel_run(const convolution *layer, const int8_t *weights, int8_t *scratch);

#endif
