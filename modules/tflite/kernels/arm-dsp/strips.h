/*
 * DEPTHWISE_CONV_2D four channels at a time. A few rows of the image are widened with their padding, so that all windows are whole; weights, biases and
 * multipliers of the four channels are laid out once in the order in which they are used.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_STRIPS_H
#define ASSAY_TFLITE_ARM_DSP_STRIPS_H

#include "../depthwise-conv-2d.h"

/* Windows that are blocks of three taps: three wide, or in one piece, filled up with weights of 0. */
bool strips_take(const convolution *layer);
uint32_t strips_scratch_bytes(const convolution *layer);

/* The outputs of channels `channel` to `channel` + 3; false if their multipliers are not plain. */
bool strips_run(const convolution *layer, const int8_t *weights, uint32_t channel, uint32_t *scratch);

#endif
