/* A convolution's innermost loop: many filters, one after the other, times the patches of four pixels (dot-pixels.h), to int8. */
#ifndef ASSAY_TFLITE_ARM_DSP_FILTERS_H
#define ASSAY_TFLITE_ARM_DSP_FILTERS_H

#include "../conv-2d.h"

/* Whether all of a layer's multipliers are plain, and there are biases, as is usual: it need not be asked again for each filter then. */
bool filters_are_plain(const layer_finish *finish);

/*
 * The outputs of `count` filters, from that of channel `channel` on, at up to four pixels; those of the first filter begin at `outputs`, each pixel's `output_channels` after the last
 * one's. `weights` are those of the first filter, followed by others: `readable` bytes in all. The activation is the caller's to apply.
 */
void filters_int8(const conv_2d *conv, bool plain, const uint32_t *patch, const int8_t *weights, size_t readable, uint32_t channel, uint32_t count, int8_t *outputs, uint32_t pixels);

#endif
