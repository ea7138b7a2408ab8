/*
 * DEPTHWISE_CONV_2D with windows of 3 x 3 that move on by one: two rows of output at a time. Rows of the image are widened in pairs, a word for each
 * column, one channel after the other; so one instruction multiplies two rows of a window's column, and the weights of a channel stay in registers.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_THREE_BY_THREE_H
#define ASSAY_TFLITE_ARM_DSP_THREE_BY_THREE_H

#include "../depthwise-conv-2d.h"

bool three_by_three_takes(const convolution *layer);
uint32_t three_by_three_scratch_bytes(const convolution *layer);
void three_by_three_run(const depthwise_conv_2d *operation, const int8_t *weights, uint32_t *scratch);

#endif
