/* DEPTHWISE_CONV_2D on int8: each kind of window in the way that suits it. */
#include "arm-dsp.h"
#include "one-channel.h"
#include "places.h"
#include "requantize.h"
#include "strips.h"
#include "three-by-three.h"

typedef enum { ONE_CHANNEL, THREE_BY_THREE, STRIPS, PLACES } way;

static way way_of(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	if (one_channel_takes(layer)) return ONE_CHANNEL;
	if (operation->multiplier != 1 || (layer->y.output == 1 && layer->x.output == 1)) return PLACES;
	if (three_by_three_takes(layer)) return THREE_BY_THREE;
	return strips_take(layer) ? STRIPS : PLACES;
}

static bool takes(const depthwise_conv_2d *operation) {
	return operation->common.type == TFLITE_INT8 && operation->common.finish.sum_type == TFLITE_INT32;
}

static uint32_t constant_bytes(const depthwise_conv_2d *operation) {
	(void)operation;
	return 0;
}

static uint32_t scratch_bytes(const depthwise_conv_2d *operation) {
	switch (way_of(operation)) {
		case ONE_CHANNEL: return one_channel_scratch_bytes(&operation->common);
		case THREE_BY_THREE: return three_by_three_scratch_bytes(&operation->common);
		case STRIPS: return strips_scratch_bytes(&operation->common);
		default: return 0;
	}
}

/* Groups of four channels in strips, the others place by place. */
static void run_strips(const depthwise_conv_2d *operation, const int8_t *weights) {
	const uint32_t channels = operation->common.output_channels;
	for (uint32_t channel = 0; channel < channels; channel += 4) {
		const uint32_t end = channels - channel < 4 ? channels : channel + 4;
		if (end - channel < 4 || !strips_run(&operation->common, weights, channel, operation->scratch)) places_run(operation, weights, channel, end);
	}
}

static void run(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	if (layer->unpacked != NULL) layer_unpack_int4(layer->weights, (uint32_t)(layer->y.filter * layer->x.filter) * layer->tap, layer->unpacked);
	const int8_t *weights = layer->unpacked != NULL ? layer->unpacked : layer->weights;
	switch (way_of(operation)) {
		case ONE_CHANNEL: one_channel_run(layer, weights, operation->scratch); break;
		case THREE_BY_THREE: three_by_three_run(operation, weights, operation->scratch); break;
		case STRIPS: run_strips(operation, weights); break;
		default: places_run(operation, weights, 0, layer->output_channels);
	}
	requantize_activation(&layer->finish.range, layer->output, (size_t)layer->batches * (size_t)(layer->y.output * layer->x.output) * layer->output_channels);
}

const depthwise_conv_2d_fast arm_dsp_depthwise_conv_2d_fast = { takes, constant_bytes, scratch_bytes, NULL, run };

static bool prepare(tflite_preparation *preparation) {
	return depthwise_conv_2d_prepare(preparation, &arm_dsp_depthwise_conv_2d_fast);
}

static void invoke(const void *state) {
	const depthwise_conv_2d *operation = state;
	if (!arm_dsp_has_portable() || operation->fast != NULL) run(operation);
	else depthwise_conv_2d_run(operation);
}

static bool self_check(void) {
	uint64_t memory[ARM_DSP_CHECK_BYTES / 8];
	return depthwise_conv_2d_self_check(&arm_dsp_depthwise_conv_2d_fast, memory, sizeof memory);
}

const tflite_kernel arm_dsp_depthwise_conv_2d = DEPTHWISE_CONV_2D_KERNEL_OF(prepare, invoke, self_check);
