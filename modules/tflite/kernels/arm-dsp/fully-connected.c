/* FULLY_CONNECTED on int8: four outputs at a time (dense.h). */
#include "arm-dsp.h"
#include "dense.h"

static bool takes(const fully_connected *layer) {
	return layer->type == TFLITE_INT8 && layer->finish.sum_type == TFLITE_INT32;
}

static uint32_t no_bytes(const fully_connected *layer) {
	(void)layer;
	return 0;
}

static void run(const fully_connected *layer) {
	const int8_t *input = layer->input, *weights = layer->weights;
	int8_t *output = layer->output;
	if (layer->unpacked != NULL) {
		layer_unpack_int4(layer->weights, layer->outputs * layer->depth, layer->unpacked);
		weights = layer->unpacked;
	}
	for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth, output += layer->outputs) {
		/* As in portable C: sum((x + a) * (w + b)) = sum((x + a) * w) + b * sum(x + a) */
		uint32_t start = 0;
		if (layer->weights_offset != 0) {
			for (uint32_t i = 0; i < layer->depth; i++) start += (uint32_t)((input[i] + layer->input_offset) * layer->weights_offset);
		}
		dense_int8(&layer->finish, input, layer->input_offset, weights, layer->depth, 0, layer->outputs, start, output);
	}
}

const fully_connected_fast arm_dsp_fully_connected_fast = { takes, no_bytes, no_bytes, NULL, run };

static bool prepare(tflite_preparation *preparation) {
	return fully_connected_prepare(preparation, &arm_dsp_fully_connected_fast);
}

static void invoke(const void *state) {
	const fully_connected *layer = state;
	if (!arm_dsp_has_portable() || layer->fast != NULL) run(layer);
	else fully_connected_run(layer);
}

static bool self_check(void) {
	uint64_t memory[ARM_DSP_CHECK_BYTES / 8];
	return fully_connected_self_check(&arm_dsp_fully_connected_fast, memory, sizeof memory);
}

const tflite_kernel arm_dsp_fully_connected = FULLY_CONNECTED_KERNEL_OF(prepare, invoke, self_check);
