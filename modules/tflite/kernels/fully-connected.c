/* FULLY_CONNECTED: output[b][o] = sum over d of input[b][d] * weights[o][d] + bias[o], then the fused activation. */
#include "dot-product.h"
#include "fully-connected.h"
#include "kernels.h"

/* Checks shapes, so that no loop runs out of a tensor. */
static bool check_shapes(tflite_preparation *preparation, const layer_operands *operands) {
	const tflite_operand *input = &operands->input, *weights = &operands->weights, *output = &operands->output;
	if (weights->rank < 2) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, weights, "weights of at least 2 dimensions", weights->rank);
	if (output->rank < 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "an output of at least 1 dimension", output->rank);
	uint32_t depth = weights->shape[weights->rank - 1];
	uint32_t outputs = output->shape[output->rank - 1];
	if (weights->count / depth != outputs) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, weights, "a row of weights for each output", weights->count / depth);
	}
	uint64_t inputs = (uint64_t)(output->count / outputs) * depth;
	return input->count == inputs || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, input, "an input as large as weights and output make it", input->count);
}

bool fully_connected_prepare(tflite_preparation *preparation, const fully_connected_fast *fast) {
	layer_operands operands;
	const fb_table *options = &preparation->options;
	if (!layer_load(preparation, true, &operands) || !check_shapes(preparation, &operands)) return false;
	const tflite_operand *weights = &operands.weights, *output = &operands.output;
	uint8_t format = fb_u8(preparation->reader, options, FULLY_CONNECTED_WEIGHTS_FORMAT, 0);
	uint8_t activation = fb_u8(preparation->reader, options, FULLY_CONNECTED_ACTIVATION, ACTIVATION_NONE);
	uint8_t bias_type = fb_u8(preparation->reader, options, FULLY_CONNECTED_BIAS_TYPE, TFLITE_FLOAT32);
	if (format != 0) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, weights, "weights format 0 (DEFAULT)", format);
	if (weights->scale_count > 1 && weights->zero_point != 0) {
		return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, weights, "weights per channel with zero points 0", weights->zero_point);
	}
	uint32_t outputs = output->shape[output->rank - 1];
	fully_connected layer;
	memset(&layer, 0, sizeof layer);
	if (!layer_check(preparation, &operands, outputs, weights->rank - 2, activation, bias_type, true, &layer.finish)) return false;
	layer.batches = output->count / outputs;
	layer.depth = weights->shape[weights->rank - 1];
	layer.outputs = outputs;
	layer.type = operands.input.type;
	layer.weights_type = weights->type;
	layer.constant_weights = layer_is_constant(&operands);
	layer.input_offset = -operands.input.zero_point;
	layer.weights_offset = -weights->zero_point;
	if (fast != NULL && fast->takes(&layer)) layer.fast = fast;
	const uint32_t front = layer_front_bytes((uint32_t)sizeof(fully_connected), &layer.finish);
	const uint32_t constants = layer.fast == NULL ? 0 : layer.fast->constant_bytes(&layer);
	const uint32_t unpacked = layer_round_up(layer_scratch_bytes(&operands));
	const uint32_t scratch = layer.fast == NULL ? 0 : layer.fast->scratch_bytes(&layer);
	fully_connected *state = tflite_state(preparation, front + constants, unpacked + scratch, (uint64_t)operands.input.count * outputs);
	if (state == NULL) return true;
	*state = layer;
	state->input = operands.input.data;
	state->weights = weights->data;
	state->output = output->data;
	state->unpacked = weights->type == TFLITE_INT4 ? (int8_t *)preparation->scratch : NULL;
	layer_start(preparation, &operands, true, state + 1, &state->finish);
	state->constants = (uint8_t *)state + front;
	state->scratch = preparation->scratch + unpacked;
	if (state->fast != NULL && state->fast->start != NULL) state->fast->start(state);
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	return fully_connected_prepare(preparation, NULL);
}

static void run_int8(const fully_connected *layer, const int8_t *weights) {
	const int8_t *input = layer->input;
	int8_t *result = layer->output;
	for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth, result += layer->outputs) {
		/* sum((x + a) * (w + b)) = sum((x + a) * w) + b * sum(x + a) */
		uint32_t start = 0;
		if (layer->weights_offset != 0) {
			for (uint32_t i = 0; i < layer->depth; i++) start += (uint32_t)((input[i] + layer->input_offset) * layer->weights_offset);
		}
		uint32_t output = 0;
		for (; output + 4 <= layer->outputs; output += 4) {
			uint32_t sums[4] = { start, start, start, start };
			dot_product_4(input, layer->input_offset, weights + (size_t)output * layer->depth, layer->depth, layer->depth, sums);
			for (uint32_t i = 0; i < 4; i++) result[output + i] = layer_finish_int8(&layer->finish, sums[i], output + i);
		}
		for (; output < layer->outputs; output++) {
			uint32_t sum = start + dot_product(input, layer->input_offset, weights + (size_t)output * layer->depth, layer->depth);
			result[output] = layer_finish_int8(&layer->finish, sum, output);
		}
	}
}

static void run_int16(const fully_connected *layer) {
	const int16_t *input = layer->input;
	int16_t *result = layer->output;
	for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
		const int8_t *weights = layer->weights;
		for (uint32_t output = 0; output < layer->outputs; output++, weights += layer->depth) {
			int64_t sum = 0;
			for (uint32_t i = 0; i < layer->depth; i++) sum += (int64_t)(input[i] + layer->input_offset) * (weights[i] + layer->weights_offset);
			*result++ = layer_finish_int16(&layer->finish, sum, output);
		}
	}
}

static void run_float32(const fully_connected *layer) {
	const float *input = layer->input;
	float *result = layer->output;
	for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
		const float *weights = layer->weights;
		for (uint32_t output = 0; output < layer->outputs; output++, weights += layer->depth) {
			float sum = 0.0f;
			for (uint32_t i = 0; i < layer->depth; i++) sum += input[i] * weights[i];
			*result++ = layer_finish_float32(&layer->finish, sum, output);
		}
	}
}

void fully_connected_run(const fully_connected *layer) {
	if (tflite_has(TFLITE_FLOAT32) && layer->type == TFLITE_FLOAT32) {
		run_float32(layer);
	} else if (tflite_has(TFLITE_INT16) && layer->type == TFLITE_INT16) {
		run_int16(layer);
	} else if (tflite_has(TFLITE_INT4) && layer->unpacked != NULL) {
		layer_unpack_int4(layer->weights, layer->outputs * layer->depth, layer->unpacked);
		run_int8(layer, layer->unpacked);
	} else {
		run_int8(layer, layer->weights);
	}
}

void fully_connected_invoke(const void *state) {
	const fully_connected *layer = state;
	if (layer->fast != NULL) layer->fast->run(layer);
	else fully_connected_run(layer);
}

/*
 * Five outputs, so that both inner loops run; all are multiplied by 0.5. By hand, output 0 is (3 + 1) * 10 + (-5 + 1) * -20 +
 * 7 = 127, halved 63.5, rounded up to 64, less 3; outputs 1, 2 and 4 round negative halves up, output 3 saturates.
 */
bool fully_connected_self_check(const fully_connected_fast *fast, void *memory, uint32_t memory_bytes) {
	static const int8_t input[2] = { 3, -5 }, weights[10] = { 10, -20, -7, 3, 127, 127, -128, 127, 1, 2 };
	static const int32_t bias[5] = { 7, 1, -3, 0, 3 };
	static const int8_t expected[5] = { 61, -22, -4, -128, -3 };
	int8_t output[5] = { 0, 0, 0, 0, 0 };
	int32_t half = 1 << 30;
	int8_t shift = 0;
	fully_connected layer;
	memset(&layer, 0, sizeof layer);
	layer.input = input;
	layer.weights = weights;
	layer.output = output;
	layer.batches = 1;
	layer.depth = 2;
	layer.outputs = 5;
	layer.type = TFLITE_INT8;
	layer.weights_type = TFLITE_INT8;
	layer.constant_weights = true;
	layer.input_offset = 1;
	layer.finish.bias = (const uint8_t *)bias;
	layer.finish.sum_type = TFLITE_INT32;
	layer.finish.offset = -3;
	layer.finish.range = quantization_type_range(TFLITE_INT8);
	layer.finish.multiplier_count = 1;
	layer.finish.multipliers = &half;
	layer.finish.shifts = &shift;
	if (fast != NULL && fast->takes(&layer)) {
		const uint32_t scratch = layer_round_up(fast->scratch_bytes(&layer));
		if (scratch + fast->constant_bytes(&layer) > memory_bytes) return false;
		layer.fast = fast;
		layer.scratch = memory;
		layer.constants = (uint8_t *)memory + scratch;
		if (fast->start != NULL) fast->start(&layer);
	}
	fully_connected_invoke(&layer);
	return memcmp(output, expected, sizeof expected) == 0;
}

static bool self_check(void) {
	return fully_connected_self_check(NULL, NULL, 0);
}

const tflite_kernel tflite_fully_connected = FULLY_CONNECTED_KERNEL(prepare, self_check);
