/*
 * Rows of inputs times a matrix of constant weights, to outputs: what CONV_2D, FULLY_CONNECTED and DEPTHWISE_CONV_2D with several
 * outputs for an input are made of. The inputs of one output lie in runs, such as a row of a filter. A vector of sums holds neighbouring
 * output channels; for each GROUP of inputs, that are repeated for all lanes, it takes GROUP weights of each channel, which were put
 * next to each other when the model was started.
 */
#ifndef ASSAY_TFLITE_PRODUCT_H
#define ASSAY_TFLITE_PRODUCT_H

/* A machine's vector-*.h comes first. */
#include "finish.h"

typedef struct {
	finish finish;
	/* [vector][run][group][weight of the group and lane] */
	int8_t *weights;
	uint32_t outputs;
	uint32_t runs;
	/* groups of a run; the last may be filled up with weights of 0 */
	uint32_t groups;
} product;

/* Where the weights of a product lie in the model: element (run * length + i) of an output is at output * output_step + element * element_step. */
typedef struct {
	const void *data;
	tflite_type type;
	size_t first;
	size_t output_step;
	size_t element_step;
	uint32_t runs;
	uint32_t length;
} product_source;

static inline uint32_t product_vectors(uint32_t outputs) {
	return (outputs + LANES - 1) / LANES;
}

/* What product_pack takes, a multiple of 8. */
static inline uint64_t product_bytes(uint32_t outputs, uint32_t runs, uint32_t length) {
	const uint64_t padded = (uint64_t)product_vectors(outputs) * LANES;
	const uint64_t weights = padded * runs * (((uint64_t)length + GROUP - 1) / GROUP * GROUP);
	return (sizeof(product) + padded * FINISH_ARRAYS * sizeof(int32_t) + weights + 7) / 8 * 8;
}

static inline int8_t product_weight(const product_source *source, size_t index) {
	if (source->type != TFLITE_INT4) return ((const int8_t *)source->data)[index];
	const int32_t half = ((const uint8_t *)source->data)[index / 2] >> (index % 2 * 4) & 15;
	return (int8_t)(half >= 8 ? half - 16 : half);
}

/* Packs `outputs` channels from `channel` on into `memory`, which starts with the product itself. */
static void product_pack(void *memory, const product_source *source, const layer_finish *from, int32_t input_offset, uint32_t channel, uint32_t outputs) {
	product *to = memory;
	const uint32_t padded = product_vectors(outputs) * LANES;
	to->outputs = outputs;
	to->runs = source->runs;
	to->groups = (source->length + GROUP - 1) / GROUP;
	finish_place(&to->finish, from, padded, (int32_t *)(void *)(to + 1));
	to->weights = (int8_t *)(void *)(to->finish.biases + (size_t)padded * FINISH_ARRAYS);
	const size_t vector = (size_t)to->runs * to->groups * GROUP * LANES;
	memset(to->weights, 0, padded / LANES * vector);
	for (uint32_t output = 0; output < outputs; output++) {
		int8_t *lane = to->weights + output / LANES * vector;
		uint32_t sum = 0;
		int64_t magnitudes = 0;
		for (uint32_t run = 0; run < source->runs; run++, lane += (size_t)to->groups * GROUP * LANES) {
			for (uint32_t i = 0; i < source->length; i++) {
				const size_t element = (size_t)run * source->length + i;
				const int32_t weight = product_weight(source, source->first + output * source->output_step + element * source->element_step);
				lane[(size_t)(i / GROUP) * GROUP * LANES + VECTOR_WEIGHT(output % LANES, i % GROUP)] = (int8_t)weight;
				sum += (uint32_t)weight;
				magnitudes += weight < 0 ? -weight : weight;
			}
		}
		finish_set(&to->finish, from, output, channel + output, vector_residue(input_offset), (int32_t)sum, magnitudes);
	}
	finish_seal(&to->finish, padded);
}

/* Where the places of a row of outputs read and write. */
typedef struct {
	/* of each run; the first place's inputs are `first` elements behind */
	const element *const *runs;
	size_t first;
	size_t input_step;
	int8_t *output;
	size_t output_step;
} product_row;

/* Sums and outputs of `places` neighbours from `place` on, for `vectors` vectors of channels: both are constants where it is called. */
static ALWAYS_INLINE void product_block(const product *by, const product_row *row, size_t place, uint32_t vector, const uint32_t places, const uint32_t vectors, const bool near) {
	const size_t step = (size_t)GROUP * LANES, stride = (size_t)by->runs * by->groups * step;
	const int8_t *from = by->weights + vector * stride;
	lanes sums[4][4];
	UNROLL for (uint32_t v = 0; v < vectors; v++) {
		const lanes bias = vector_load(by->finish.biases + (vector + v) * LANES);
		UNROLL for (uint32_t p = 0; p < places; p++) sums[p][v] = bias;
	}
	for (uint32_t run = 0; run < by->runs; run++) {
		const element *input[4];
		UNROLL for (uint32_t p = 0; p < places; p++) {
			input[p] = row->runs[run] + row->first + (place + p) * row->input_step;
			STEADY(input[p]);
		}
		for (uint32_t group = 0; group < by->groups; group++, from += step) {
			weights with[4];
			UNROLL for (uint32_t v = 0; v < vectors; v++) with[v] = vector_weights(from + v * stride);
			UNROLL for (uint32_t p = 0; p < places; p++) {
				const inputs values = vector_inputs(input[p]);
				input[p] += GROUP;
				UNROLL for (uint32_t v = 0; v < vectors; v++) sums[p][v] = vector_dot(sums[p][v], values, with[v]);
			}
		}
	}
	const finish *finish = &by->finish;
	const uint32_t first = vector * LANES;
	int8_t *output = row->output + place * row->output_step + first;
	if (!finish->tame) {
		int32_t stored[4 * LANES];
		for (uint32_t p = 0; p < places; p++, output += row->output_step) {
			UNROLL for (uint32_t v = 0; v < vectors; v++) vector_store(stored + v * LANES, sums[p][v]);
			for (uint32_t i = 0; i < vectors * LANES && first + i < by->outputs; i++) output[i] = finish_one(finish, first + i, stored[i]);
		}
		return;
	}
	/* A copy, which a store of int8 cannot be taken to change. */
	const struct finish to = *finish;
	const size_t step_out = row->output_step;
	const uint32_t left = by->outputs - first;
	UNROLL for (uint32_t v = 0; v < vectors; v += 2) {
		const uint32_t second = v + 1 < vectors ? v + 1 : v, most = v + 1 < vectors ? 2 * LANES : LANES, wanted = left - v * LANES;
		const scale first_scale = finish_scale(finish, first + v * LANES), second_scale = finish_scale(finish, first + second * LANES);
		UNROLL for (uint32_t p = 0; p < places; p++) {
			const bytes narrow = finish_bytes(sums[p][v], first_scale, sums[p][second], second_scale, &to, near);
			vector_store_bytes(output + p * step_out + v * LANES, narrow, wanted < most ? wanted : most);
		}
	}
}

static ALWAYS_INLINE void product_column(const product *by, const product_row *row, size_t places, uint32_t vector, const uint32_t vectors, const bool near) {
	size_t place = 0;
	for (; place + 4 <= places; place += 4) product_block(by, row, place, vector, 4, vectors, near);
	switch (places - place) {
		case 3: product_block(by, row, place, vector, 3, vectors, near); break;
		case 2: product_block(by, row, place, vector, 2, vectors, near); break;
		case 1: product_block(by, row, place, vector, 1, vectors, near); break;
		default: break;
	}
}

static ALWAYS_INLINE void product_row_of(const product *by, const product_row *row, size_t places, const bool near) {
	const uint32_t vectors = product_vectors(by->outputs);
	uint32_t vector = 0;
	if (places == 1) {
		for (; vector + 4 <= vectors; vector += 4) product_block(by, row, 0, vector, 1, 4, near);
	}
	for (; COLUMN == 4 && vector + 4 <= vectors; vector += 4) product_column(by, row, places, vector, 4, near);
	for (; vector + 2 <= vectors; vector += 2) product_column(by, row, places, vector, 2, near);
	if (vector < vectors) product_column(by, row, places, vector, 1, near);
}

/* A row of places. The weights of a few vectors stay near while the places go by. */
static void product_run(const product *by, const product_row *row, size_t places) {
	if (VECTOR_NEAR(0, 1) && by->finish.near) product_row_of(by, row, places, true);
	else product_row_of(by, row, places, false);
}

#endif
