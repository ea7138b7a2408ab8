/*
 * CONV_2D in vectors. Takes int8 layers with constant int8 or int4 weights of any shape: strides, dilations, groups, batches,
 * padding; but not those whose packed weights or stretched rows would exceed 16 MiB or that consist mostly of padding.
 */
#ifndef ASSAY_TFLITE_CONV_2D_VECTORS_H
#define ASSAY_TFLITE_CONV_2D_VECTORS_H

#include "../conv-2d.h"
#include "windows.h"

static bool conv_2d_plan(const conv_2d *layer, windows *plan) {
	return windows_plan(&layer->common, layer->common.output_channels / layer->group_outputs, plan);
}

static bool conv_2d_takes(const conv_2d *layer) {
	windows plan;
	return layer->common.type == TFLITE_INT8 && layer->common.constant_weights && conv_2d_plan(layer, &plan);
}

/* The plan comes first. */
static uint32_t conv_2d_constant_bytes(const conv_2d *layer) {
	windows plan;
	return conv_2d_plan(layer, &plan) ? (uint32_t)(sizeof plan + plan.constant_bytes) : 0;
}

static uint32_t conv_2d_scratch_bytes(const conv_2d *layer) {
	windows plan;
	return conv_2d_plan(layer, &plan) ? (uint32_t)plan.scratch_bytes : 0;
}

static void conv_2d_start(const conv_2d *layer) {
	windows *plan = layer->constants;
	product_source source;
	if (!conv_2d_plan(layer, plan)) return;
	memset(&source, 0, sizeof source);
	source.output_step = layer->filter;
	source.element_step = 1;
	windows_start(&layer->common, plan, source, plan + 1);
}

static void conv_2d_run_vectors(const conv_2d *layer) {
	const windows *plan = layer->constants;
	windows_run(&layer->common, plan, plan + 1, layer->scratch);
}

static const conv_2d_fast conv_2d_vectors = { conv_2d_takes, conv_2d_constant_bytes, conv_2d_scratch_bytes, conv_2d_start, conv_2d_run_vectors };

#endif
