/* What CONV_2D and DEPTHWISE_CONV_2D have in common: layers whose windows slide over an image [batch][y][x][channel]. */
#ifndef ASSAY_TFLITE_CONVOLUTION_H
#define ASSAY_TFLITE_CONVOLUTION_H

#include "layer.h"
#include "window.h"

typedef struct {
	const void *input;
	const void *weights;
	void *output;
	/* 4-bit weights are unpacked here at each invoke; else NULL */
	int8_t *unpacked;
	window_axis y;
	window_axis x;
	uint32_t batches;
	uint32_t input_channels;
	uint32_t output_channels;
	/* elements of the weights from one tap to the next */
	uint32_t tap;
	tflite_type type;
	tflite_type weights_type;
	/* false: weights or bias are computed by an operator before this one */
	bool constant_weights;
	int32_t input_offset;
	layer_finish finish;
} convolution;

/* The options of either operator. */
typedef struct {
	uint8_t padding;
	uint8_t activation;
	uint8_t bias_type;
	int32_t stride_y;
	int32_t stride_x;
	int32_t dilation_y;
	int32_t dilation_x;
} convolution_options;

/*
 * The part of a filter that lies on the image at one place: `rows` of `taps`. Offsets and steps count elements, from the start
 * of the batch's image and of the filter.
 */
typedef struct {
	size_t input;
	size_t weights;
	uint32_t rows;
	uint32_t taps;
	size_t input_tap;
	size_t input_row;
	size_t weights_row;
} convolution_patch;

/*
 * Checks loaded operands whose output channels are dimension `channel_dimension` of the weights, and fills *layer, which is
 * cleared, but for what convolution_start fills in.
 */
bool convolution_check(tflite_preparation *preparation, const layer_operands *operands, const convolution_options *options, uint32_t channel_dimension,
                       convolution *layer);

/* Fills in pointers and multipliers, which lie at `multipliers`. */
void convolution_start(tflite_preparation *preparation, const layer_operands *operands, void *multipliers, convolution *layer);

/* What an operator does at one place: `image` is the batch's, `result` the place's first output. */
typedef void convolution_place(const convolution *layer, const void *image, const void *weights, const convolution_patch *patch, void *result);

/* Fills in what the layers of both self checks have in common: int8, an image of 2 x 3 places, as large an output, 5 channels of it; *layer is cleared. */
void convolution_for_check(convolution *layer);

/* Has `place` called for every place of every batch. */
void convolution_run(const convolution *layer, convolution_place *place);

#endif
