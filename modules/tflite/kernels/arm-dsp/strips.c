#include "strips.h"

#include "dsp.h"
#include "requantize.h"

enum { CHANNELS = 4, COLUMN_BYTES = CHANNELS * 2 };
/* What the widened rows may take, if that is enough for one row of output. */
enum { STRIP_BYTES = 1024 };

/* Elements of an axis that windows cover. */
static uint32_t covered(const window_axis *axis, int32_t outputs) {
	return (uint32_t)((outputs - 1) * axis->stride + (axis->filter - 1) * axis->dilation + 1);
}

static uint32_t row_bytes(const convolution *layer) {
	return covered(&layer->x, layer->x.output) * COLUMN_BYTES;
}

static bool is_in_one_piece(const convolution *layer) {
	return layer->y.dilation == 1 && row_bytes(layer) == (uint32_t)layer->x.filter * COLUMN_BYTES;
}

bool strips_take(const convolution *layer) {
	/* Wide gaps between rows would make a strip larger than the image that it is made of. */
	return layer->x.dilation == 1 && (layer->x.filter == 3 || is_in_one_piece(layer)) && layer->y.filter * layer->x.filter <= 1 << 12 &&
	       (uint64_t)layer->x.output * (uint32_t)layer->x.stride * covered(&layer->y, 1) <= 1 << 16;
}

static uint32_t blocks_of(const convolution *layer) {
	return ((uint32_t)(layer->y.filter * layer->x.filter) + 2) / 3;
}

/* Words of what one pixel of four channels reads, in this order: 4 biases, 2 pairs for each tap, 3 for each multiplier. */
static uint32_t program_words(const convolution *layer) {
	return 4 + blocks_of(layer) * 3 * 2 + 4 * 3;
}

/* How many rows of output are computed from one strip. */
static uint32_t rows_of_strip(const convolution *layer) {
	const uint32_t most = STRIP_BYTES / row_bytes(layer), one = covered(&layer->y, 1), all = (uint32_t)layer->y.output;
	const uint32_t rows = most < one ? 1 : (most - one) / (uint32_t)layer->y.stride + 1;
	return rows < all ? rows : all;
}

uint32_t strips_scratch_bytes(const convolution *layer) {
	/* Windows that are filled up reach over the end. */
	return program_words(layer) * 4 + covered(&layer->y, (int32_t)rows_of_strip(layer)) * row_bytes(layer) + 2 * COLUMN_BYTES;
}

static bool lay_out_program(const convolution *layer, const int8_t *weights, uint32_t channel, uint32_t *program) {
	const uint32_t taps = (uint32_t)(layer->y.filter * layer->x.filter), all = blocks_of(layer) * 3;
	uint32_t *multipliers = program + CHANNELS + 2 * all;
	for (uint32_t i = 0; i < CHANNELS; i++, multipliers += 3) {
		requantization by;
		if (!requantize_channel(&layer->finish, channel + i, &by)) return false;
		memcpy(multipliers, &by, sizeof by);
		*program++ = requantize_bias(&layer->finish, channel + i);
	}
	weights += channel;
	for (uint32_t tap = 0; tap < all; tap++, weights += layer->tap, program += 2) {
		const uint32_t word = tap < taps ? dsp_load(weights) : 0;
		program[0] = dsp_even(word);
		program[1] = dsp_odd(word);
	}
	return true;
}

/* Widens the rows under a strip that begins at row `top` of the image; what lies outside becomes 0. */
static void fill_strip(const convolution *layer, const int8_t *image, int32_t top, uint32_t rows, uint32_t *to) {
	const uint32_t offsets = dsp_pair(layer->input_offset), columns = covered(&layer->x, layer->x.output), left = (uint32_t)layer->x.padding, room = columns - left;
	const uint32_t inside = room < (uint32_t)layer->x.input ? room : (uint32_t)layer->x.input;
	memset(to, 0, (size_t)rows * columns * COLUMN_BYTES);
	for (const int32_t end = top + (int32_t)rows; top < end; top++, to += 2 * columns) {
		if (top < 0 || top >= layer->y.input) continue;
		const int8_t *from = image + (size_t)top * (size_t)layer->x.input * layer->input_channels;
		uint32_t *put = to + 2 * left;
		for (uint32_t x = inside; x > 0; x--, from += layer->input_channels, put += 2) {
			const uint32_t word = dsp_load(from);
			put[0] = dsp_add_even(offsets, word);
			put[1] = dsp_add_odd(offsets, word);
		}
	}
}

/* What the loop over pixels keeps in memory, in the order in which it is loaded. */
typedef struct {
	const uint32_t *at;
	const uint32_t *program;
	uint32_t blocks;
	/* from the end of a block to the next */
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

/* A row of pixels. By itself, as it takes all registers. */
__attribute__((noinline)) static void run_row(job *at) {
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

bool strips_run(const convolution *layer, const int8_t *weights, uint32_t channel, uint32_t *scratch) {
	const uint32_t strip_rows = rows_of_strip(layer), all = (uint32_t)layer->y.output, step = layer->output_channels, width = (uint32_t)layer->x.output * step;
	const uint32_t strip_row = row_bytes(layer) * (uint32_t)layer->y.stride / 4, block_skip = is_in_one_piece(layer) ? 0 : row_bytes(layer) * (uint32_t)layer->y.dilation - 3 * COLUMN_BYTES;
	const int8_t *image = (const int8_t *)layer->input + channel;
	int8_t *output = (int8_t *)layer->output + channel;
	uint32_t *strip = scratch + program_words(layer);
	if (!lay_out_program(layer, weights, channel, scratch)) return false;
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += (size_t)(layer->y.input * layer->x.input) * layer->input_channels) {
		for (uint32_t y = 0; y < all; y++, output += width) {
			const uint32_t left = all - y, row = y % strip_rows;
			if (row == 0) {
				fill_strip(layer, image, (int32_t)y * layer->y.stride - layer->y.padding, covered(&layer->y, (int32_t)(left < strip_rows ? left : strip_rows)), strip);
			}
			job work = { strip + row * strip_row, scratch, blocks_of(layer), block_skip, output, (uint32_t)layer->x.stride * COLUMN_BYTES, step, output + width };
			run_row(&work);
		}
	}
	return true;
}
