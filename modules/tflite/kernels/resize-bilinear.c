/* RESIZE_BILINEAR: each pixel of the output is a mean of the four of the input around its place, weighted by their distance. */
#include "kernels.h"
#include "resize.h"

/* int8 places have so many bits behind the point. */
enum { FRACTION_BITS = 10, ONE = 1 << FRACTION_BITS };

/* A place along one axis: between the elements low and high, and how far behind low. */
typedef struct {
	uint32_t low;
	uint32_t high;
	union {
		/* in units of 2^-10; from -2^9 on, where half a pixel lies before the first middle */
		int32_t fixed;
		float real;
	} behind;
} place;

typedef struct {
	resize image;
	tflite_type type;
	/* in scratch memory: places of the columns, their elements counted from the start of a row */
	place *columns;
} resize_bilinear;

static place place_fixed(uint32_t at, uint32_t input, uint32_t output, const resize *image) {
	const bool corners = image->align_corners && output > 1;
	const int32_t whole = (int32_t)(corners ? input - 1 : input), parts = (int32_t)(corners ? output - 1 : output);
	const int32_t scale = (ONE * whole + parts / 2) / parts, last = (int32_t)input - 1;
	const int32_t exact = (int32_t)at * scale + (image->half_pixel_centers ? scale / 2 - ONE / 2 : 0);
	const int32_t low = exact > 0 ? exact / ONE : 0, high = (exact + ONE - 1) / ONE;
	place result = { (uint32_t)low, (uint32_t)(high < last ? high : last), { exact - ONE * low } };
	return result;
}

static place place_real(uint32_t at, uint32_t input, uint32_t output, const resize *image) {
	const bool corners = image->align_corners && output > 1;
	const float scale = corners ? (float)(input - 1) / (float)(output - 1) : (float)input / (float)output;
	const float exact = image->half_pixel_centers ? ((float)at + 0.5f) * scale - 0.5f : (float)at * scale;
	const int32_t whole = (int32_t)exact, last = (int32_t)input - 1, high = whole + (exact > (float)whole);
	place result = { (uint32_t)whole, (uint32_t)(high < last ? high : last), { 0 } };
	result.behind.real = exact - (float)whole;
	return result;
}

static place place_of(const resize_bilinear *operation, uint32_t at, uint32_t input, uint32_t output) {
	return tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32 ? place_real(at, input, output, &operation->image) : place_fixed(at, input, output, &operation->image);
}

/* Rounding of the scale may bring the last place behind the last pixel, where the reference reads out of bounds. */
static bool check_last(tflite_preparation *preparation, const tflite_operand *output, const resize_bilinear *plan) {
	const resize *image = &plan->image;
	return (place_of(plan, image->output_height - 1, image->input_height, image->output_height).low < image->input_height &&
	        place_of(plan, image->output_width - 1, image->input_width, image->output_width).low < image->input_width) ||
	       tflite_refuse(preparation, TFLITE_UNSUPPORTED, output, "a size whose scale, in steps of 2^-10, ends inside of the input");
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output;
	resize_bilinear plan;
	if (!resize_prepare(preparation, RESIZE_BILINEAR_ALIGN_CORNERS, RESIZE_BILINEAR_HALF_PIXEL_CENTERS, &input, &output, &plan.image)) return false;
	if ((input.type != TFLITE_INT8 && input.type != TFLITE_FLOAT32) || !tflite_has(input.type)) return tflite_refuse_type(preparation, &input, "int8 or float32 input");
	if (plan.image.align_corners && plan.image.half_pixel_centers) return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, NULL, "aligned corners or half-pixel centres, not both");
	plan.type = input.type;
	plan.columns = (place *)(void *)preparation->scratch;
	if (!check_last(preparation, &output, &plan)) return false;
	const uint64_t work = (uint64_t)output.count * 8 + (uint64_t)plan.image.batches * plan.image.output_height * plan.image.output_width * 4;
	resize_bilinear *state = tflite_state(preparation, (uint32_t)sizeof(resize_bilinear), plan.image.output_width * (uint32_t)sizeof(place), work);
	if (state != NULL) *state = plan;
	return true;
}

static void row_int8(const resize_bilinear *operation, const int8_t *low, const int8_t *high, int32_t behind, int8_t *to) {
	for (uint32_t x = 0; x < operation->image.output_width; x++) {
		const place *column = &operation->columns[x];
		const int32_t right = column->behind.fixed, left = ONE - right, above = ONE - behind;
		for (uint32_t c = 0; c < operation->image.depth; c++) {
			/* at most 2^7 * 2^11 * 2^11 in 32 bits */
			const int32_t sum = low[column->low + c] * above * left + high[column->low + c] * behind * left + low[column->high + c] * above * right + high[column->high + c] * behind * right;
			*to++ = (int8_t)((sum + (sum > 0 ? 1 : -1) * (ONE * ONE / 2)) / (ONE * ONE));
		}
	}
}

static void row_float32(const resize_bilinear *operation, const float *low, const float *high, float behind, float *to) {
	for (uint32_t x = 0; x < operation->image.output_width; x++) {
		const place *column = &operation->columns[x];
		const float right = column->behind.real, left = 1.0f - right, above = 1.0f - behind;
		for (uint32_t c = 0; c < operation->image.depth; c++) {
			*to++ = low[column->low + c] * above * left + high[column->low + c] * behind * left + low[column->high + c] * above * right + high[column->high + c] * behind * right;
		}
	}
}

static void invoke(const void *state) {
	const resize_bilinear *operation = state;
	const resize *image = &operation->image;
	const size_t input_row = (size_t)image->input_width * image->depth, output_row = (size_t)image->output_width * image->depth;
	size_t from = 0, to = 0;
	for (uint32_t x = 0; x < image->output_width; x++) {
		place column = place_of(operation, x, image->input_width, image->output_width);
		column.low *= image->depth;
		column.high *= image->depth;
		operation->columns[x] = column;
	}
	for (uint32_t batch = 0; batch < image->batches; batch++, from += image->input_height * input_row) {
		for (uint32_t y = 0; y < image->output_height; y++, to += output_row) {
			const place row = place_of(operation, y, image->input_height, image->output_height);
			const size_t low = from + row.low * input_row, high = from + row.high * input_row;
			if (tflite_has(TFLITE_FLOAT32) && operation->type == TFLITE_FLOAT32) {
				row_float32(operation, (const float *)image->input + low, (const float *)image->input + high, row.behind.real, (float *)image->output + to);
			} else {
				row_int8(operation, (const int8_t *)image->input + low, (const int8_t *)image->input + high, row.behind.fixed, (int8_t *)image->output + to);
			}
		}
	}
}

const tflite_kernel tflite_resize_bilinear = { BUILTIN_RESIZE_BILINEAR, 1, 4, OPTIONS_RESIZE_BILINEAR, "RESIZE_BILINEAR", prepare, invoke, NULL };
