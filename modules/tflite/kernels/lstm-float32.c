/* A step of a float32 LSTM. */
#include "lstm.h"
#include "elementary.h"

static float dot_product(const float *a, const float *b, uint32_t count) {
	float sum = 0.0f;
	for (uint32_t i = 0; i < count; i++) sum += a[i] * b[i];
	return sum;
}

static void compute_gate(const lstm *layer, const lstm_gate *gate, const float *input, const float *hidden, float *result) {
	const float *input_weights = gate->input_weights, *hidden_weights = gate->hidden_weights;
	for (uint32_t i = 0; i < layer->units; i++, input_weights += layer->depth, hidden_weights += layer->units) {
		float bias;
		memcpy(&bias, gate->bias + 4 * (size_t)i, sizeof bias);
		result[i] = dot_product(input, input_weights, layer->depth) + bias + dot_product(hidden, hidden_weights, layer->units);
	}
}

/* The first case keeps precision where 1 + exp(-x) has none left. */
static float logistic(float x) {
	return x < -9.0f ? elementary_exp(x) : 1.0f / (1.0f + elementary_exp(-x));
}

void lstm_step_float32(const lstm *layer, const float *input, float *hidden, float *cell) {
	float *gates[LSTM_GATES];
	for (uint32_t i = 0; i < LSTM_GATES; i++) {
		gates[i] = (float *)layer->activations + (size_t)i * layer->units;
		compute_gate(layer, &layer->gates[i], input, hidden, gates[i]);
	}
	for (uint32_t i = 0; i < layer->units; i++) {
		const float kept = logistic(gates[LSTM_FORGET][i]) * cell[i];
		cell[i] = kept + logistic(gates[LSTM_INPUT][i]) * elementary_tanh(gates[LSTM_UPDATE][i]);
		if (layer->clips) {
			const activation_range_real range = { -layer->clip_real, layer->clip_real };
			cell[i] = activation_clamp_real(cell[i], range);
		}
		hidden[i] = elementary_tanh(cell[i]) * logistic(gates[LSTM_OUTPUT][i]);
	}
}
