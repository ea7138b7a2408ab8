/*
 * Convolutions whose channels do not meet: one output channel for each input channel. A block is 2 x LANES neighbouring
 * elements; for each two taps of the filter, the elements of both are multiplied with their weights and added up in two vectors.
 *
 * With a stride of 1, a row of outputs is one stretch: element i needs the inputs at i + tap * channels, whatever its channel, so
 * blocks go on over the ends of places, and the weights repeat after the least common multiple of block and channels. Otherwise each
 * place starts a block.
 */
#ifndef ASSAY_TFLITE_DEPTH_H
#define ASSAY_TFLITE_DEPTH_H

#include "finish.h"
#include "rows.h"

enum { DEPTH_BLOCK = 2 * LANES };

/* More memory than this is no longer near; such layers are computed in portable C. */
enum { DEPTH_MOST_BYTES = 1 << 24 };

typedef struct {
	rows_shape rows;
	bool stretch;
	uint32_t taps;
	/* blocks after which the channels repeat */
	uint32_t period;
	/* of each block in a row of outputs and of its inputs, to the next of the same channels */
	size_t output_step;
	size_t input_step;
	uint64_t constant_bytes;
	uint64_t scratch_bytes;
} depth_plan;

/* What the constants start with. */
typedef struct {
	finish finish;
	/* [block of the period][two taps][weight] */
	int16_t *weights;
} depth;

static uint32_t depth_period(uint32_t channels) {
	uint32_t a = DEPTH_BLOCK, b = channels;
	while (b != 0) {
		const uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return channels / a;
}

static bool depth_fit(const convolution *layer, depth_plan *plan) {
	const uint32_t channels = layer->input_channels;
	const uint64_t taps = (uint64_t)layer->y.filter * (uint64_t)layer->x.filter;
	if (!rows_fit(&layer->y, &layer->x, channels, &plan->rows) || taps > 1 << 16) return false;
	plan->stretch = layer->x.stride == 1;
	plan->taps = (uint32_t)taps;
	plan->period = plan->stretch ? depth_period(channels) : (channels + DEPTH_BLOCK - 1) / DEPTH_BLOCK;
	plan->output_step = plan->stretch ? (size_t)plan->period * DEPTH_BLOCK : channels;
	plan->input_step = plan->stretch ? plan->output_step : (size_t)layer->x.stride * channels;
	const uint64_t lanes = (uint64_t)plan->period * DEPTH_BLOCK;
	plan->constant_bytes = sizeof(depth) + lanes * FINISH_ARRAYS * sizeof(int32_t) + lanes * (taps + taps % 2) * sizeof(int16_t);
	plan->scratch_bytes = (rows_count(&plan->rows) * sizeof(int16_t) + 7) / 8 * 8 + (taps + 1) * sizeof(const int16_t *);
	return plan->constant_bytes <= DEPTH_MOST_BYTES && plan->scratch_bytes <= DEPTH_MOST_BYTES;
}

static int8_t depth_weight(const convolution *layer, size_t index) {
	if (layer->weights_type != TFLITE_INT4) return ((const int8_t *)layer->weights)[index];
	const int32_t half = ((const uint8_t *)layer->weights)[index / 2] >> (index % 2 * 4) & 15;
	return (int8_t)(half >= 8 ? half - 16 : half);
}

static void depth_start(const convolution *layer, const depth_plan *plan, void *constants) {
	depth *to = constants;
	const uint32_t lanes = plan->period * DEPTH_BLOCK, channels = layer->input_channels, twos = (plan->taps + 1) / 2;
	finish_place(&to->finish, &layer->finish, lanes, (int32_t *)(void *)(to + 1));
	to->weights = (int16_t *)(void *)(to->finish.biases + (size_t)lanes * FINISH_ARRAYS);
	memset(to->weights, 0, (size_t)lanes * twos * 2 * sizeof(int16_t));
	for (uint32_t block = 0; block < plan->period; block++) {
		for (uint32_t vector = 0; vector < 2; vector++) {
			for (uint32_t lane = 0; lane < LANES; lane++) {
				const uint32_t element = DEPTH_CHANNEL(vector, lane), at = block * DEPTH_BLOCK + element;
				if (!plan->stretch && at >= channels) continue;
				const uint32_t channel = at % channels;
				int64_t magnitudes = 0;
				for (uint32_t tap = 0; tap < plan->taps; tap++) {
					const int8_t weight = depth_weight(layer, (size_t)tap * channels + channel);
					to->weights[((size_t)block * twos + tap / 2) * 2 * DEPTH_BLOCK + DEPTH_WEIGHT(element, tap % 2)] = weight;
					magnitudes += weight < 0 ? -weight : weight;
				}
				finish_set(&to->finish, &layer->finish, block * DEPTH_BLOCK + vector * LANES + lane, channel, 0, 0, magnitudes);
			}
		}
	}
	finish_seal(&to->finish, lanes);
}

/* A block of channels in a row of outputs: where it is computed from, and to, at the first place. */
typedef struct {
	const depth_plan *plan;
	const finish *finish;
	const int16_t *const *taps;
	const int16_t *weights;
	/* of its sums among all that have a multiplier */
	size_t lane;
	size_t input;
	int8_t *output;
} depth_column;

/* Sums of neighbouring places, for which weights are loaded once: `together` is a constant where it is called. */
static ALWAYS_INLINE void depth_sums(const depth_column *column, size_t place, const uint32_t together, pair *sums) {
	const uint32_t twos = (column->plan->taps + 1) / 2;
	const size_t step = column->plan->input_step, input = column->input + place * step;
	const int16_t *with = column->weights;
	const int16_t *const *taps = column->taps;
	const pair biases = { vector_load(column->finish->biases + column->lane), vector_load(column->finish->biases + column->lane + LANES) };
	UNROLL for (uint32_t p = 0; p < together; p++) sums[p] = biases;
	for (uint32_t two = 0; two < twos; two++, with += 2 * DEPTH_BLOCK, taps += 2) {
		const wide low = vector_wide(with), high = vector_wide(with + DEPTH_BLOCK);
		const int16_t *first = taps[0] + input, *second = taps[1] + input;
		UNROLL for (uint32_t p = 0; p < together; p++) sums[p] = vector_dot_depth(sums[p], vector_wide(first + p * step), vector_wide(second + p * step), low, high);
	}
}

/* One place of a layer that is not tame. */
static void depth_store(const depth_column *column, size_t place, pair sums, uint32_t count) {
	int32_t stored[DEPTH_BLOCK];
	vector_store(stored, sums.low);
	vector_store(stored + LANES, sums.high);
	for (uint32_t i = 0; i < DEPTH_BLOCK; i++) {
		const uint32_t element = DEPTH_CHANNEL(i / LANES, i % LANES);
		if (element < count) column->output[place * column->plan->output_step + element] = finish_one(column->finish, column->lane + i, stored[i]);
	}
}

/* Places from the first to before the last, of which `count` outputs are wanted each. `near` is a constant where it is called. */
static ALWAYS_INLINE void depth_places_of(const depth_column *column, size_t place, size_t end, uint32_t count, const bool near) {
	const struct finish finish = *column->finish;
	const scale low = finish_scale(&finish, column->lane), high = finish_scale(&finish, column->lane + LANES);
	const size_t step = column->plan->output_step;
	int8_t *output = column->output + place * step;
	pair sums[4];
	for (; COLUMN == 4 && place + 4 <= end && finish.tame; place += 4, output += 4 * step) {
		depth_sums(column, place, 4, sums);
		UNROLL for (uint32_t p = 0; p < 4; p++) vector_store_bytes(output + p * step, finish_depth(sums[p], low, high, &finish, near), count);
	}
	for (; place + 2 <= end && finish.tame; place += 2, output += 2 * step) {
		depth_sums(column, place, 2, sums);
		UNROLL for (uint32_t p = 0; p < 2; p++) vector_store_bytes(output + p * step, finish_depth(sums[p], low, high, &finish, near), count);
	}
	for (; place < end; place++, output += step) {
		depth_sums(column, place, 1, sums);
		if (finish.tame) vector_store_bytes(output, finish_depth(sums[0], low, high, &finish, near), count);
		else depth_store(column, place, sums[0], count);
	}
}

static void depth_places(const depth_column *column, size_t place, size_t end, uint32_t count) {
	if (VECTOR_NEAR(0, 1) && column->finish->near) depth_places_of(column, place, end, count, true);
	else depth_places_of(column, place, end, count, false);
}

/* A row of outputs: each block of the period at all its places. */
static void depth_row(const convolution *layer, const depth_plan *plan, const depth *by, const int16_t *const *taps, int8_t *output) {
	const size_t row = (size_t)layer->x.output * layer->input_channels, twos = (plan->taps + 1) / 2;
	for (uint32_t block = 0; block < plan->period; block++) {
		const size_t first = (size_t)block * DEPTH_BLOCK;
		const depth_column column = { plan, &by->finish, taps, by->weights + block * twos * 2 * DEPTH_BLOCK, first, first, output + first };
		if (!plan->stretch) {
			const size_t left = layer->input_channels - first;
			depth_places(&column, 0, (size_t)layer->x.output, left < DEPTH_BLOCK ? (uint32_t)left : DEPTH_BLOCK);
			continue;
		}
		if (first >= row) break;
		/* The last block of a stretch is cut off where the row ends. */
		const size_t whole = row < first + DEPTH_BLOCK ? 0 : (row - first - DEPTH_BLOCK) / plan->output_step + 1, end = first + whole * plan->output_step;
		depth_places(&column, 0, whole, DEPTH_BLOCK);
		if (end < row) depth_places(&column, whole, whole + 1, (uint32_t)(row - end));
	}
}

static void depth_run(const convolution *layer, const depth_plan *plan, const void *constants, void *scratch) {
	const rows_shape *shape = &plan->rows;
	const window_axis *y = &layer->y, *x = &layer->x;
	int16_t *rows = scratch;
	const size_t count = (size_t)rows_count(shape);
	const int16_t **taps = (const int16_t **)(void *)((uint8_t *)scratch + (count * sizeof(int16_t) + 7) / 8 * 8);
	const int8_t *image = layer->input;
	int8_t *output = layer->output;
	const size_t step = (size_t)x->dilation * layer->input_channels;
	rows_pad(shape, sizeof(int16_t), 0, rows);
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += (size_t)y->input * shape->image) {
		int32_t next = 0;
		for (int32_t place = 0; place < y->output; place++, output += (size_t)x->output * layer->input_channels) {
			const rows_span missing = rows_missing(y, place, next);
			for (next = missing.from; next < missing.to; next++) {
				vector_stretch_wide(image + (size_t)next * shape->image, layer->input_offset, rows + rows_at(shape, y, next) + shape->before, shape->image);
			}
			uint32_t tap = 0;
			for (int32_t filter = 0; filter < y->filter; filter++) {
				const int16_t *from = rows + rows_at(shape, y, place * y->stride - y->padding + filter * y->dilation);
				for (int32_t i = 0; i < x->filter; i++) taps[tap++] = from + (size_t)i * step;
			}
			/* The weights of a tap that makes an odd number even are 0. */
			taps[tap] = taps[0];
			depth_row(layer, plan, constants, taps, output);
		}
	}
}

#endif
