/*
 * Channels whose output is the same for every input. Training leaves many: weights of 0 with tiny scales, so that no sum of products moves the bias by
 * half a step. They are found when the model is started, and need not be computed: the channel's shift becomes one that no multiplier has, its
 * multiplier the output.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_CONSTANT_CHANNELS_H
#define ASSAY_TFLITE_ARM_DSP_CONSTANT_CHANNELS_H

#include "../layer.h"

enum { CONSTANT_CHANNEL = 127 };

/*
 * Looks for them among the channels of a layer with constant weights and biases, each of which has `elements` weights. `weights` are those of the first
 * channel, each channel's after the last one's; NULL if they lie otherwise.
 */
void constant_channels_mark(layer_finish *finish, const int8_t *weights, uint32_t elements);

static inline bool constant_channel(const layer_finish *finish, uint32_t channel) {
	return finish->multiplier_count > 1 && finish->shifts[channel] == CONSTANT_CHANNEL;
}

#endif
