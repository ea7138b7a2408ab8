/*
 * DEPTHWISE_CONV_2D place by place, as it lies: windows with a single place, as in models that see a stream in pieces, and whatever else is not worth
 * laying out before (channels that make several, channels left over from groups of four, unusual multipliers).
 */
#ifndef ASSAY_TFLITE_ARM_DSP_PLACES_H
#define ASSAY_TFLITE_ARM_DSP_PLACES_H

#include "../depthwise-conv-2d.h"

/* The outputs of channels `first` to `end` at all places. */
void places_run(const depthwise_conv_2d *operation, const int8_t *weights, uint32_t first, uint32_t end);

#endif
