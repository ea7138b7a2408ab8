#include "one-channel.h"

#include "filters.h"
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

/* Adds the sums of `groups` groups of four taps, which lie `step` bytes apart. By itself, as it takes all registers. */
__attribute__((noinline)) static void sum_groups(const uint32_t *patch, const int8_t *weights, uint32_t step, uint32_t groups, uint32_t sums[DOT_PIXELS]) {
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

/*
 * Part of a window: rows of it that together have at most so many taps. The patches of four pixels for it, and the sums of so many filters, lie on the
 * stack: there is often no memory to spare at such a layer, the first of a model.
 */
enum { PART_TAPS = 32, PART_FILTERS = 8 };

typedef struct {
	const convolution *layer;
	/* the part's window as a convolution of one channel has it */
	conv_2d window;
	patches from;
	int8_t bytes[PART_TAPS];
	uint32_t patch[PART_TAPS / 2 * DOT_PIXELS];
	uint32_t sums[PART_FILTERS][DOT_PIXELS];
} work;

/* The rows of a span that lie in a part, counted from its first. */
static window_span rows_in_part(const window_span *rows, int32_t first, int32_t count, int32_t dilation) {
	const int32_t from = rows->from > first ? rows->from : first, to = rows->to < first + count ? rows->to : first + count;
	const window_span nothing = { 0, 0, 0 }, part = { from - first, to - first, rows->start + (from - rows->from) * dilation };
	return from < to ? part : nothing;
}

/* Puts together what a part of the window sees at the places. */
static void fill_part(work *at, const int8_t *image, const patches_place *places, uint32_t pixels, int32_t first, int32_t rows) {
	at->window.common.y.filter = rows;
	at->window.filter = (uint32_t)(rows * at->layer->x.filter);
	at->from = patches_of(&at->window);
	at->from.contiguous = false;
	at->from.bytes = at->bytes;
	patches_begin(&at->from);
	for (uint32_t i = 0; i < pixels; i++) {
		const patches_place place = { rows_in_part(&places[i].rows, first, rows, at->layer->y.dilation), places[i].x };
		patches_fill(&at->from, image, &place, at->patch, i);
	}
}

/* The outputs of up to PART_FILTERS filters at up to four pixels. */
static void run_filters(work *at, const int8_t *image, const int8_t *weights, const patches_place *places, uint32_t pixels, uint32_t filter, uint32_t count, int8_t *outputs) {
	const convolution *layer = at->layer;
	const uint32_t filters = layer->output_channels;
	const int32_t together = PART_TAPS / layer->x.filter;
	memset(at->sums, 0, sizeof at->sums);
	for (int32_t row = 0; row < layer->y.filter; row += together) {
		const int32_t rows = layer->y.filter - row < together ? layer->y.filter - row : together;
		fill_part(at, image, places, pixels, row, rows);
		const uint32_t taps = at->window.filter, groups = taps / 4;
		const int8_t *with = weights + (size_t)(row * layer->x.filter) * filters + filter;
		for (uint32_t i = 0; i < count; i++, with++) {
			if (groups > 0) sum_groups(at->patch, with, filters, groups, at->sums[i]);
			if (taps % 4 != 0) sum_rest(at->patch + groups * 2 * DOT_PIXELS, with + (size_t)(groups * 4) * filters, filters, taps % 4, at->sums[i]);
		}
	}
	for (uint32_t i = 0; i < count; i++) requantize_sums(&layer->finish, filter + i, 0, at->sums[i], pixels, outputs + i, filters);
}

bool one_channel_takes(const convolution *layer) {
	return layer->input_channels == 1 && layer->x.filter <= PART_TAPS;
}

/* Elements of a filter that is small enough to be turned into a convolution's, filled up to whole groups; 0 if it is not. */
static uint32_t turned_taps(const convolution *layer) {
	return layer->y.filter > PART_TAPS / layer->x.filter || layer->output_channels > 1 << 20 ? 0 : ((uint32_t)(layer->y.filter * layer->x.filter) + 3) / 4 * 4;
}

uint32_t one_channel_scratch_bytes(const convolution *layer) {
	return turned_taps(layer) * layer->output_channels;
}

/* The weights [filter][tap]. */
static void turn(const convolution *layer, const int8_t *weights, uint32_t taps, int8_t *turned) {
	const uint32_t filters = layer->output_channels, all = (uint32_t)(layer->y.filter * layer->x.filter);
	for (uint32_t filter = 0; filter < filters; filter++) {
		for (uint32_t tap = 0; tap < taps; tap++) *turned++ = tap < all ? weights[(size_t)tap * filters + filter] : (int8_t)0;
	}
}

static conv_2d window_of(const convolution *layer) {
	conv_2d window;
	memset(&window, 0, sizeof window);
	window.common = *layer;
	window.common.tap = 1;
	window.filter = (uint32_t)(layer->y.filter * layer->x.filter);
	return window;
}

/* Small windows: as a convolution. */
static void run_turned(const convolution *layer, const int8_t *image, const int8_t *turned, uint32_t taps, int8_t *output) {
	int8_t bytes[PART_TAPS];
	uint32_t patch[PART_TAPS / 2 * DOT_PIXELS];
	conv_2d window = window_of(layer);
	patches from = patches_of(&window);
	from.bytes = bytes;
	patches_begin(&from);
	window.filter = taps;
	const filters weights = filters_of(&window, turned, NULL);
	patches_place places[DOT_PIXELS];
	patches_walk walk = { 0, 0 };
	for (uint32_t pixels; (pixels = patches_next(layer, &walk, places)) > 0; output += (size_t)pixels * layer->output_channels) {
		for (uint32_t i = 0; i < pixels; i++) patches_fill(&from, image, &places[i], patch, i);
		filters_int8(&window, &weights, patch, 0, layer->output_channels, output, pixels);
	}
}

/* Large ones: part by part. */
static void run_in_parts(const convolution *layer, const int8_t *image, const int8_t *weights, int8_t *output) {
	const uint32_t filters = layer->output_channels;
	work at;
	at.layer = layer;
	at.window = window_of(layer);
	patches_place places[DOT_PIXELS];
	patches_walk walk = { 0, 0 };
	for (uint32_t pixels; (pixels = patches_next(layer, &walk, places)) > 0; output += (size_t)pixels * filters) {
		for (uint32_t i = 0; i < filters; i += PART_FILTERS) {
			run_filters(&at, image, weights, places, pixels, i, filters - i < PART_FILTERS ? filters - i : PART_FILTERS, output + i);
		}
	}
}

void one_channel_run(const convolution *layer, const int8_t *weights, int8_t *scratch) {
	const uint32_t taps = turned_taps(layer);
	const size_t image_bytes = (size_t)(layer->y.input * layer->x.input), output_bytes = (size_t)(layer->y.output * layer->x.output) * layer->output_channels;
	if (taps > 0) turn(layer, weights, taps, scratch);
	for (uint32_t batch = 0; batch < layer->batches; batch++) {
		const int8_t *image = (const int8_t *)layer->input + batch * image_bytes;
		int8_t *output = (int8_t *)layer->output + batch * output_bytes;
		if (taps > 0) run_turned(layer, image, scratch, taps, output);
		else run_in_parts(layer, image, weights, output);
	}
}
