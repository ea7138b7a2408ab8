/*
 * DEPTHWISE_CONV_2D on int8, where each input channel makes one output channel: four channels at a time. A few rows of the image are widened with their padding, so that
 * all windows are whole; weights, biases and multipliers of the four channels are laid out once in the order in which they are used.
 */
#include "arm-dsp.h"
#include "dsp.h"
#include "one-channel.h"
#include "one-place.h"
#include "requantize.h"
#include "three-by-three.h"

enum { CHANNELS = 4, COLUMN_BYTES = CHANNELS * 2 };
/* What the widened rows may take, if that is enough for one row of output. */
enum { STRIP_BYTES = 1024 };

/* What one pixel of four channels reads, in this order: 4 biases, a pair of pairs for each tap (and up to two more), 4 multipliers. */
static uint32_t program_bytes(const convolution *layer) {
	return 4 * 4 + (uint32_t)(layer->y.filter * layer->x.filter + 2) * 8 + 4 * 12;
}

/* Elements of an axis that windows cover. */
static int32_t covered(const window_axis *axis, int32_t outputs) {
	return (outputs - 1) * axis->stride + (axis->filter - 1) * axis->dilation + 1;
}

static uint32_t row_bytes(const convolution *layer) {
	return (uint32_t)covered(&layer->x, layer->x.output) * COLUMN_BYTES;
}

/* Whether windows are blocks of three taps: three wide, or in one piece, filled up with weights of 0. */
static bool is_in_threes(const convolution *layer) {
	return layer->x.dilation == 1 && (layer->x.filter == 3 || (layer->y.dilation == 1 && row_bytes(layer) == (uint32_t)layer->x.filter * COLUMN_BYTES));
}

/* Taps of the program, those that fill up included. */
static uint32_t program_taps(const convolution *layer) {
	const uint32_t taps = (uint32_t)(layer->y.filter * layer->x.filter);
	return is_in_threes(layer) ? (taps + 2) / 3 * 3 : taps;
}

/* How many rows of output are computed from one strip. */
static int32_t rows_of_strip(const convolution *layer) {
	const int32_t most = (int32_t)(STRIP_BYTES / row_bytes(layer)), one = covered(&layer->y, 1);
	const int32_t rows = most < one ? 1 : (most - one) / layer->y.stride + 1;
	return rows < layer->y.output ? rows : layer->y.output;
}

static bool has_one_place(const convolution *layer) {
	return layer->y.output == 1 && layer->x.output == 1;
}

static bool takes(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	if (layer->type != TFLITE_INT8 || layer->finish.sum_type != TFLITE_INT32) return false;
	if (one_channel_takes(layer)) return true;
	if (operation->multiplier != 1) return false;
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
	if (one_channel_takes(layer)) return one_channel_scratch_bytes(layer);
	if (has_one_place(layer)) return 0;
	if (three_by_three_takes(layer)) return three_by_three_scratch_bytes(layer);
	/* Windows that are filled up reach over the end. */
	return program_bytes(layer) + (uint32_t)covered(&layer->y, rows_of_strip(layer)) * row_bytes(layer) + 2 * COLUMN_BYTES;
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
	for (uint32_t i = 0; i < count; i++) fast = requantize_channel(&layer->finish, channel + i, &by[i]) && fast;
	for (uint32_t i = 0; i < CHANNELS; i++) *program++ = i < count ? requantize_bias(&layer->finish, channel + i) : 0;
	for (uint32_t tap = 0; tap < taps; tap++, program += 2) {
		const uint32_t word = load_channels(weights + (size_t)tap * layer->tap + channel, count);
		program[0] = dsp_even(word);
		program[1] = dsp_odd(word);
	}
	for (uint32_t tap = taps; tap < program_taps(layer); tap++, program += 2) program[0] = program[1] = 0;
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

/* How a window's taps lie in a strip: rows of taps; steps in bytes. */
typedef struct {
	uint32_t rows;
	uint32_t taps;
	uint32_t tap_step;
	/* from the end of one row's taps to the first of the next */
	uint32_t row_skip;
} window_taps;

static window_taps window_taps_of(const convolution *layer) {
	const uint32_t filter_y = (uint32_t)layer->y.filter, filter_x = (uint32_t)layer->x.filter, step = (uint32_t)layer->x.dilation * COLUMN_BYTES;
	const uint32_t row = row_bytes(layer) * (uint32_t)layer->y.dilation;
	const window_taps column = { 1, filter_y, row, 0 }, whole = { 1, filter_y * filter_x, COLUMN_BYTES, 0 }, rows = { filter_y, filter_x, step, row - filter_x * step };
	if (row == filter_x * COLUMN_BYTES && layer->x.dilation == 1) return whole;
	return filter_x == 1 ? column : rows;
}

/* What the loops over pixels keep in memory, in the order in which it is loaded. */
typedef struct {
	const uint32_t *at;
	const uint32_t *program;
	uint32_t blocks;
	uint32_t block_skip;
	int8_t *output;
	uint32_t pixel_step;
	uint32_t output_step;
	int8_t *output_end;
} job;

/* The four sums are r4 to r6 and r8: a pair of inputs times a pair of weights, low halves for channels 0 and 1, high ones for 2 and 3. */
#define TAP                                     \
	"ldrd r9, r10, [r0], #8\n\t"                \
	"ldrd r11, r12, [r1], #8\n\t"               \
	"smlabb r4, r9, r11, r4\n\t"                \
	"smlabb r5, r10, r12, r5\n\t"               \
	"smlatt r6, r9, r11, r6\n\t"                \
	"smlatt r8, r10, r12, r8\n\t"

/* As requantize(), with the next multiplier of the program. */
#define FINISH(sum, byte)                       \
	"ldmia r1!, {r9, r10, r11}\n\t"             \
	"smmlar " sum ", " sum ", r9, " sum "\n\t"  \
	"add " sum ", " sum ", " sum ", asr #31\n\t"\
	"qadd " sum ", " sum ", r10\n\t"            \
	"asr " sum ", " sum ", r11\n\t"             \
	"ssat " sum ", #8, " sum "\n\t"             \
	"strb " sum ", [r7, #" byte "]\n\t"

/* A row of pixels of four channels, whose windows are blocks of three taps: those three wide, and all that lie in one piece, filled up with weights of 0. */
__attribute__((noinline)) static void pixels_in_threes(job *at) {
	register job *work __asm__("lr") = at;
	__asm__ volatile("ldr r7, [lr, #16]\n"
	                 "1:\n\t"
	                 "ldmia lr, {r0, r1, r2, r3}\n\t"
	                 "ldmia r1!, {r4, r5, r6, r8}\n"
	                 "2:\n\t"
	                 TAP TAP TAP
	                 "subs r2, r2, #1\n\t"
	                 "add r0, r0, r3\n\t"
	                 "bne 2b\n\t"
	                 FINISH("r4", "0") FINISH("r5", "1") FINISH("r6", "2") FINISH("r8", "3")
	                 "ldr r0, [lr]\n\t"
	                 "add r12, lr, #20\n\t"
	                 "ldmia r12, {r2, r3, r4}\n\t"
	                 "add r0, r0, r2\n\t"
	                 "add r7, r7, r3\n\t"
	                 "str r0, [lr]\n\t"
	                 "cmp r7, r4\n\t"
	                 "bne 1b"
	                 :
	                 : "r"(work)
	                 : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}

/* The sums of one pixel with any window, without biases. */
static void sum_window(const uint32_t *at, const uint32_t *program, const window_taps *window, uint32_t sums[CHANNELS]) {
	const uint8_t *tap = (const uint8_t *)at;
	memset(sums, 0, CHANNELS * sizeof sums[0]);
	program += CHANNELS;
	for (uint32_t row = 0; row < window->rows; row++, tap += window->row_skip) {
		for (uint32_t i = 0; i < window->taps; i++, tap += window->tap_step, program += 2) {
			const uint32_t even = dsp_load(tap), odd = dsp_load(tap + 4);
			sums[0] = dsp_multiply_low(even, program[0], sums[0]);
			sums[1] = dsp_multiply_low(odd, program[1], sums[1]);
			sums[2] = dsp_multiply_high(even, program[0], sums[2]);
			sums[3] = dsp_multiply_high(odd, program[1], sums[3]);
		}
	}
}

/* One strip: all its rows of output, for the four channels. */
static void run_strip(const convolution *layer, const window_taps *window, const uint32_t *strip, const uint32_t *program, bool plain, uint32_t channel, uint32_t channels, int32_t rows,
                      int8_t *output) {
	const size_t step = layer->output_channels, row_step = row_bytes(layer) / 4 * (size_t)layer->y.stride;
	const bool threes = plain && channels == CHANNELS && is_in_threes(layer);
	for (int32_t y = 0; y < rows; y++, strip += row_step) {
		if (threes) {
			const uint32_t blocks = window->rows == 1 ? (window->taps + 2) / 3 : window->rows;
			job work = { strip, program, blocks, window->row_skip, output, (uint32_t)layer->x.stride * COLUMN_BYTES, layer->output_channels, output + (size_t)layer->x.output * step };
			pixels_in_threes(&work);
			output += (size_t)layer->x.output * step;
			continue;
		}
		const uint32_t *at = strip;
		for (int32_t x = 0; x < layer->x.output; x++, at += layer->x.stride * COLUMN_BYTES / 4, output += step) {
			uint32_t sums[CHANNELS];
			sum_window(at, program, window, sums);
			requantize_sums(&layer->finish, channel, 1, sums, channels, output, 1);
		}
	}
}

/* All channels, four by four, each strip by strip. */
static void run_strips(const depthwise_conv_2d *operation, const int8_t *weights) {
	const convolution *layer = &operation->common;
	const window_taps window = window_taps_of(layer);
	const int32_t strip_rows = rows_of_strip(layer);
	const size_t image_bytes = (size_t)(layer->y.input * layer->x.input) * layer->input_channels;
	uint32_t *program = operation->scratch, *strip = program + program_bytes(layer) / 4;
	for (uint32_t channel = 0; channel < layer->output_channels; channel += CHANNELS) {
		const uint32_t left = layer->output_channels - channel, channels = left < CHANNELS ? left : CHANNELS;
		const bool fast = lay_out_program(layer, weights, channel, channels, program);
		const int8_t *image = (const int8_t *)layer->input + channel;
		int8_t *output = (int8_t *)layer->output + channel;
		for (uint32_t batch = 0; batch < layer->batches; batch++, image += image_bytes) {
			for (int32_t y = 0; y < layer->y.output; y += strip_rows) {
				const int32_t rows = layer->y.output - y < strip_rows ? layer->y.output - y : strip_rows;
				fill_strip(layer, image, y * layer->y.stride - layer->y.padding, covered(&layer->y, rows), channels, strip);
				run_strip(layer, &window, strip, program, fast, channel, channels, rows, output);
				output += (size_t)(rows * layer->x.output) * layer->output_channels;
			}
		}
	}
}

static void run(const depthwise_conv_2d *operation) {
	const convolution *layer = &operation->common;
	if (layer->unpacked != NULL) layer_unpack_int4(layer->weights, (uint32_t)(layer->y.filter * layer->x.filter) * layer->tap, layer->unpacked);
	const int8_t *weights = layer->unpacked != NULL ? layer->unpacked : layer->weights;
	if (one_channel_takes(layer)) one_channel_run(layer, weights, operation->scratch);
	else if (has_one_place(layer)) one_place_run(layer, weights);
	else if (three_by_three_takes(layer)) three_by_three_run(layer, weights, operation->scratch);
	else run_strips(operation, weights);
	requantize_activation(&layer->finish.range, layer->output, (size_t)layer->batches * (size_t)(layer->y.output * layer->x.output) * layer->output_channels);
}

const depthwise_conv_2d_fast arm_dsp_depthwise_conv_2d_fast = { takes, constant_bytes, scratch_bytes, NULL, run };

static bool prepare(tflite_preparation *preparation) {
	return depthwise_conv_2d_prepare(preparation, &arm_dsp_depthwise_conv_2d_fast);
}

static bool self_check(void) {
	uint64_t memory[ARM_DSP_CHECK_BYTES / 8];
	return depthwise_conv_2d_self_check(&arm_dsp_depthwise_conv_2d_fast, memory, sizeof memory);
}

const tflite_kernel arm_dsp_depthwise_conv_2d = DEPTHWISE_CONV_2D_KERNEL(prepare, self_check);
