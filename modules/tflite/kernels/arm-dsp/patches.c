#include "patches.h"

#include "dot-pixels.h"

/* Whether no window hangs over an edge. */
static bool stays_inside(const window_axis *axis) {
	return (axis->output - 1) * axis->stride - axis->padding + (axis->filter - 1) * axis->dilation + 1 <= axis->input && axis->padding == 0;
}

patches patches_of(const conv_2d *conv) {
	const convolution *layer = &conv->common;
	const window_axis *y = &layer->y, *x = &layer->x;
	/* Taps next to each other, and rows too. */
	const bool taps_join = (x->dilation == 1 && layer->tap == layer->input_channels) || x->filter == 1;
	const bool rows_join = (y->dilation == 1 && x->filter == x->input && layer->tap == layer->input_channels) || y->filter == 1;
	const patches from = { conv, conv->filter, taps_join && rows_join && stays_inside(y) && stays_inside(x), layer->tap % 4 == 0, NULL };
	return from;
}

uint32_t patches_gathered_bytes(const patches *from) {
	return from->contiguous || from->grouped ? 0 : (from->elements + 3) / 4 * 4;
}

/* A step is one group of four elements: an even and an odd pair of each pixel. */
static uint32_t *widen(uint32_t *to, const int8_t *from, uint32_t groups, uint32_t offsets) {
	for (; groups > 0; groups--, from += 4, to += 2 * DOT_PIXELS) {
		const uint32_t word = dsp_load(from);
		to[0] = dsp_add_even(offsets, word);
		to[DOT_PIXELS] = dsp_add_odd(offsets, word);
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

/* The window's runs, each where it belongs; what hangs over the edge counts for nothing. */
static void fill_grouped(const patches *from, const int8_t *image, int32_t y, int32_t x, uint32_t *to) {
	const convolution *layer = &from->conv->common;
	const window_span rows = window_at(&layer->y, y), taps = window_at(&layer->x, x);
	const uint32_t offsets = dsp_pair(layer->input_offset), tap = layer->tap / 4;
	const bool joined = layer->x.dilation == 1 && layer->tap == layer->input_channels;
	const uint32_t runs = joined ? 1 : (uint32_t)(taps.to - taps.from), length = joined ? (uint32_t)(taps.to - taps.from) * tap : tap;
	const size_t width = (size_t)layer->x.input * layer->input_channels;
	const int8_t *row = image + (size_t)rows.start * width + (size_t)taps.start * layer->input_channels;
	to = clear(to, (uint32_t)(rows.from * layer->x.filter) * tap);
	for (int32_t i = rows.from; i < rows.to; i++, row += (size_t)layer->y.dilation * width) {
		const int8_t *at = row;
		to = clear(to, (uint32_t)taps.from * tap);
		for (uint32_t run = 0; run < runs; run++, at += (size_t)layer->x.dilation * layer->input_channels) to = widen(to, at, length, offsets);
		to = clear(to, (uint32_t)(layer->x.filter - taps.to) * tap);
	}
	clear(to, (uint32_t)((layer->y.filter - rows.to) * layer->x.filter) * tap);
}

/* The same byte by byte, then widened; the input's zero point counts for nothing. */
static void fill_gathered(const patches *from, const int8_t *image, int32_t y, int32_t x, uint32_t *to) {
	const convolution *layer = &from->conv->common;
	const window_span rows = window_at(&layer->y, y), taps = window_at(&layer->x, x);
	const size_t width = (size_t)layer->x.input * layer->input_channels, step = (size_t)layer->x.dilation * layer->input_channels;
	const uint32_t tap = layer->tap, groups = (from->elements + 3) / 4;
	const bool joined = layer->x.dilation == 1 && tap == layer->input_channels;
	const uint32_t runs = joined ? 1 : (uint32_t)(taps.to - taps.from), length = joined ? (uint32_t)(taps.to - taps.from) * tap : tap;
	const int8_t *row = image + (size_t)rows.start * width + (size_t)taps.start * layer->input_channels;
	if (rows.to - rows.from < layer->y.filter || taps.to - taps.from < layer->x.filter || from->elements % 4 != 0) memset(from->bytes, -layer->input_offset, groups * 4);
	int8_t *bytes = from->bytes + (uint32_t)(rows.from * layer->x.filter + taps.from) * tap;
	for (int32_t i = rows.from; i < rows.to; i++, row += (size_t)layer->y.dilation * width, bytes += (uint32_t)layer->x.filter * tap) {
		const int8_t *at = row;
		int8_t *put = bytes;
		for (uint32_t run = 0; run < runs; run++, at += step) {
			for (uint32_t k = 0; k < length; k++) *put++ = at[k];
		}
	}
	widen(to, from->bytes, groups, dsp_pair(layer->input_offset));
}

void patches_fill(const patches *from, const int8_t *image, int32_t y, int32_t x, uint32_t *patch, uint32_t pixel) {
	const int32_t offset = from->conv->common.input_offset;
	uint32_t *to = patch + pixel;
	if (from->contiguous) {
		const int8_t *window = patches_at(from, image, y, x);
		const uint32_t rest = from->elements % 4;
		to = widen(to, window, from->elements / 4, dsp_pair(offset));
		if (rest == 0) return;
		/* Filled up with the zero point, which counts for nothing. */
		int8_t last[4] = { (int8_t)-offset, (int8_t)-offset, (int8_t)-offset, (int8_t)-offset };
		for (uint32_t i = 0; i < rest; i++) last[i] = window[from->elements - rest + i];
		widen(to, last, 1, dsp_pair(offset));
	} else if (from->grouped) {
		fill_grouped(from, image, y, x, to);
	} else {
		fill_gathered(from, image, y, x, to);
	}
}
