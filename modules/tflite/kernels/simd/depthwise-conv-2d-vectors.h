/*
 * DEPTHWISE_CONV_2D in vectors. Takes int8 layers with constant int8 or int4 weights of any shape: strides, dilations, depth
 * multipliers, batches, padding; but not those whose packed weights or stretched rows would exceed 16 MiB or that consist mostly of padding.
 * With a depth multiplier above 1, each input channel is a group of CONV_2D's with that many outputs.
 */
#ifndef ASSAY_TFLITE_DEPTHWISE_CONV_2D_VECTORS_H
#define ASSAY_TFLITE_DEPTHWISE_CONV_2D_VECTORS_H

#include "../depthwise-conv-2d.h"
#include "depth.h"
#include "windows.h"

typedef struct {
	bool apart;
	depth_plan depth;
	windows windows;
} depthwise_plan;

static bool depthwise_fit(const depthwise_conv_2d *layer, depthwise_plan *plan) {
	plan->apart = layer->multiplier == 1;
	return plan->apart ? depth_fit(&layer->common, &plan->depth) : windows_plan(&layer->common, layer->common.input_channels, &plan->windows);
}

static bool depthwise_takes(const depthwise_conv_2d *layer) {
	depthwise_plan plan;
	return layer->common.type == TFLITE_INT8 && layer->common.constant_weights && depthwise_fit(layer, &plan);
}

/* The plan comes first. */
static uint32_t depthwise_constant_bytes(const depthwise_conv_2d *layer) {
	depthwise_plan plan;
	if (!depthwise_fit(layer, &plan)) return 0;
	return (uint32_t)(sizeof plan + (plan.apart ? plan.depth.constant_bytes : plan.windows.constant_bytes));
}

static uint32_t depthwise_scratch_bytes(const depthwise_conv_2d *layer) {
	depthwise_plan plan;
	if (!depthwise_fit(layer, &plan)) return 0;
	return (uint32_t)(plan.apart ? plan.depth.scratch_bytes : plan.windows.scratch_bytes);
}

static void depthwise_start(const depthwise_conv_2d *layer) {
	depthwise_plan *plan = layer->constants;
	if (!depthwise_fit(layer, plan)) return;
	if (plan->apart) {
		depth_start(&layer->common, &plan->depth, plan + 1);
		return;
	}
	product_source source;
	memset(&source, 0, sizeof source);
	source.output_step = 1;
	source.element_step = layer->common.output_channels;
	windows_start(&layer->common, &plan->windows, source, plan + 1);
}

static void depthwise_run_vectors(const depthwise_conv_2d *layer) {
	const depthwise_plan *plan = layer->constants;
	if (plan->apart) depth_run(&layer->common, &plan->depth, plan + 1, layer->scratch);
	else windows_run(&layer->common, &plan->windows, plan + 1, layer->scratch);
}

static const depthwise_conv_2d_fast depthwise_conv_2d_vectors = { depthwise_takes, depthwise_constant_bytes, depthwise_scratch_bytes, depthwise_start, depthwise_run_vectors };

#endif
