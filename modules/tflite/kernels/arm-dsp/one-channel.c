#include "one-channel.h"

#include "dot-pixels.h"
#include "patches.h"
#include "requantize.h"

/* Two taps that lie two apart become a pair. */
#define TAPS_PAIR(pair)                                     \
	"ldrsb " pair ", [%[weights]]\n\t"                      \
	"ldrsb r8, [%[weights], %[step], lsl #1]\n\t"           \
	"pkhbt " pair ", " pair ", r8, lsl #16\n\t"

#define HALF_STEP(pair)                                     \
	"ldmia %[patch]!, {r4, r5, r6, r8}\n\t"                 \
	"smlad %[a], r4, " pair ", %[a]\n\t"                    \
	"smlad %[b], r5, " pair ", %[b]\n\t"                    \
	"smlad %[c], r6, " pair ", %[c]\n\t"                    \
	"smlad %[d], r8, " pair ", %[d]\n\t"

/* Adds the sums of `groups` groups of four taps, which lie `step` bytes apart. */
static inline void sum_groups(const uint32_t *patch, const int8_t *weights, uint32_t step, uint32_t groups, uint32_t sums[DOT_PIXELS]) {
	uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3], even, odd;
	__asm__ volatile("1:\n\t"
	                 TAPS_PAIR("%[even]")
	                 "add %[weights], %[weights], %[step]\n\t"
	                 TAPS_PAIR("%[odd]")
	                 HALF_STEP("%[even]")
	                 "add %[weights], %[weights], %[step]\n\t"
	                 HALF_STEP("%[odd]")
	                 "add %[weights], %[weights], %[step], lsl #1\n\t"
	                 "subs %[groups], %[groups], #1\n\t"
	                 "bne 1b"
	                 : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [patch] "+r"(patch), [weights] "+r"(weights), [groups] "+r"(groups), [even] "=&r"(even), [odd] "=&r"(odd)
	                 : [step] "r"(step)
	                 : "r4", "r5", "r6", "r8", "cc", "memory");
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
}

/* The same for the up to three taps that make no group. */
static inline void sum_rest(const uint32_t *patch, const int8_t *weights, uint32_t step, uint32_t taps, uint32_t sums[DOT_PIXELS]) {
	const int32_t third = taps > 2 ? weights[2 * step] : 0, second = taps > 1 ? weights[step] : 0;
	const uint32_t even = (uint32_t)third << 16 | ((uint32_t)weights[0] & 0xffff), odd = (uint32_t)second & 0xffff;
	for (uint32_t i = 0; i < DOT_PIXELS; i++) sums[i] = dsp_multiply_pairs(patch[DOT_PIXELS + i], odd, dsp_multiply_pairs(patch[i], even, sums[i]));
}

/* The outputs of all filters at four pixels, or fewer. */
static void run_pixels(const convolution *layer, const uint32_t *patch, const int8_t *weights, uint32_t taps, int8_t *outputs, uint32_t pixels) {
	const requantizer finish = requantizer_of(&layer->finish);
	const uint32_t filters = layer->output_channels;
	for (uint32_t i = 0; i < filters; i++) {
		requantization by;
		const bool plain = requantizer_channel(&finish, i, &by);
		const uint32_t bias = plain ? requantizer_bias(&finish, i) : 0;
		uint32_t sums[DOT_PIXELS] = { bias, bias, bias, bias };
		if (taps >= 4) sum_groups(patch, weights + i, filters, taps / 4, sums);
		if (taps % 4 != 0) sum_rest(patch + taps / 4 * 2 * DOT_PIXELS, weights + i + (size_t)(taps / 4 * 4) * filters, filters, taps % 4, sums);
		for (uint32_t k = 0; k < pixels; k++) outputs[k * filters + i] = plain ? (int8_t)requantize(sums[k], &by) : layer_finish_int8(&layer->finish, sums[k], i);
	}
}

/* The sums of four filters at one place, of what lies on the image. */
static inline void sum_four(const convolution *layer, const int8_t *image, const int8_t *weights, const window_span *rows, const window_span *taps, uint32_t sums[4]) {
	const uint32_t filters = layer->output_channels;
	const int32_t offset = layer->input_offset, count = taps->to - taps->from, dilation = layer->x.dilation;
	uint32_t a = 0, b = 0, c = 0, d = 0;
	for (int32_t y = rows->from; y < rows->to; y++) {
		const int8_t *from = image + (size_t)(rows->start + (y - rows->from) * layer->y.dilation) * (size_t)layer->x.input + taps->start;
		const int8_t *with = weights + (size_t)(y * layer->x.filter + taps->from) * filters;
		for (int32_t x = count; x > 0; x--, from += dilation, with += filters) {
			const uint32_t value = (uint32_t)(*from + offset), word = dsp_load(with), even = dsp_even(word), odd = dsp_odd(word);
			a = dsp_multiply_low(even, value, a);
			b = dsp_multiply_low(odd, value, b);
			c = dsp_multiply_high_low(even, value, c);
			d = dsp_multiply_high_low(odd, value, d);
		}
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
}

/* One pixel without a patch. */
static void run_directly(const convolution *layer, const int8_t *image, const int8_t *weights, const patches_place *place, int8_t *outputs) {
	const window_span rows = place->rows, taps = window_at(&layer->x, place->x);
	const uint32_t filters = layer->output_channels;
	uint32_t i = 0, sums[4];
	for (; i + 4 <= filters; i += 4) {
		sum_four(layer, image, weights + i, &rows, &taps, sums);
		for (uint32_t k = 0; k < 4; k++) outputs[i + k] = layer_finish_int8(&layer->finish, sums[k], i + k);
	}
	for (; i < filters; i++) {
		uint32_t sum = 0;
		for (int32_t y = rows.from; y < rows.to; y++) {
			const int8_t *from = image + (size_t)(rows.start + (y - rows.from) * layer->y.dilation) * (size_t)layer->x.input + taps.start;
			const int8_t *with = weights + (size_t)(y * layer->x.filter + taps.from) * filters + i;
			for (int32_t x = taps.from; x < taps.to; x++, from += layer->x.dilation, with += filters) sum += (uint32_t)((*from + layer->input_offset) * *with);
		}
		outputs[i] = layer_finish_int8(&layer->finish, sum, i);
	}
}

void one_channel_run(const depthwise_conv_2d *operation, const int8_t *weights) {
	/* The window as a convolution of one channel has it. */
	conv_2d window;
	memset(&window, 0, sizeof window);
	window.common = operation->common;
	window.common.tap = 1;
	window.filter = (uint32_t)(window.common.y.filter * window.common.x.filter);
	const convolution *layer = &window.common;
	patches from = patches_of(&window);
	const uint32_t patch_bytes = dot_pixels_bytes(window.filter), bytes = patch_bytes + patches_gathered_bytes(&from), filters = layer->output_channels;
	const size_t image_bytes = (size_t)(layer->y.input * layer->x.input);
	int8_t *output = layer->output, *end = output + (size_t)layer->batches * (size_t)(layer->y.output * layer->x.output) * filters;
	/* As outputs are written from the front, the end is free until they come there. */
	const size_t room = (size_t)(end - output) < bytes + 4 ? 0 : (size_t)(end - output) - bytes;
	uint32_t *patch = (uint32_t *)(void *)(output + room / 4 * 4);
	from.bytes = (int8_t *)patch + patch_bytes;
	if (room > 0) patches_begin(&from);
	const int8_t *image = layer->input;
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += image_bytes) {
		patches_place at[DOT_PIXELS];
		int32_t y = 0, x = 0;
		while (y < layer->y.output) {
			const bool has_room = (size_t)(end - output) >= (size_t)DOT_PIXELS * filters + bytes + 4;
			uint32_t count = 0;
			for (; count < DOT_PIXELS && y < layer->y.output; count++) {
				at[count].rows = window_at(&layer->y, y);
				at[count].x = x;
				if (++x < layer->x.output) continue;
				x = 0;
				y++;
			}
			for (uint32_t i = 0; i < count && has_room; i++) patches_fill(&from, image, &at[i], patch, i);
			if (has_room) run_pixels(layer, patch, weights, window.filter, output, count);
			for (uint32_t i = 0; i < count && !has_room; i++) run_directly(layer, image, weights, &at[i], output + i * filters);
			output += (size_t)count * filters;
		}
	}
	requantize_activation(&layer->finish.range, layer->output, (size_t)(end - (int8_t *)layer->output));
}
