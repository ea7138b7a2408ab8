/* A step of an LSTM with int8 or int16 input; the weights are int8, and the cell is int16 in both. */
#include "lstm.h"
#include "sigmoid.h"

static int16_t saturate(int32_t x) {
	return (int16_t)fixed_clamp(x, INT16_MIN, INT16_MAX);
}

/* result[i] = multiplier * (weights[i] . (x + offset) + bias[i]) in int16, added to what is there unless it is the first of a gate. */
static void multiply_int8(const lstm *layer, const int8_t *x, int32_t offset, uint32_t depth, const int8_t *weights, const uint8_t *bias,
                          fixed_multiplier multiplier, bool first, int16_t *result) {
	for (uint32_t unit = 0; unit < layer->units; unit += DOT_PRODUCT_ROWS) {
		uint32_t sums[DOT_PRODUCT_ROWS];
		const uint32_t count = layer->units - unit < DOT_PRODUCT_ROWS ? layer->units - unit : DOT_PRODUCT_ROWS;
		layer->rows(x, offset, weights + (size_t)unit * depth, depth, count, sums);
		for (uint32_t i = 0; i < count; i++) {
			uint32_t addend = 0;
			if (bias != NULL) memcpy(&addend, bias + 4 * (size_t)(unit + i), sizeof addend);
			const int16_t part = saturate(fixed_multiply((int32_t)(sums[i] + addend), multiplier));
			result[unit + i] = first ? part : saturate(result[unit + i] + part);
		}
	}
}

static void multiply_int16(const lstm *layer, const int16_t *x, int32_t offset, uint32_t depth, const int8_t *weights, const uint8_t *bias,
                           fixed_multiplier multiplier, bool first, int16_t *result) {
	for (uint32_t unit = 0; unit < layer->units; unit++, weights += depth) {
		int64_t sum = 0;
		uint64_t addend = 0;
		for (uint32_t i = 0; i < depth; i++) sum += (x[i] + offset) * weights[i];
		if (bias != NULL) memcpy(&addend, bias + 8 * (size_t)unit, sizeof addend);
		const int16_t part = saturate(fixed_multiply_wide((int64_t)((uint64_t)sum + addend), multiplier));
		result[unit] = first ? part : saturate(result[unit] + part);
	}
}

static void compute_gate(const lstm *layer, const lstm_gate *gate, const void *input, const void *hidden, int16_t *result) {
	if (tflite_has(TFLITE_INT16) && layer->type == TFLITE_INT16) {
		multiply_int16(layer, input, layer->input_offset, layer->depth, gate->input_weights, gate->bias, gate->input_multiplier, true, result);
		multiply_int16(layer, hidden, -layer->hidden_zero_point, layer->units, gate->hidden_weights, NULL, gate->hidden_multiplier, false, result);
	} else {
		multiply_int8(layer, input, layer->input_offset, layer->depth, gate->input_weights, gate->bias, gate->input_multiplier, true, result);
		multiply_int8(layer, hidden, -layer->hidden_zero_point, layer->units, gate->hidden_weights, NULL, gate->hidden_multiplier, false, result);
	}
}

/* tanh of the cell: its fraction bits are brought to 12, rounded half up. */
static int16_t tanh_of_cell(const lstm *layer, int16_t cell) {
	const int32_t shift = layer->cell_shift;
	if (shift >= 0) return (int16_t)sigmoid_tanh(cell * (3 << shift));
	return (int16_t)sigmoid_tanh((3 * cell + (1 << (-shift - 1))) >> -shift);
}

void lstm_step_integer(const lstm *layer, const void *input, void *hidden, int16_t *cell) {
	int16_t *gates[LSTM_GATES];
	for (uint32_t i = 0; i < LSTM_GATES; i++) {
		gates[i] = (int16_t *)layer->activations + (size_t)i * layer->units;
		compute_gate(layer, &layer->gates[i], input, hidden, gates[i]);
	}
	const int32_t low = layer->type == TFLITE_INT16 ? INT16_MIN : INT8_MIN, high = layer->type == TFLITE_INT16 ? INT16_MAX : INT8_MAX;
	for (uint32_t i = 0; i < layer->units; i++) {
		const int32_t forget = sigmoid_logistic(3 * gates[LSTM_FORGET][i]), accept = sigmoid_logistic(3 * gates[LSTM_INPUT][i]);
		const int32_t update = sigmoid_tanh(3 * gates[LSTM_UPDATE][i]), show = sigmoid_logistic(3 * gates[LSTM_OUTPUT][i]);
		const int16_t kept = saturate(fixed_multiply(forget * cell[i], layer->forget_multiplier));
		const int16_t added = saturate(fixed_multiply(accept * update, layer->update_multiplier));
		cell[i] = saturate(kept + added);
		if (layer->clips) cell[i] = (int16_t)fixed_clamp(cell[i], -layer->clip, layer->clip);
		const int32_t product = fixed_multiply(tanh_of_cell(layer, cell[i]) * show, layer->hidden_multiplier);
		const int32_t stored = fixed_clamp(fixed_add(product, layer->hidden_zero_point), low, high);
		if (layer->type == TFLITE_INT16) ((int16_t *)hidden)[i] = (int16_t)stored;
		else ((int8_t *)hidden)[i] = (int8_t)stored;
	}
}
