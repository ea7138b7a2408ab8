/* Layers whose windows slide over an image, as products: a run is a row of the filter, or one tap of it. */
#ifndef ASSAY_TFLITE_WINDOWS_H
#define ASSAY_TFLITE_WINDOWS_H

#include "product.h"
#include "rows.h"

typedef struct {
	window_axis y;
	window_axis x;
	rows_shape rows;
	/* groups of channels, and in each of them the input channels and output channels */
	uint32_t groups;
	uint32_t inputs;
	uint32_t outputs;
	/* runs of a row of the filter, and their elements */
	uint32_t row_runs;
	uint32_t length;
	uint64_t constant_bytes;
	uint64_t scratch_bytes;
} windows;

/* An image of at most so many elements whose places are all computed alike is a single row. */
enum { WINDOWS_FLAT = 1 << 15 };

/* More memory than this is no longer near; such layers are computed in portable C. */
enum { WINDOWS_MOST_BYTES = 1 << 24 };

static bool windows_plan(const convolution *layer, uint32_t groups, windows *plan) {
	plan->y = layer->y;
	plan->x = layer->x;
	plan->groups = groups;
	plan->inputs = layer->input_channels / groups;
	plan->outputs = layer->output_channels / groups;
	const bool pointwise = plan->y.filter == 1 && plan->x.filter == 1 && plan->y.stride == 1 && plan->x.stride == 1;
	if (pointwise && (int64_t)plan->y.input * plan->x.input * layer->input_channels <= WINDOWS_FLAT) {
		plan->x.input *= plan->y.input;
		plan->x.output = plan->x.input;
		plan->y.input = plan->y.output = 1;
	}
	const bool joined = plan->x.dilation == 1 && groups == 1;
	plan->row_runs = joined ? 1 : (uint32_t)plan->x.filter;
	plan->length = joined ? (uint32_t)plan->x.filter * plan->inputs : plan->inputs;
	if (!rows_fit(&plan->y, &plan->x, layer->input_channels, &plan->rows)) return false;
	const uint64_t runs = (uint64_t)plan->y.filter * plan->row_runs;
	if (runs > WINDOWS_MOST_BYTES) return false;
	plan->constant_bytes = groups * product_bytes(plan->outputs, (uint32_t)runs, plan->length);
	plan->scratch_bytes = (rows_count(&plan->rows) * sizeof(element) + 7) / 8 * 8 + runs * sizeof(const element *);
	return plan->constant_bytes <= WINDOWS_MOST_BYTES && plan->scratch_bytes <= WINDOWS_MOST_BYTES;
}

static inline size_t windows_product_bytes(const windows *plan) {
	return (size_t)plan->constant_bytes / plan->groups;
}

/* `source` says where the first output's weights lie, and how far on those of the next. */
static void windows_start(const convolution *layer, const windows *plan, product_source source, void *constants) {
	uint8_t *to = constants;
	source.data = layer->weights;
	source.type = layer->weights_type;
	source.runs = (uint32_t)plan->y.filter * plan->row_runs;
	source.length = plan->length;
	for (uint32_t group = 0; group < plan->groups; group++, to += windows_product_bytes(plan)) {
		source.first = (size_t)group * plan->outputs * source.output_step;
		product_pack(to, &source, &layer->finish, layer->input_offset, group * plan->outputs, plan->outputs);
	}
}

static void windows_run(const convolution *layer, const windows *plan, const void *constants, uint8_t *scratch) {
	const uint8_t *products = constants;
	const rows_shape *shape = &plan->rows;
	const window_axis *y = &plan->y, *x = &plan->x;
	element *rows = (element *)(void *)scratch;
	const element **runs = (const element **)(void *)(scratch + (rows_count(shape) * sizeof(element) + 7) / 8 * 8);
	const int8_t *image = layer->input;
	product_row row = { runs, 0, (size_t)x->stride * layer->input_channels, layer->output, layer->output_channels };
	const size_t tap = (size_t)x->dilation * layer->input_channels;
	/* All bytes of an element that stands for the zero point are alike: there is one, or all are 0. */
	rows_pad(shape, sizeof(element), (uint8_t)vector_zero(layer->input_offset), rows);
	for (uint32_t batch = 0; batch < layer->batches; batch++, image += (size_t)y->input * shape->image) {
		int32_t next = 0;
		for (int32_t place = 0; place < y->output; place++) {
			const rows_span missing = rows_missing(y, place, next);
			for (next = missing.from; next < missing.to; next++) {
				vector_stretch(image + (size_t)next * shape->image, layer->input_offset, rows + rows_at(shape, y, next) + shape->before, shape->image);
			}
			const element **run = runs;
			for (int32_t filter = 0; filter < y->filter; filter++) {
				const element *from = rows + rows_at(shape, y, place * y->stride - y->padding + filter * y->dilation);
				for (uint32_t i = 0; i < plan->row_runs; i++) *run++ = from + i * tap;
			}
			int8_t *output = row.output;
			for (uint32_t group = 0; group < plan->groups; group++, row.output += plan->outputs) {
				row.first = (size_t)group * plan->inputs;
				product_run((const product *)(const void *)(products + group * windows_product_bytes(plan)), &row, (size_t)x->output);
			}
			row.output = output + (size_t)x->output * layer->output_channels;
		}
	}
}

#endif
