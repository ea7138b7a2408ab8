#include "drawn-layers.h"

typedef struct {
	uint64_t state;
	drawn_memory *memory;
	bool exhausted;
} source;

/* splitmix64 (Steele, Lea and Flood, 2014) */
static uint32_t draw(source *from) {
	uint64_t z = (from->state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 32);
}

/* From `least` to `most`, both included. */
static int32_t between(source *from, int32_t least, int32_t most) {
	return least + (int32_t)(draw(from) % (uint32_t)(most - least + 1));
}

static bool one_in(source *from, uint32_t count) {
	return draw(from) % count == 0;
}

static void *take(source *from, size_t bytes) {
	void *block = from->exhausted ? NULL : from->memory->take(from->memory, bytes == 0 ? 1 : bytes);
	if (block == NULL) from->exhausted = true;
	return block;
}

/* Any values, or those at the ends of the range, which make the largest sums. */
static int8_t *take_values(source *from, size_t count) {
	int8_t *values = take(from, count);
	const bool extreme = one_in(from, 4), alike = one_in(from, 2);
	if (values == NULL) return NULL;
	for (size_t i = 0; i < count; i++) {
		values[i] = (int8_t)between(from, -128, 127);
		if (extreme) values[i] = alike || values[i] < 0 ? INT8_MIN : INT8_MAX;
	}
	return values;
}

/* Most layers are like trained ones, whose outputs fill their range; the others saturate, wrap around or are all 0. */
static void draw_finish(source *from, uint32_t channels, uint32_t products, layer_finish *finish) {
	int32_t *bias = take(from, channels * sizeof(int32_t));
	const bool trained = !one_in(from, 4), without_bias = one_in(from, 6), wraps = one_in(from, 8);
	const int32_t largest = (int32_t)(products < 1 << 15 ? products : 1 << 15) * 255 * 128;
	int32_t usual = -6;
	while (products > 1) {
		products /= 2;
		usual--;
	}
	finish->multiplier_count = one_in(from, 3) ? 1 : channels;
	finish->multipliers = take(from, finish->multiplier_count * sizeof(int32_t));
	finish->shifts = take(from, finish->multiplier_count);
	finish->sum_type = TFLITE_INT32;
	finish->offset = between(from, -128, 127);
	finish->range = quantization_type_range(TFLITE_INT8);
	if (one_in(from, 2)) finish->range.low = finish->offset;
	if (one_in(from, 3)) finish->range.high = between(from, finish->range.low, 127);
	if (from->exhausted) return;
	for (uint32_t i = 0; i < channels; i++) {
		bias[i] = between(from, -20000, 20000);
		/* So that some sums just leave int32, and some just do not. */
		if (wraps && one_in(from, 2)) bias[i] = INT32_MAX - between(from, 0, largest);
		if (wraps && one_in(from, 2)) bias[i] = INT32_MIN + between(from, 0, largest);
	}
	finish->bias = without_bias ? NULL : (const uint8_t *)bias;
	for (uint32_t i = 0; i < finish->multiplier_count; i++) {
		finish->multipliers[i] = between(from, 1 << 30, INT32_MAX);
		finish->shifts[i] = (int8_t)(trained ? between(from, usual - 2, usual + 2) : between(from, -31, 30));
		if (one_in(from, 40)) {
			finish->multipliers[i] = 0;
			finish->shifts[i] = 0;
		}
	}
}

/* An axis as window_fit makes it, from SAME or VALID padding. A filter has one tap, or so many. */
static window_axis draw_axis(source *from, int32_t most, int32_t fewest_taps, int32_t most_taps, bool dilated) {
	window_axis axis;
	axis.filter = one_in(from, 3) ? 1 : between(from, fewest_taps, most_taps);
	axis.dilation = dilated && one_in(from, 4) ? between(from, 2, 3) : 1;
	axis.stride = one_in(from, 2) ? between(from, 2, 4) : 1;
	axis.input = between(from, 1, most);
	const int32_t reach = (axis.filter - 1) * axis.dilation + 1;
	const bool same = one_in(from, 2);
	if (!same && axis.input < reach) axis.input = reach;
	axis.output = same ? (axis.input + axis.stride - 1) / axis.stride : (axis.input - reach) / axis.stride + 1;
	const int32_t padding = (axis.output - 1) * axis.stride + reach - axis.input;
	axis.padding = padding > 0 ? padding / 2 : 0;
	return axis;
}

/* `filters`: how many input channels a filter reads, 1 for a depthwise convolution. */
static void draw_convolution(source *from, uint32_t most, convolution *layer, uint32_t filters) {
	layer->y = draw_axis(from, (int32_t)most / 4 + 1, 1, 5, true);
	layer->x = draw_axis(from, (int32_t)most / 2 + 1, 1, 5, true);
	layer->batches = one_in(from, 4) ? 2 : 1;
	layer->type = TFLITE_INT8;
	layer->weights_type = one_in(from, 8) ? TFLITE_INT4 : TFLITE_INT8;
	layer->constant_weights = true;
	layer->input_offset = one_in(from, 3) ? (one_in(from, 2) ? 128 : -127) : between(from, -127, 128);
	const uint32_t window = (uint32_t)(layer->y.filter * layer->x.filter);
	const size_t weights = (size_t)window * filters * layer->output_channels;
	layer->input = take_values(from, (size_t)layer->batches * (uint32_t)(layer->y.input * layer->x.input) * layer->input_channels);
	layer->weights = take_values(from, layer->weights_type == TFLITE_INT4 ? (weights + 1) / 2 : weights);
	layer->unpacked = layer->weights_type == TFLITE_INT4 ? take(from, weights) : NULL;
	draw_finish(from, layer->output_channels, window * filters, &layer->finish);
}

static size_t outputs_of(const convolution *layer) {
	return (size_t)layer->batches * (uint32_t)(layer->y.output * layer->x.output) * layer->output_channels;
}

/* Outputs that nothing wrote differ from one another. */
static int8_t *take_output(source *from, size_t count, uint8_t fill) {
	int8_t *output = take(from, count);
	if (output != NULL) memset(output, fill, count);
	return output;
}

static drawn_outcome compare(const int8_t *portable, const int8_t *fast, size_t count) {
	return memcmp(portable, fast, count) == 0 ? DRAWN_EQUAL : DRAWN_DIFFERENT;
}

drawn_outcome drawn_conv_2d(const conv_2d_fast *fast, uint64_t seed, uint32_t most, drawn_memory *memory) {
	source from = { seed, memory, false };
	conv_2d layer;
	memset(&layer, 0, sizeof layer);
	const uint32_t groups = one_in(&from, 4) ? (uint32_t)between(&from, 2, 4) : 1;
	layer.common.tap = (uint32_t)between(&from, 1, (int32_t)(most / groups));
	layer.group_outputs = (uint32_t)between(&from, 1, (int32_t)(most / groups));
	layer.common.input_channels = layer.common.tap * groups;
	layer.common.output_channels = layer.group_outputs * groups;
	draw_convolution(&from, most, &layer.common, layer.common.tap);
	layer.filter = (uint32_t)(layer.common.y.filter * layer.common.x.filter) * layer.common.tap;
	const size_t count = outputs_of(&layer.common);
	int8_t *expected = take_output(&from, count, 0x55), *output = take_output(&from, count, 0xaa);
	if (from.exhausted) return DRAWN_TOO_LARGE;
	layer.common.output = expected;
	conv_2d_run(&layer);
	if (!fast->takes(&layer)) return DRAWN_NOT_TAKEN;
	layer.common.output = output;
	layer.constants = take(&from, fast->constant_bytes(&layer));
	layer.scratch = take(&from, fast->scratch_bytes(&layer));
	if (from.exhausted) return DRAWN_TOO_LARGE;
	if (fast->start != NULL) fast->start(&layer);
	fast->run(&layer);
	return compare(expected, output, count);
}

drawn_outcome drawn_depthwise_conv_2d(const depthwise_conv_2d_fast *fast, uint64_t seed, uint32_t most, drawn_memory *memory) {
	source from = { seed, memory, false };
	depthwise_conv_2d layer;
	memset(&layer, 0, sizeof layer);
	layer.multiplier = one_in(&from, 3) ? (uint32_t)between(&from, 2, 20) : 1;
	layer.common.input_channels = (uint32_t)between(&from, 1, one_in(&from, 3) ? 4 : (int32_t)(most / layer.multiplier) + 1);
	layer.common.output_channels = layer.common.input_channels * layer.multiplier;
	layer.common.tap = layer.common.output_channels;
	draw_convolution(&from, most, &layer.common, 1);
	const size_t count = outputs_of(&layer.common);
	int8_t *expected = take_output(&from, count, 0x55), *output = take_output(&from, count, 0xaa);
	if (from.exhausted) return DRAWN_TOO_LARGE;
	layer.common.output = expected;
	depthwise_conv_2d_run(&layer);
	if (!fast->takes(&layer)) return DRAWN_NOT_TAKEN;
	layer.common.output = output;
	layer.constants = take(&from, fast->constant_bytes(&layer));
	layer.scratch = take(&from, fast->scratch_bytes(&layer));
	if (from.exhausted) return DRAWN_TOO_LARGE;
	if (fast->start != NULL) fast->start(&layer);
	fast->run(&layer);
	return compare(expected, output, count);
}

drawn_outcome drawn_fully_connected(const fully_connected_fast *fast, uint64_t seed, uint32_t most, drawn_memory *memory) {
	source from = { seed, memory, false };
	fully_connected layer;
	memset(&layer, 0, sizeof layer);
	layer.batches = one_in(&from, 3) ? (uint32_t)between(&from, 2, 9) : 1;
	layer.depth = (uint32_t)between(&from, 1, (int32_t)most * 4);
	layer.outputs = (uint32_t)between(&from, 1, (int32_t)most);
	layer.type = TFLITE_INT8;
	layer.weights_type = one_in(&from, 8) ? TFLITE_INT4 : TFLITE_INT8;
	layer.constant_weights = true;
	layer.input_offset = one_in(&from, 3) ? (one_in(&from, 2) ? 128 : -127) : between(&from, -127, 128);
	layer.weights_offset = one_in(&from, 6) ? between(&from, -127, 128) : 0;
	const size_t weights = (size_t)layer.depth * layer.outputs, count = (size_t)layer.batches * layer.outputs;
	layer.input = take_values(&from, (size_t)layer.batches * layer.depth);
	layer.weights = take_values(&from, layer.weights_type == TFLITE_INT4 ? (weights + 1) / 2 : weights);
	layer.unpacked = layer.weights_type == TFLITE_INT4 ? take(&from, weights) : NULL;
	draw_finish(&from, layer.outputs, layer.depth, &layer.finish);
	int8_t *expected = take_output(&from, count, 0x55), *output = take_output(&from, count, 0xaa);
	if (from.exhausted) return DRAWN_TOO_LARGE;
	layer.output = expected;
	fully_connected_run(&layer);
	if (!fast->takes(&layer)) return DRAWN_NOT_TAKEN;
	layer.output = output;
	layer.constants = take(&from, fast->constant_bytes(&layer));
	layer.scratch = take(&from, fast->scratch_bytes(&layer));
	if (from.exhausted) return DRAWN_TOO_LARGE;
	if (fast->start != NULL) fast->start(&layer);
	fast->run(&layer);
	return compare(expected, output, count);
}

drawn_outcome drawn_dot_product_rows(dot_product_rows fast, uint64_t seed, uint32_t most, drawn_memory *memory) {
	source from = { seed, memory, false };
	const uint32_t depth = (uint32_t)between(&from, 1, (int32_t)most * 4), rows = (uint32_t)between(&from, 1, DOT_PRODUCT_ROWS);
	const int32_t offset = between(&from, -127, 128);
	const int8_t *input = take_values(&from, depth), *weights = take_values(&from, (size_t)depth * rows);
	uint32_t *expected = take(&from, rows * sizeof(uint32_t)), *sums = take(&from, rows * sizeof(uint32_t));
	if (from.exhausted) return DRAWN_TOO_LARGE;
	dot_product_rows_portable(input, offset, weights, depth, rows, expected);
	fast(input, offset, weights, depth, rows, sums);
	return memcmp(expected, sums, rows * sizeof(uint32_t)) == 0 ? DRAWN_EQUAL : DRAWN_DIFFERENT;
}

drawn_outcome drawn_pool(void (*portable)(const void *state), void (*fast)(const void *state), uint64_t seed, uint32_t most, drawn_memory *memory) {
	source from = { seed, memory, false };
	pool layer;
	memset(&layer, 0, sizeof layer);
	/* Some windows are so large that their sums leave 16 bits. */
	const bool large = one_in(&from, 4);
	layer.y = draw_axis(&from, (int32_t)most / 4 + 1, large ? 14 : 1, large ? 20 : 4, false);
	layer.x = draw_axis(&from, (int32_t)most / 2 + 1, large ? 14 : 1, large ? 20 : 4, false);
	layer.batches = one_in(&from, 4) ? 2 : 1;
	layer.channels = (uint32_t)between(&from, 1, (int32_t)most);
	layer.type = TFLITE_INT8;
	layer.range.low = between(&from, -128, 0);
	layer.range.high = between(&from, layer.range.low, 127);
	const size_t images = (size_t)layer.batches * layer.channels, outputs = images * (uint32_t)(layer.y.output * layer.x.output);
	layer.input = take_values(&from, images * (uint32_t)(layer.y.input * layer.x.input));
	int8_t *expected = take_output(&from, outputs, 0x55), *output = take_output(&from, outputs, 0xaa);
	if (from.exhausted) return DRAWN_TOO_LARGE;
	layer.output = expected;
	portable(&layer);
	layer.output = output;
	fast(&layer);
	return compare(expected, output, outputs);
}

/* A ratio of scales as converters make it, or any below 2^most_shift, or none. */
static fixed_multiplier draw_multiplier(source *from, int32_t usual, int32_t most_shift) {
	fixed_multiplier multiplier = { between(from, 1 << 30, INT32_MAX), one_in(from, 3) ? between(from, -31, most_shift) : between(from, usual - 3, usual) };
	if (one_in(from, 30)) multiplier.multiplier = multiplier.shift = 0;
	return multiplier;
}

static rescale_output draw_output(source *from, int32_t usual, int32_t most_shift) {
	rescale_output output = { draw_multiplier(from, usual, most_shift), between(from, -128, 127), quantization_type_range(TFLITE_INT8) };
	if (one_in(from, 2)) output.range.low = output.offset;
	return output;
}

/* Values around a zero point, whose small products and sums do not saturate even if they are scaled by much. */
static int8_t *take_small_values(source *from, size_t count, int32_t zero_point) {
	int8_t *values = take_values(from, count);
	for (size_t i = 0; values != NULL && i < count; i++) values[i] = (int8_t)fixed_clamp(zero_point + between(from, -9, 9), INT8_MIN, INT8_MAX);
	return values;
}

static drawn_outcome compare_runs(source *from, const elementwise *state, const int32_t zero_points[2], elementwise_kernel portable, elementwise_kernel fast, uint32_t most) {
	const bool small = one_in(from, 2);
	elementwise_run run;
	memset(&run, 0, sizeof run);
	run.count = (uint32_t)between(from, 1, (int32_t)most * 2);
	for (uint32_t k = 0; k < 2; k++) {
		run.steps[k] = one_in(from, 4) ? 0 : 1;
		const size_t count = run.steps[k] == 0 ? 1 : run.count;
		run.inputs[k] = small ? take_small_values(from, count, zero_points[k]) : take_values(from, count);
	}
	int8_t *expected = take_output(from, run.count, 0x55), *output = take_output(from, run.count, 0xaa);
	if (from->exhausted) return DRAWN_TOO_LARGE;
	run.output = expected;
	portable(state, run);
	run.output = output;
	fast(state, run);
	return compare(expected, output, run.count);
}

drawn_outcome drawn_add(elementwise_kernel fast, uint64_t seed, uint32_t most, drawn_memory *memory) {
	source from = { seed, memory, false };
	const uint32_t larger = draw(&from) % 3;
	add state;
	memset(&state, 0, sizeof state);
	for (uint32_t k = 0; k < 2; k++) {
		state.inputs[k].offset = between(&from, -127, 128);
		state.inputs[k].left_shift = 20;
		/* The larger of two scales is half of the common one, exactly. */
		const fixed_multiplier half = { 1 << 30, 0 };
		state.inputs[k].multiplier = k == larger ? half : draw_multiplier(&from, -1, 0);
		if (k != larger && state.inputs[k].multiplier.shift == 0 && state.inputs[k].multiplier.multiplier != 0) state.inputs[k].multiplier = half;
	}
	state.output = draw_output(&from, -17, 0);
	const int32_t zero_points[2] = { -state.inputs[0].offset, -state.inputs[1].offset };
	return compare_runs(&from, &state.operands, zero_points, add_run_int8, fast, most);
}

drawn_outcome drawn_mul(elementwise_kernel fast, uint64_t seed, uint32_t most, drawn_memory *memory) {
	source from = { seed, memory, false };
	mul state;
	memset(&state, 0, sizeof state);
	state.offsets[0] = between(&from, -127, 128);
	state.offsets[1] = between(&from, -127, 128);
	state.output = draw_output(&from, -6, 30);
	const int32_t zero_points[2] = { -state.offsets[0], -state.offsets[1] };
	return compare_runs(&from, &state.operands, zero_points, mul_run_int8, fast, most);
}
