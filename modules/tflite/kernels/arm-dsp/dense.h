/* One row of input against many rows of weights, to int8: a fully connected layer, or all channels of a convolution at one place. */
#ifndef ASSAY_TFLITE_ARM_DSP_DENSE_H
#define ASSAY_TFLITE_ARM_DSP_DENSE_H

#include "../layer.h"

/* outputs[i], from channel `first` on, of the rows of weights that lie `depth` bytes apart; `start` is added to every sum. */
void dense_int8(const layer_finish *finish, const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t first, uint32_t count, uint32_t start, int8_t *output);

#endif
