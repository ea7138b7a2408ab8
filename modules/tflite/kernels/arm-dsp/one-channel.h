/*
 * DEPTHWISE_CONV_2D of an image with one channel, which is a convolution whose weights lie [tap][filter]. The patches of four pixels are multiplied with one filter after the other. There is
 * often no memory to spare at such a layer, the first of a model; so patches are put together at the end of the output, as long as that is still to be written.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_ONE_CHANNEL_H
#define ASSAY_TFLITE_ARM_DSP_ONE_CHANNEL_H

#include "../depthwise-conv-2d.h"

void one_channel_run(const depthwise_conv_2d *operation, const int8_t *weights);

#endif
