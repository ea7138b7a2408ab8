/* UNIDIRECTIONAL_SEQUENCE_LSTM: see lstm.h. */
#include "elementary.h"
#include "kernels.h"
#include "lstm.h"

/* The inputs by number; those between are of the variants that the reference refuses too. */
enum {
	INPUT = 0,
	INPUT_WEIGHTS = 1,
	HIDDEN_WEIGHTS = 5,
	PEEPHOLE_WEIGHTS = 9,
	BIASES = 12,
	PROJECTION = 16,
	HIDDEN_STATE = 18,
	CELL_STATE = 19,
	NORMALIZATION = 20,
	INPUTS = 24
};

typedef struct {
	tflite_operand input;
	tflite_operand hidden;
	tflite_operand cell;
	tflite_operand output;
} lstm_operands;

static bool expect_left_out(tflite_preparation *preparation, uint32_t from, uint32_t to, const char *expected) {
	tflite_operand operand;
	for (uint32_t slot = from; slot < to; slot++) {
		if (!tflite_optional_operand(preparation, slot, &operand)) return false;
		if (tflite_is_there(&operand)) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &operand, expected);
	}
	return true;
}

static bool load(tflite_preparation *preparation, lstm_operands *operands) {
	return tflite_expect_operands(preparation, INPUTS, INPUTS) && tflite_input_operand(preparation, INPUT, &operands->input) &&
	       tflite_input_operand(preparation, HIDDEN_STATE, &operands->hidden) && tflite_input_operand(preparation, CELL_STATE, &operands->cell) &&
	       tflite_output_operand(preparation, 0, &operands->output) &&
	       expect_left_out(preparation, PEEPHOLE_WEIGHTS, BIASES, "an LSTM without peepholes") &&
	       expect_left_out(preparation, PROJECTION, HIDDEN_STATE, "an LSTM without projection") &&
	       expect_left_out(preparation, NORMALIZATION, INPUTS, "an LSTM without layer normalization");
}

static bool check_types(tflite_preparation *preparation, const lstm_operands *operands) {
	const tflite_type type = operands->input.type, cell = type == TFLITE_FLOAT32 ? TFLITE_FLOAT32 : TFLITE_INT16;
	if ((type != TFLITE_INT8 && type != TFLITE_INT16 && type != TFLITE_FLOAT32) || !tflite_has(type)) {
		return tflite_refuse_type(preparation, &operands->input, "int8, int16 or float32 input");
	}
	if (operands->hidden.type != type) return tflite_refuse_type(preparation, &operands->hidden, "an output state of the input's type");
	if (operands->output.type != type) return tflite_refuse_type(preparation, &operands->output, "output of the input's type");
	if (operands->cell.type != cell) return tflite_refuse_type(preparation, &operands->cell, "a cell state of int16, or float32 with float32 input");
	if (!operands->hidden.variable) return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, &operands->hidden, "an output state that is a variable tensor");
	return operands->cell.variable || tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, &operands->cell, "a cell state that is a variable tensor");
}

static bool check_shapes(tflite_preparation *preparation, const lstm_operands *operands, lstm *layer) {
	const tflite_operand *input = &operands->input, *hidden = &operands->hidden, *cell = &operands->cell, *output = &operands->output;
	if (input->rank != 3) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, input, "3 dimensions", input->rank);
	if (output->rank != 3) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "3 dimensions", output->rank);
	if (hidden->rank < 2) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, hidden, "2 dimensions", hidden->rank);
	layer->batches = input->shape[layer->time_major ? 1 : 0];
	layer->steps = input->shape[layer->time_major ? 0 : 1];
	layer->depth = input->shape[2];
	layer->units = hidden->shape[1];
	if (output->shape[0] != input->shape[0] || output->shape[1] != input->shape[1] || output->shape[2] != layer->units) {
		return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, output, "an output of batches, steps and units");
	}
	const uint64_t count = (uint64_t)layer->batches * layer->units;
	if (hidden->count != count) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, hidden, "an output state of batches and units", hidden->count);
	return cell->count == count || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, cell, "a cell state of batches and units", cell->count);
}

/* Results of the logistic function and of tanh have 15 fraction bits. */
static bool check_state_scales(tflite_preparation *preparation, const lstm_operands *operands, lstm *layer) {
	const tflite_operand *input = &operands->input, *hidden = &operands->hidden, *cell = &operands->cell;
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, hidden) || !tflite_expect_per_tensor(preparation, cell)) return false;
	const double unit = 1.0 / 32768.0;
	int32_t exponent;
	/* log2 of the cell's scale, rounded: a scale is a power of 2 but for files that nobody converted. */
	const float mantissa = elementary_split(cell->scale, &exponent);
	const int32_t power = mantissa < 0.70710678f ? exponent - 1 : exponent;
	layer->input_offset = -input->zero_point;
	layer->hidden_zero_point = hidden->zero_point;
	layer->cell_shift = 12 + power;
	if (layer->cell_shift < -31 || layer->cell_shift > 14) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, cell, "a cell state's scale from 2^-43 to 2^2, its power of 2", power);
	}
	return quantization_multiplier(preparation, cell, unit * (double)cell->scale / (double)cell->scale, 30, &layer->forget_multiplier) &&
	       quantization_multiplier(preparation, cell, unit * unit / (double)cell->scale, 30, &layer->update_multiplier) &&
	       quantization_multiplier(preparation, hidden, unit * unit / (double)hidden->scale, 30, &layer->hidden_multiplier);
}

static bool check_weights(tflite_preparation *preparation, const lstm *layer, const tflite_operand *x, uint32_t slot, uint32_t columns, const void **data,
                          fixed_multiplier *multiplier) {
	tflite_operand weights;
	if (!tflite_input_operand(preparation, slot, &weights)) return false;
	if (weights.type != (layer->type == TFLITE_FLOAT32 ? TFLITE_FLOAT32 : TFLITE_INT8)) {
		return tflite_refuse_type(preparation, &weights, "weights of int8, or float32 with float32 input");
	}
	if (weights.rank != 2 || weights.shape[0] != layer->units || weights.shape[1] != columns) {
		return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, &weights, "weights of units and what they are multiplied by");
	}
	*data = weights.data;
	if (layer->type == TFLITE_FLOAT32) return true;
	if (!tflite_expect_per_tensor(preparation, &weights)) return false;
	if (weights.zero_point != 0) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, &weights, "weights with zero point 0", weights.zero_point);
	/* The reference multiplies the scales as floats. What the two ways of multiplying take, see fixed-point.h. */
	return quantization_multiplier(preparation, &weights, (double)(x->scale * weights.scale) * 4096.0, layer->type == TFLITE_INT16 ? 14 : 30, multiplier);
}

static bool check_gate(tflite_preparation *preparation, const lstm_operands *operands, uint32_t index, lstm *layer) {
	lstm_gate *gate = &layer->gates[index];
	tflite_operand bias;
	if (!check_weights(preparation, layer, &operands->input, INPUT_WEIGHTS + index, layer->depth, &gate->input_weights, &gate->input_multiplier)) return false;
	if (!check_weights(preparation, layer, &operands->hidden, HIDDEN_WEIGHTS + index, layer->units, &gate->hidden_weights, &gate->hidden_multiplier)) return false;
	if (!tflite_input_operand(preparation, BIASES + index, &bias)) return false;
	const tflite_type wanted = layer->type == TFLITE_FLOAT32 ? TFLITE_FLOAT32 : layer->type == TFLITE_INT16 ? TFLITE_INT64 : TFLITE_INT32;
	if (bias.type != wanted) return tflite_refuse_type(preparation, &bias, "a bias of int32 with int8 input, int64 with int16, or float32 with float32");
	gate->bias = bias.data;
	return (bias.rank == 1 && bias.count == layer->units) || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &bias, "a bias for each unit", bias.count);
}

static bool read_options(tflite_preparation *preparation, lstm *layer) {
	const fb_table *options = &preparation->options;
	const uint8_t activation = fb_u8(preparation->reader, options, SEQUENCE_LSTM_ACTIVATION, ACTIVATION_NONE);
	layer->time_major = fb_u8(preparation->reader, options, SEQUENCE_LSTM_TIME_MAJOR, 0) != 0;
	layer->clip_real = fb_f32(preparation->reader, options, SEQUENCE_LSTM_CELL_CLIP, 0.0f);
	layer->clips = layer->clip_real > 0.0f;
	if (fb_u8(preparation->reader, options, SEQUENCE_LSTM_DIAGONAL, 0) != 0) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, NULL, "no diagonal recurrent weights");
	return activation == ACTIVATION_TANH || tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, NULL, "activation 4 (TANH)", activation);
}

bool lstm_prepare(tflite_preparation *preparation, dot_product_rows rows) {
	lstm_operands operands;
	lstm layer;
	memset(&layer, 0, sizeof layer);
	if (!read_options(preparation, &layer) || !load(preparation, &operands)) return false;
	if (!check_types(preparation, &operands) || !check_shapes(preparation, &operands, &layer)) return false;
	layer.type = operands.input.type;
	if (layer.type != TFLITE_FLOAT32) {
		if (!check_state_scales(preparation, &operands, &layer)) return false;
		const double clip = (double)layer.clip_real / (double)operands.cell.scale;
		if (layer.clips) layer.clip = clip < 32767.0 ? (int16_t)clip : INT16_MAX;
	}
	for (uint32_t i = 0; i < LSTM_GATES; i++) {
		if (!check_gate(preparation, &operands, i, &layer)) return false;
	}
	const uint64_t scratch = (uint64_t)LSTM_GATES * layer.units * (layer.type == TFLITE_FLOAT32 ? sizeof(float) : sizeof(int16_t));
	if (scratch > INT32_MAX) return tflite_refuse_number(preparation, TFLITE_TOO_LARGE, &operands.hidden, "fewer units", layer.units);
	/* No more than 2^31 products of batches and steps times 2^31 weights, four times. */
	const uint64_t work = (uint64_t)layer.batches * layer.steps * LSTM_GATES, each = (uint64_t)layer.units * ((uint64_t)layer.depth + layer.units + 16);
	lstm *state = tflite_state(preparation, (uint32_t)sizeof(lstm), (uint32_t)scratch, each > UINT64_MAX / work ? UINT64_MAX : work * each);
	if (state == NULL) return true;
	*state = layer;
	state->input = operands.input.data;
	state->output = operands.output.data;
	state->hidden = operands.hidden.data;
	state->cell = operands.cell.data;
	state->activations = preparation->scratch;
	state->rows = rows;
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	return lstm_prepare(preparation, dot_product_rows_portable);
}

void lstm_invoke(const void *state) {
	const lstm *layer = state;
	const size_t bytes = layer->type == TFLITE_FLOAT32 ? sizeof(float) : layer->type == TFLITE_INT16 ? sizeof(int16_t) : sizeof(int8_t);
	for (uint32_t step = 0; step < layer->steps; step++) {
		for (uint32_t batch = 0; batch < layer->batches; batch++) {
			const size_t at = layer->time_major ? (size_t)step * layer->batches + batch : (size_t)batch * layer->steps + step;
			const size_t unit = (size_t)batch * layer->units;
			const uint8_t *input = (const uint8_t *)layer->input + at * layer->depth * bytes;
			uint8_t *hidden = (uint8_t *)layer->hidden + unit * bytes;
			if (tflite_has(TFLITE_FLOAT32) && layer->type == TFLITE_FLOAT32) {
				lstm_step_float32(layer, (const float *)(const void *)input, (float *)(void *)hidden, (float *)layer->cell + unit);
			} else {
				lstm_step_integer(layer, input, hidden, (int16_t *)layer->cell + unit);
			}
			memcpy((uint8_t *)layer->output + at * layer->units * bytes, hidden, layer->units * bytes);
		}
	}
}

const tflite_kernel tflite_unidirectional_sequence_lstm = LSTM_KERNEL(prepare, NULL);
