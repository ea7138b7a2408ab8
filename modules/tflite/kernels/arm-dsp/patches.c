#include "patches.h"

/* Elements that a window reaches over. */
static int32_t reach(const window_axis *axis) {
	return (axis->filter - 1) * axis->dilation + 1;
}

/* Whether no window hangs over an edge. */
static bool stays_inside(const window_axis *axis) {
	return axis->padding == 0 && (axis->output - 1) * axis->stride + reach(axis) <= axis->input;
}

patches patches_of(const conv_2d *conv) {
	const convolution *layer = &conv->common;
	const window_axis *y = &layer->y, *x = &layer->x;
	const bool whole = layer->tap == layer->input_channels;
	const bool taps_join = (x->dilation == 1 && whole) || x->filter == 1;
	const bool rows_join = (y->dilation == 1 && x->filter == x->input && whole) || y->filter == 1;
	const patches from = { layer, conv->filter, taps_join && rows_join && stays_inside(y) && stays_inside(x), layer->tap % 4 == 0, taps_join,
		                   (size_t)x->input * layer->input_channels, NULL };
	return from;
}

uint32_t patches_gathered_bytes(const patches *from) {
	return from->contiguous || from->grouped ? 0 : (from->elements + 3) / 4 * 4;
}

/* What a window is filled up with to whole groups is the input's zero point, which counts for nothing. */
void patches_begin(const patches *from) {
	const uint32_t bytes = patches_gathered_bytes(from);
	if (bytes > 0) memset(from->bytes, -from->layer->input_offset, bytes);
}

#define WIDEN(even_at, odd_at)                          \
	"ldr %[odd], [%[from]], #4\n\t"                     \
	"sxtab16 %[even], %[offsets], %[odd]\n\t"           \
	"sxtab16 %[odd], %[offsets], %[odd], ror #8\n\t"    \
	"str %[even], [%[to], #" even_at "]\n\t"            \
	"str %[odd], [%[to], #" odd_at "]\n\t"

/* A step is one group of four elements: an even and an odd pair of each pixel, 2 * DOT_PIXELS words. */
static inline uint32_t *widen(uint32_t *to, const int8_t *from, uint32_t groups, uint32_t offsets) {
	uint32_t even, odd;
	for (uint32_t rounds = groups / 4; rounds > 0; rounds--, to += 8 * DOT_PIXELS) {
		__asm__ volatile(WIDEN("0", "16") WIDEN("32", "48") WIDEN("64", "80") WIDEN("96", "112")
		                 : [even] "=&r"(even), [odd] "=&r"(odd), [from] "+r"(from)
		                 : [to] "r"(to), [offsets] "r"(offsets)
		                 : "memory");
	}
	for (uint32_t rest = groups % 4; rest > 0; rest--, to += 2 * DOT_PIXELS) {
		__asm__ volatile(WIDEN("0", "16") : [even] "=&r"(even), [odd] "=&r"(odd), [from] "+r"(from) : [to] "r"(to), [offsets] "r"(offsets) : "memory");
	}
	return to;
}

static uint32_t *clear(uint32_t *to, uint32_t groups) {
	for (; groups > 0; groups--, to += 2 * DOT_PIXELS) {
		to[0] = 0;
		to[DOT_PIXELS] = 0;
	}
	return to;
}

/* A few bytes: in assembly, as the compiler would call memmove for them. */
static inline void copy_run(int8_t *to, const int8_t *from, uint32_t bytes) {
	uint32_t word;
	for (uint32_t words = bytes / 4; words > 0; words--) {
		__asm__ volatile("ldr %[word], [%[from]], #4\n\tstr %[word], [%[to]], #4" : [word] "=&r"(word), [from] "+r"(from), [to] "+r"(to) : : "memory");
	}
	if (bytes & 2) {
		__asm__ volatile("ldrh %[word], [%[from]], #2\n\tstrh %[word], [%[to]], #2" : [word] "=&r"(word), [from] "+r"(from), [to] "+r"(to) : : "memory");
	}
	if (bytes & 1) *to = *from;
}

/* The taps of a row that lie on the image. */
static inline window_span taps_at(const window_axis *axis, int32_t x) {
	const int32_t origin = x * axis->stride - axis->padding;
	const window_span all = { 0, axis->filter, origin };
	return origin >= 0 && origin + reach(axis) <= axis->input ? all : window_at(axis, x);
}

/* Whether the window at a place, where it hangs over no edge, consists of whole groups although a tap does not. */
static inline bool lies_in_groups(const patches *from, const patches_place *place) {
	const window_axis *x = &from->layer->x;
	const int32_t origin = place->x * x->stride - x->padding;
	return from->joined && (uint32_t)x->filter * from->layer->tap % 4 == 0 && origin >= 0 && origin + reach(x) <= x->input;
}

/* The window's runs, each where it belongs; what hangs over the edge counts for nothing. */
static void fill_grouped(const patches *from, const int8_t *image, const patches_place *place, uint32_t *to) {
	const convolution *layer = from->layer;
	const window_span rows = place->rows, taps = taps_at(&layer->x, place->x);
	const uint32_t offsets = dsp_pair(layer->input_offset), tap = layer->tap, whole = (uint32_t)layer->x.filter * tap / 4;
	const uint32_t before = (uint32_t)taps.from * tap / 4, after = (uint32_t)(layer->x.filter - taps.to) * tap / 4;
	const uint32_t runs = from->joined ? 1 : (uint32_t)(taps.to - taps.from), length = (from->joined ? (uint32_t)(taps.to - taps.from) : 1) * tap / 4;
	const int8_t *row = image + (size_t)rows.start * from->width + (size_t)taps.start * layer->input_channels;
	to = clear(to, (uint32_t)rows.from * whole);
	if (from->joined && length == whole) {
		for (int32_t i = rows.from; i < rows.to; i++, row += (size_t)layer->y.dilation * from->width) to = widen(to, row, whole, offsets);
		clear(to, (uint32_t)(layer->y.filter - rows.to) * whole);
		return;
	}
	for (int32_t i = rows.from; i < rows.to; i++, row += (size_t)layer->y.dilation * from->width) {
		const int8_t *at = row;
		to = clear(to, before);
		for (uint32_t run = 0; run < runs; run++, at += (size_t)layer->x.dilation * layer->input_channels) to = widen(to, at, length, offsets);
		to = clear(to, after);
	}
	clear(to, (uint32_t)(layer->y.filter - rows.to) * whole);
}

/* The same byte by byte, then widened. */
static void fill_gathered(const patches *from, const int8_t *image, const patches_place *place, uint32_t *to) {
	const convolution *layer = from->layer;
	const window_span rows = place->rows, taps = taps_at(&layer->x, place->x);
	const uint32_t tap = layer->tap, row_bytes = (uint32_t)layer->x.filter * tap;
	const uint32_t runs = from->joined ? 1 : (uint32_t)(taps.to - taps.from), length = from->joined ? (uint32_t)(taps.to - taps.from) * tap : tap;
	const int8_t *row = image + (size_t)rows.start * from->width + (size_t)taps.start * layer->input_channels;
	if (rows.to - rows.from < layer->y.filter || taps.to - taps.from < layer->x.filter) memset(from->bytes, -layer->input_offset, from->elements);
	int8_t *bytes = from->bytes + (uint32_t)rows.from * row_bytes + (uint32_t)taps.from * tap;
	for (int32_t i = rows.from; i < rows.to; i++, row += (size_t)layer->y.dilation * from->width, bytes += row_bytes) {
		const int8_t *at = row;
		for (uint32_t run = 0; run < runs; run++, at += (size_t)layer->x.dilation * layer->input_channels) copy_run(bytes + run * tap, at, length);
	}
	widen(to, from->bytes, (from->elements + 3) / 4, dsp_pair(layer->input_offset));
}

static void fill_contiguous(const patches *from, const int8_t *window, uint32_t *to) {
	const int32_t offset = from->layer->input_offset;
	const uint32_t rest = from->elements % 4;
	to = widen(to, window, from->elements / 4, dsp_pair(offset));
	if (rest == 0) return;
	int8_t last[4];
	memset(last, -offset, sizeof last);
	for (uint32_t i = 0; i < rest; i++) last[i] = window[from->elements - rest + i];
	widen(to, last, 1, dsp_pair(offset));
}

void patches_fill(const patches *from, const int8_t *image, const patches_place *place, uint32_t *patch, uint32_t pixel) {
	if (from->contiguous) fill_contiguous(from, patches_at(from, image, place), patch + pixel);
	else if (from->grouped || lies_in_groups(from, place)) fill_grouped(from, image, place, patch + pixel);
	else fill_gathered(from, image, place, patch + pixel);
}

uint32_t patches_next(const convolution *layer, patches_walk *walk, patches_place places[DOT_PIXELS]) {
	uint32_t count = 0;
	for (; count < DOT_PIXELS && walk->y < layer->y.output; count++) {
		if (walk->x == 0 || count == 0) places[count].rows = window_at(&layer->y, walk->y);
		else places[count].rows = places[count - 1].rows;
		places[count].x = walk->x;
		if (++walk->x < layer->x.output) continue;
		walk->x = 0;
		walk->y++;
	}
	return count;
}
