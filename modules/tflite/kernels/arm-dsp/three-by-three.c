#include "three-by-three.h"

#include "dsp.h"
#include "places.h"
#include "requantize.h"

/* Channels that are widened together, and what they may take, if that is enough for two rows of output. */
enum { CHANNELS = 4, STRIP_BYTES = 1024 };

bool three_by_three_takes(const convolution *layer) {
	const window_axis *y = &layer->y, *x = &layer->x;
	return y->filter == 3 && x->filter == 3 && y->stride == 1 && x->stride == 1 && y->dilation == 1 && x->dilation == 1 && x->output < 1 << 14;
}

/* Words of a pair of rows of one channel. */
static uint32_t pitch_of(const convolution *layer) {
	return (uint32_t)layer->x.output + 2;
}

/* Pairs of output rows of a strip, for which one pair more is widened. */
static uint32_t pairs_of_strip(const convolution *layer) {
	const uint32_t pair_bytes = CHANNELS * 4 * pitch_of(layer), all = ((uint32_t)layer->y.output + 1) / 2, most = STRIP_BYTES / pair_bytes;
	return most < 2 ? 1 : most - 1 < all ? most - 1 : all;
}

uint32_t three_by_three_scratch_bytes(const convolution *layer) {
	return CHANNELS * 4 * pitch_of(layer) * (pairs_of_strip(layer) + 1);
}

/* The four channels of one pixel in two rows; `step` words from one channel to the next. */
static inline void put_pixel(uint32_t upper, uint32_t lower, uint32_t upper_offsets, uint32_t lower_offsets, uint32_t *to, size_t step) {
	const uint32_t upper_even = dsp_add_even(upper_offsets, upper), upper_odd = dsp_add_odd(upper_offsets, upper);
	const uint32_t lower_even = dsp_add_even(lower_offsets, lower), lower_odd = dsp_add_odd(lower_offsets, lower);
	to[0] = dsp_low_halves(upper_even, lower_even);
	to[step] = dsp_low_halves(upper_odd, lower_odd);
	to[2 * step] = dsp_high_halves(upper_even, lower_even);
	to[3 * step] = dsp_high_halves(upper_odd, lower_odd);
}

static inline uint32_t load_channels(const int8_t *from, uint32_t channels) {
	if (channels == CHANNELS) return dsp_load(from);
	uint32_t word = 0;
	for (uint32_t i = 0; i < channels; i++) word |= (uint32_t)(uint8_t)from[i] << 8 * i;
	return word;
}

/* Widens rows `y` and `y + 1` of the image; what lies outside becomes 0. `step` words from one channel to the next. */
static void widen_pair(const convolution *layer, const int8_t *image, int32_t y, uint32_t channels, uint32_t *to, size_t step) {
	const int32_t columns = (int32_t)pitch_of(layer), left = layer->x.padding, room = columns - left, inside = room < layer->x.input ? room : layer->x.input;
	const size_t width = (size_t)layer->x.input * layer->input_channels;
	const bool has_upper = y >= 0 && y < layer->y.input, has_lower = y + 1 >= 0 && y + 1 < layer->y.input;
	const uint32_t offsets = dsp_pair(layer->input_offset), upper_offsets = has_upper ? offsets : 0, lower_offsets = has_lower ? offsets : 0;
	/* A row that is not there is read as another one, and made 0. */
	const int8_t *upper = image + (size_t)(has_upper ? y : has_lower ? y + 1 : 0) * width, *lower = image + (size_t)(has_lower ? y + 1 : has_upper ? y : 0) * width;
	const uint32_t upper_mask = has_upper ? UINT32_MAX : 0, lower_mask = has_lower ? UINT32_MAX : 0;
	for (int32_t x = 0; x < left; x++, to++) put_pixel(0, 0, 0, 0, to, step);
	if (channels == CHANNELS && has_upper && has_lower) {
		for (int32_t x = inside; x > 0; x--, upper += layer->input_channels, lower += layer->input_channels, to++) put_pixel(dsp_load(upper), dsp_load(lower), offsets, offsets, to, step);
	} else {
		for (int32_t x = inside; x > 0; x--, upper += layer->input_channels, lower += layer->input_channels, to++) {
			put_pixel(load_channels(upper, channels) & upper_mask, load_channels(lower, channels) & lower_mask, upper_offsets, lower_offsets, to, step);
		}
	}
	for (int32_t x = left + inside; x < columns; x++, to++) put_pixel(0, 0, 0, 0, to, step);
}

/* What the loop over pixels keeps on the stack, then what it keeps in registers; in the order in which both are loaded. */
typedef struct {
	requantization by;
	uint32_t bias;
	uint32_t output_step;
	uint32_t row_step;
	const uint32_t *end;
	uint32_t pairs;
	uint32_t output_skip;
	uint32_t row_words_bytes;
	const uint32_t *upper;
	const uint32_t *lower;
	int8_t *output;
	/* of the three columns: rows 0 and 1, then rows 1 and 2 */
	uint32_t weights[6];
} job;

/* As requantize(), with the channel's multiplier, addend and shift in r10, r11 and lr. */
#define FINISH(sum)                                       \
	"smmlar " sum ", " sum ", r10, " sum "\n\t"           \
	"add " sum ", " sum ", " sum ", asr #31\n\t"          \
	"qadd " sum ", " sum ", r11\n\t"                      \
	"asr " sum ", " sum ", lr\n\t"                        \
	"ssat " sum ", #8, " sum "\n\t"

/*
 * All pairs of output rows of one channel in a strip: 18 instructions for an output. r0 and r1 are where the window lies in two pairs of rows, r2 the
 * output, r3 and r12 the sums of two rows, r4 to r9 the weights. The upper output's third row is the lower pair's first, the lower output's first row
 * the upper pair's second.
 */
__attribute__((noinline)) static void channel_in_pairs(const job *at) {
	register const job *work __asm__("lr") = at;
	__asm__ volatile("ldmia lr!, {r3, r4, r5, r6, r7, r8, r9, r10, r11, r12}\n\t"
	                 "push {r3, r4, r5, r6, r7, r8, r9, r10, r11, r12}\n\t"
	                 "ldmia lr, {r0, r1, r2, r4, r5, r6, r7, r8, r9}\n"
	                 "1:\n\t"
	                 "ldr r3, [sp, #12]\n\t"
	                 "ldm r0, {r10, r11, lr}\n\t"
	                 "mov r12, r3\n\t"
	                 "smlad r3, r10, r4, r3\n\t"
	                 "smlad r3, r11, r5, r3\n\t"
	                 "smlad r3, lr, r6, r3\n\t"
	                 "smlatb r12, r10, r4, r12\n\t"
	                 "smlatb r12, r11, r5, r12\n\t"
	                 "smlatb r12, lr, r6, r12\n\t"
	                 "ldm r1, {r10, r11, lr}\n\t"
	                 "smlabt r3, r10, r7, r3\n\t"
	                 "smlabt r3, r11, r8, r3\n\t"
	                 "smlabt r3, lr, r9, r3\n\t"
	                 "smlad r12, r10, r7, r12\n\t"
	                 "smlad r12, r11, r8, r12\n\t"
	                 "smlad r12, lr, r9, r12\n\t"
	                 "add r0, r0, #4\n\t"
	                 "add r1, r1, #4\n\t"
	                 "ldm sp, {r10, r11, lr}\n\t"
	                 FINISH("r3") FINISH("r12")
	                 "ldrd r10, r11, [sp, #16]\n\t"
	                 "ldr lr, [sp, #24]\n\t"
	                 "strb r12, [r2, r11]\n\t"
	                 "strb r3, [r2]\n\t"
	                 "add r2, r2, r10\n\t"
	                 "cmp r0, lr\n\t"
	                 "bne 1b\n\t"
	                 /* The next pair of rows begins behind the two columns that only windows reach over. */
	                 "ldrd r10, r11, [sp, #28]\n\t"
	                 "subs r10, r10, #1\n\t"
	                 "beq 2f\n\t"
	                 "str r10, [sp, #28]\n\t"
	                 "add r2, r2, r11\n\t"
	                 "ldr r10, [sp, #36]\n\t"
	                 "add r0, r0, #8\n\t"
	                 "add r1, r1, #8\n\t"
	                 "add lr, r0, r10\n\t"
	                 "str lr, [sp, #24]\n\t"
	                 "b 1b\n"
	                 "2:\n\t"
	                 "add sp, sp, #40"
	                 : "+r"(work)
	                 :
	                 : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}

/* The outputs of one channel, whose multiplier is plain, in a strip of so many rows of output. */
static void run_channel(const convolution *layer, const int8_t *weights, uint32_t channel, const uint32_t *strip, uint32_t rows, int8_t *output) {
	const uint32_t channels = layer->output_channels, pitch = pitch_of(layer), row_bytes = (uint32_t)layer->x.output * channels;
	job work;
	for (uint32_t i = 0; i < 3; i++) {
		const int8_t *column = weights + (size_t)i * channels;
		const int32_t first = column[0], second = column[3 * (size_t)channels], third = column[6 * (size_t)channels];
		work.weights[i] = dsp_low_halves((uint32_t)first, (uint32_t)second);
		work.weights[3 + i] = dsp_low_halves((uint32_t)second, (uint32_t)third);
	}
	work.upper = strip;
	work.lower = strip + pitch;
	work.output = output;
	requantize_channel(&layer->finish, channel, &work.by);
	work.bias = requantize_bias(&layer->finish, channel);
	work.output_step = channels;
	work.row_step = row_bytes;
	work.row_words_bytes = 4 * (uint32_t)layer->x.output;
	work.output_skip = row_bytes;
	if (rows > 1) {
		work.pairs = rows / 2;
		work.end = work.upper + layer->x.output;
		channel_in_pairs(&work);
	}
	if (rows % 2 == 0) return;
	/* Of the last pair only the upper output, which is stored after the lower one in the same place. */
	work.upper = strip + (size_t)(rows / 2) * pitch;
	work.lower = work.upper + pitch;
	work.output = output + (size_t)(rows - 1) * row_bytes;
	work.row_step = 0;
	work.pairs = 1;
	work.end = work.upper + layer->x.output;
	channel_in_pairs(&work);
}

/* Up to four channels of one image. */
static void run_image(const convolution *layer, const int8_t *image, const int8_t *weights, uint32_t channel, uint32_t together, uint32_t *scratch, int8_t *output) {
	const uint32_t pitch = pitch_of(layer), pairs = pairs_of_strip(layer), rows = (uint32_t)layer->y.output;
	const size_t row_bytes = (size_t)layer->x.output * layer->output_channels, step = (size_t)pitch * (pairs + 1);
	for (uint32_t y = 0; y < rows; y += 2 * pairs) {
		const uint32_t some = rows - y < 2 * pairs ? rows - y : 2 * pairs;
		for (uint32_t pair = 0; pair <= (some + 1) / 2; pair++) widen_pair(layer, image, (int32_t)(y + 2 * pair) - layer->y.padding, together, scratch + pair * pitch, step);
		for (uint32_t i = 0; i < together; i++) {
			if (requantize_is_plain(requantize_shift(&layer->finish, channel + i))) run_channel(layer, weights + i, channel + i, scratch + i * step, some, output + y * row_bytes + i);
		}
	}
}

void three_by_three_run(const depthwise_conv_2d *operation, const int8_t *weights, uint32_t *scratch) {
	const convolution *layer = &operation->common;
	const uint32_t channels = layer->output_channels;
	const size_t image_bytes = (size_t)(layer->y.input * layer->x.input) * channels, output_bytes = (size_t)(layer->y.output * layer->x.output) * channels;
	for (uint32_t batch = 0; batch < layer->batches; batch++) {
		const int8_t *image = (const int8_t *)layer->input + batch * image_bytes;
		int8_t *output = (int8_t *)layer->output + batch * output_bytes;
		for (uint32_t channel = 0; channel < channels; channel += CHANNELS) {
			run_image(layer, image + channel, weights + channel, channel, channels - channel < CHANNELS ? channels - channel : CHANNELS, scratch, output + channel);
		}
	}
	for (uint32_t channel = 0; channel < channels; channel++) {
		if (!requantize_is_plain(requantize_shift(&layer->finish, channel))) places_run(operation, weights, channel, channel + 1);
	}
}
