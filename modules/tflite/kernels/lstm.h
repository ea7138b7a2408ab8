/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM: a long short-term memory as Keras has it, without peepholes, projection and layer normalization. Of each
 * step's input x and the last output h, four gates are computed: gate = f(W x + U h + bias), with f the logistic function, but tanh for the
 * update. The cell becomes forget * cell + input * update, and the output is h = output * tanh(cell). Cell and h stay from invoke to invoke.
 */
#ifndef ASSAY_TFLITE_LSTM_H
#define ASSAY_TFLITE_LSTM_H

#include "../schema.h"
#include "dot-product-rows.h"
#include "quantization.h"

/* In the order in which the operator lists their weights and biases. */
enum { LSTM_INPUT = 0, LSTM_FORGET = 1, LSTM_UPDATE = 2, LSTM_OUTPUT = 3, LSTM_GATES = 4 };

typedef struct {
	const void *input_weights;
	const void *hidden_weights;
	/* float32, int32 or (for int16 input) int64; in a file they are aligned to 4 bytes only, whatever their size */
	const uint8_t *bias;
	/* to fixed point with 12 fraction bits */
	fixed_multiplier input_multiplier;
	fixed_multiplier hidden_multiplier;
} lstm_gate;

typedef struct {
	const void *input;
	void *output;
	void *hidden;
	/* int16 or float32 */
	void *cell;
	/* the gates of a step, LSTM_GATES times `units`, of the cell's type */
	void *activations;
	uint32_t batches;
	uint32_t steps;
	/* whether a step's batches lie together, rather than a batch's steps */
	bool time_major;
	uint32_t depth;
	uint32_t units;
	tflite_type type;
	lstm_gate gates[LSTM_GATES];
	int32_t input_offset;
	int32_t hidden_zero_point;
	/* forget * cell and input * update to the cell's scale, output * tanh(cell) to that of h */
	fixed_multiplier forget_multiplier;
	fixed_multiplier update_multiplier;
	fixed_multiplier hidden_multiplier;
	/* from the cell's fraction bits to 12: negative is to the right */
	int32_t cell_shift;
	/* the cell is kept from -clip to clip; 0 if it is not */
	bool clips;
	int16_t clip;
	float clip_real;
	dot_product_rows rows;
} lstm;

/* For a kernel with another way to multiply int8 input by its weights. */
bool lstm_prepare(tflite_preparation *preparation, dot_product_rows rows);
void lstm_invoke(const void *state);

#define LSTM_KERNEL(prepare, self_check) \
	{ BUILTIN_UNIDIRECTIONAL_SEQUENCE_LSTM, 1, 4, OPTIONS_UNIDIRECTIONAL_SEQUENCE_LSTM, "UNIDIRECTIONAL_SEQUENCE_LSTM", prepare, lstm_invoke, self_check }

/* One step of one batch. */
void lstm_step_integer(const lstm *layer, const void *input, void *hidden, int16_t *cell);
void lstm_step_float32(const lstm *layer, const float *input, float *hidden, float *cell);

#endif
