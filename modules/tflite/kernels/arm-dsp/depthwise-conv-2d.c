/*
 * DEPTHWISE_CONV_2D on int8, where each input channel makes one output channel: four channels at a time. A few rows of the image are widened with their padding, so that
 * all windows are whole; weights, biases and multipliers of the four channels are laid out once in the order in which they are used.
 */
#include "../../schema.h"
#include "../depthwise-conv-2d.h"
#include "arm-dsp.h"
#include "dsp.h"
#include "requantize.h"

enum { CHANNELS = 4, COLUMN_BYTES = CHANNELS * 2 };
/* What the widened rows may take, if that is enough for one row of output. */
enum { STRIP_BYTES = 1024 };

/* What one pixel of four channels reads, in this order: 4 biases, a pair of pairs for each tap, 4 multipliers. */
static uint32_t program_bytes(const convolution *layer) {
	return 4 * 4 + (uint32_t)(layer->y.filter * layer->x.filter) * 8 + 4 * 12;
}

/* Elements of an axis that windows cover. */
static int32_t covered(const window_axis *axis, int32_t outputs) {
	return (outputs - 1) * axis->stride + (axis->filter - 1) * axis->dilation + 1;
}

static uint32_t row_bytes(const convolution *layer) {
	return (uint32_t)covered(&layer->x, layer->x.output) * COLUMN_BYTES;
}

/* How many rows of output are computed from one strip. */
static int32_t rows_of_strip(const convolution *layer) {
	int32_t rows = layer->y.output;
	while (rows > 1 && (uint32_t)covered(&layer->y, rows) * row_bytes(layer) > STRIP_BYTES) rows--;
	return rows;
}

static bool takes(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	if (layer->type != TFLITE_INT8 || layer->finish.sum_type != TFLITE_INT32 || operation->multiplier != 1) return false;
	const int64_t columns = (int64_t)(layer->x.output - 1) * layer->x.stride + (int64_t)(layer->x.filter - 1) * layer->x.dilation + 1;
	const int64_t rows = (int64_t)(layer->y.filter - 1) * layer->y.dilation + 1;
	/* Wide gaps would make a strip larger than the image that it is made of. */
	return columns * rows <= 1 << 16 && layer->y.filter * layer->x.filter <= 1 << 12;
}

static uint32_t constant_bytes(const depthwise_conv_2d *operation) {
	(void)operation;
	return 0;
}

static uint32_t scratch_bytes(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	return program_bytes(layer) + (uint32_t)covered(&layer->y, rows_of_strip(layer)) * row_bytes(layer);
}

static uint32_t load_channels(const int8_t *from, uint32_t count) {
	if (count == CHANNELS) return dsp_load(from);
	uint32_t word = 0;
	for (uint32_t i = 0; i < count; i++) word |= (uint32_t)(uint8_t)from[i] << 8 * i;
	return word;
}

/* False if a channel's multiplier is not for requantize(). */
static bool lay_out_program(const convolution *layer, const int8_t *weights, uint32_t channel, uint32_t count, uint32_t *program) {
	requantization by[CHANNELS];
	const uint32_t taps = (uint32_t)(layer->y.filter * layer->x.filter);
	bool fast = true;
	memset(by, 0, sizeof by);
	const requantizer finish = requantizer_of(&layer->finish);
	for (uint32_t i = 0; i < count; i++) fast = requantizer_channel(&finish, channel + i, &by[i]) && fast;
	for (uint32_t i = 0; i < CHANNELS; i++) *program++ = fast && i < count ? requantizer_bias(&finish, channel + i) : 0;
	for (uint32_t tap = 0; tap < taps; tap++, program += 2) {
		const uint32_t word = load_channels(weights + (size_t)tap * layer->tap + channel, count);
		program[0] = dsp_even(word);
		program[1] = dsp_odd(word);
	}
	for (uint32_t i = 0; i < CHANNELS; i++) {
		*program++ = (uint32_t)by[i].doubled_multiplier;
		*program++ = (uint32_t)by[i].addend;
		*program++ = (uint32_t)by[i].shift;
	}
	return fast;
}

/* Widens the rows under a strip that begins at row `top` of the image; what lies outside becomes 0. */
static void fill_strip(const convolution *layer, const int8_t *image, int32_t top, int32_t rows, uint32_t channels, uint32_t *to) {
	const uint32_t offsets = dsp_pair(layer->input_offset);
	const int32_t columns = covered(&layer->x, layer->x.output), left = layer->x.padding;
	const int32_t inside = columns - left < layer->x.input ? columns - left : layer->x.input;
	for (int32_t y = top; y < top + rows; y++) {
		if (y < 0 || y >= layer->y.input) {
			memset(to, 0, (size_t)columns * COLUMN_BYTES);
			to += 2 * columns;
			continue;
		}
		const int8_t *from = image + (size_t)y * (size_t)layer->x.input * layer->input_channels;
		for (int32_t x = 0; x < left; x++, to += 2) to[0] = to[1] = 0;
		if (channels == CHANNELS) {
			for (int32_t x = 0; x < inside; x++, from += layer->input_channels, to += 2) {
				const uint32_t word = dsp_load(from);
				to[0] = dsp_add_even(offsets, word);
				to[1] = dsp_add_odd(offsets, word);
			}
		} else {
			for (int32_t x = 0; x < inside; x++, from += layer->input_channels, to += 2) {
				const uint32_t word = load_channels(from, channels);
				to[0] = dsp_add_even(offsets, word);
				to[1] = dsp_add_odd(offsets, word);
			}
		}
		for (int32_t x = left + inside; x < columns; x++, to += 2) to[0] = to[1] = 0;
	}
}

#define TAP                                   \
	"ldrd r9, r10, [%[at]], #8\n\t"           \
	"ldrd r11, r12, [%[program]], #8\n\t"     \
	"smlabb %[a], r9, r11, %[a]\n\t"          \
	"smlabb %[b], r10, r12, %[b]\n\t"         \
	"smlatt %[c], r9, r11, %[c]\n\t"          \
	"smlatt %[d], r10, r12, %[d]\n\t"

#define FINISH(sum, byte)                     \
	"ldmia %[program]!, {r9, r10, r11}\n\t"   \
	"smmlar " sum ", " sum ", r9, " sum "\n\t"     \
	"add " sum ", " sum ", " sum ", asr #31\n\t"   \
	"qadd " sum ", " sum ", r10\n\t"          \
	"asr " sum ", " sum ", r11\n\t"           \
	"ssat " sum ", #8, " sum "\n\t"           \
	"strb " sum ", [%[output], #" byte "]\n\t"

/* How a window's taps lie in a strip, in runs of blocks of three and of single ones; the skips are in pairs of words, from the end of one thing to the next. */
typedef struct {
	uint32_t rows;
	uint32_t row_skip;
	uint32_t blocks;
	uint32_t block_skip;
	uint32_t singles;
	uint32_t single_skip;
} tap_runs;

static tap_runs tap_runs_of(const convolution *layer) {
	const uint32_t filter_y = (uint32_t)layer->y.filter, filter_x = (uint32_t)layer->x.filter;
	const uint32_t row = (uint32_t)covered(&layer->x, layer->x.output) * (uint32_t)layer->y.dilation;
	const uint32_t window = (filter_x - 1) * (uint32_t)layer->x.dilation + 1;
	const tap_runs column = { 1, 0, 0, 0, filter_y, row - 1 }, whole = { 1, 0, filter_y * filter_x / 3, 0, filter_y * filter_x % 3, 0 };
	const tap_runs threes = { 1, 0, filter_y, row - 3, 0, 0 }, rows = { filter_y, row - filter_x, filter_x / 3, 0, filter_x % 3, 0 };
	const tap_runs spread = { filter_y, row - window - (uint32_t)(layer->x.dilation - 1), 0, 0, filter_x, (uint32_t)(layer->x.dilation - 1) };
	if (row == 1 || (layer->x.dilation == 1 && row == filter_x)) return whole;
	if (filter_x == 1) return column;
	if (layer->x.dilation != 1) return spread;
	return filter_x == 3 ? threes : rows;
}

/* The sums of one pixel, the biases included; returns where its multipliers lie. */
static inline const uint32_t *sum_window(const uint32_t *at, const uint32_t *program, const tap_runs *runs, uint32_t sums[CHANNELS]) {
	register uint32_t a __asm__("r4");
	register uint32_t b __asm__("r5");
	register uint32_t c __asm__("r6");
	register uint32_t d __asm__("r8");
	__asm__ volatile("ldmia %[program]!, {r4, r5, r6, r8}" : "=r"(a), "=r"(b), "=r"(c), "=r"(d), [program] "+r"(program) : : "memory");
	for (uint32_t row = runs->rows; row > 0; row--, at += 2 * runs->row_skip) {
		uint32_t blocks = runs->blocks;
		if (blocks != 0) {
			__asm__ volatile("1:\n\t" TAP TAP TAP
			        "add %[at], %[at], %[skip], lsl #3\n\t"
			        "subs %[blocks], %[blocks], #1\n\t"
			        "bne 1b"
			        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [at] "+r"(at), [program] "+r"(program), [blocks] "+r"(blocks)
			        : [skip] "r"(runs->block_skip)
			        : "r9", "r10", "r11", "r12", "cc", "memory");
		}
		for (uint32_t i = runs->singles; i > 0; i--, at += 2 * runs->single_skip) {
			__asm__ volatile(TAP : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [at] "+r"(at), [program] "+r"(program) : : "r9", "r10", "r11", "r12", "memory");
		}
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
	return program;
}

static inline void finish_window(const uint32_t *program, const uint32_t sums[CHANNELS], int8_t *output) {
	uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
	__asm__ volatile(FINISH("%[a]", "0") FINISH("%[b]", "1") FINISH("%[c]", "2") FINISH("%[d]", "3")
	        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [program] "+r"(program)
	        : [output] "r"(output)
	        : "r9", "r10", "r11", "memory");
}

/* What finish_window does not do: fewer than four channels, other multipliers, an activation. */
static void finish_otherwise(const layer_finish *finish, bool fast, const uint32_t *program, const uint32_t sums[CHANNELS], uint32_t channel, uint32_t channels, int8_t *output) {
	int8_t all[CHANNELS];
	if (fast) finish_window(program, sums, all);
	for (uint32_t i = 0; i < channels; i++) {
		output[i] = fast ? (int8_t)fixed_clamp(all[i], finish->range.low, finish->range.high) : layer_finish_int8(finish, sums[i], channel + i);
	}
}

/* One strip: all its rows of output, for the four channels. */
static void run_strip(const convolution *layer, const uint32_t *strip, const uint32_t *program, const tap_runs *runs, bool fast, uint32_t channel, uint32_t channels, int32_t rows, int8_t *output) {
	const size_t row_step = (size_t)covered(&layer->x, layer->x.output) * 2 * (size_t)layer->y.stride;
	const bool simple = fast && channels == CHANNELS && requantizer_of(&layer->finish).whole;
	for (int32_t y = 0; y < rows; y++, strip += row_step) {
		const uint32_t *at = strip;
		for (int32_t x = 0; x < layer->x.output; x++, at += 2 * layer->x.stride, output += layer->output_channels) {
			uint32_t sums[CHANNELS];
			const uint32_t *finishing = sum_window(at, program, runs, sums);
			if (simple) finish_window(finishing, sums, output);
			else finish_otherwise(&layer->finish, fast, finishing, sums, channel, channels, output);
		}
	}
}

static void run(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	const tap_runs runs = tap_runs_of(layer);
	const int32_t strip_rows = rows_of_strip(layer);
	const size_t image_bytes = (size_t)(layer->y.input * layer->x.input) * layer->input_channels;
	uint32_t *program = operation->scratch, *strip = program + program_bytes(layer) / 4;
	const int8_t *weights = layer->weights;
	if (layer->unpacked != NULL) {
		layer_unpack_int4(layer->weights, (uint32_t)(layer->y.filter * layer->x.filter) * layer->tap, layer->unpacked);
		weights = layer->unpacked;
	}
	for (uint32_t channel = 0; channel < layer->output_channels; channel += CHANNELS) {
		const uint32_t left = layer->output_channels - channel, channels = left < CHANNELS ? left : CHANNELS;
		const bool fast = lay_out_program(layer, weights, channel, channels, program);
		const int8_t *image = (const int8_t *)layer->input + channel;
		int8_t *output = (int8_t *)layer->output + channel;
		for (uint32_t batch = 0; batch < layer->batches; batch++, image += image_bytes) {
			for (int32_t y = 0; y < layer->y.output; y += strip_rows) {
				const int32_t rows = layer->y.output - y < strip_rows ? layer->y.output - y : strip_rows;
				fill_strip(layer, image, y * layer->y.stride - layer->y.padding, covered(&layer->y, rows), channels, strip);
				run_strip(layer, strip, program, &runs, fast, channel, channels, rows, output);
				output += (size_t)(rows * layer->x.output) * layer->output_channels;
			}
		}
	}
}

static const depthwise_conv_2d_fast fast_way = { takes, constant_bytes, scratch_bytes, NULL, run };

static bool prepare(tflite_preparation *preparation) {
	return depthwise_conv_2d_prepare(preparation, &fast_way);
}

const tflite_kernel arm_dsp_depthwise_conv_2d = { BUILTIN_DEPTHWISE_CONV_2D, 1, 7, OPTIONS_DEPTHWISE_CONV_2D, "DEPTHWISE_CONV_2D", prepare, depthwise_conv_2d_invoke, NULL };
