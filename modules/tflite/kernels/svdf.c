/*
 * SVDF: a layer whose weights over features and time are a sum of `rank` products of the two. Each filter multiplies the features of
 * this step, remembers the results of the last steps, and multiplies those; a unit adds up its `rank` filters
 * (https://research.google/pubs/pub43813/).
 */
#include "svdf.h"

#include "elementary.h"
#include "kernels.h"
#include "quantization.h"

#include <math.h>

typedef struct {
	const void *input;
	const void *feature_weights;
	const void *time_weights;
	/* int32 or float32, a unit each; NULL if there is none */
	const uint8_t *bias;
	/* of each batch and filter, the results of the last steps, oldest first */
	void *memory;
	void *output;
	uint32_t batches;
	uint32_t depth;
	uint32_t filters;
	uint32_t rank;
	uint32_t steps;
	tflite_type type;
	/* of memory and time weights */
	tflite_type memory_type;
	uint8_t activation;
	int32_t input_offset;
	int32_t memory_zero_point;
	int32_t output_zero_point;
	fixed_multiplier feature_multiplier;
	fixed_multiplier time_multiplier;
	dot_product_rows rows;
} svdf;

typedef struct {
	tflite_operand input;
	tflite_operand feature_weights;
	tflite_operand time_weights;
	tflite_operand bias;
	tflite_operand memory;
	tflite_operand output;
} svdf_operands;

static bool load(tflite_preparation *preparation, svdf_operands *operands) {
	return tflite_expect_operands(preparation, 5, 5) && tflite_input_operand(preparation, 0, &operands->input) &&
	       tflite_input_operand(preparation, 1, &operands->feature_weights) && tflite_input_operand(preparation, 2, &operands->time_weights) &&
	       tflite_optional_operand(preparation, 3, &operands->bias) && tflite_input_operand(preparation, 4, &operands->memory) &&
	       tflite_output_operand(preparation, 0, &operands->output);
}

static bool check_types(tflite_preparation *preparation, const svdf_operands *operands) {
	const tflite_operand *bias = &operands->bias;
	const tflite_type type = operands->input.type, memory = operands->memory.type;
	if ((type != TFLITE_INT8 && type != TFLITE_FLOAT32) || !tflite_has(type)) return tflite_refuse_type(preparation, &operands->input, "int8 or float32 input");
	if (operands->feature_weights.type != type) return tflite_refuse_type(preparation, &operands->feature_weights, "weights of the input's type");
	if (operands->output.type != type) return tflite_refuse_type(preparation, &operands->output, "output of the input's type");
	if (type == TFLITE_FLOAT32) {
		if (memory != TFLITE_FLOAT32) return tflite_refuse_type(preparation, &operands->memory, "a float32 state with float32 input");
		if (tflite_is_there(bias) && bias->type != TFLITE_FLOAT32) return tflite_refuse_type(preparation, bias, "a float32 bias with float32 input");
	} else {
		if ((memory != TFLITE_INT8 && memory != TFLITE_INT16) || !tflite_has(memory)) {
			return tflite_refuse_type(preparation, &operands->memory, "an int8 or int16 state with int8 input");
		}
		if (tflite_is_there(bias) && bias->type != TFLITE_INT32) return tflite_refuse_type(preparation, bias, "an int32 bias with int8 input");
	}
	return operands->time_weights.type == memory || tflite_refuse_type(preparation, &operands->time_weights, "weights over time of the state's type");
}

static bool check_shape(tflite_preparation *preparation, const tflite_operand *operand, uint32_t rows, uint32_t columns, const char *expected) {
	if (operand->rank != 2) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "2 dimensions", operand->rank);
	return (operand->shape[0] == rows && operand->shape[1] == columns) || tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, operand, expected);
}

static bool check_shapes(tflite_preparation *preparation, const svdf_operands *operands, svdf *layer) {
	const tflite_operand *input = &operands->input, *features = &operands->feature_weights, *times = &operands->time_weights, *bias = &operands->bias;
	const int32_t rank = fb_i32(preparation->reader, &preparation->options, SVDF_RANK, 0);
	layer->batches = input->shape[0];
	layer->depth = input->shape[1];
	layer->filters = features->shape[0];
	layer->steps = times->shape[1];
	if (!check_shape(preparation, input, layer->batches, layer->depth, "an input of batches and features")) return false;
	if (!check_shape(preparation, features, layer->filters, layer->depth, "weights of filters and features")) return false;
	if (!check_shape(preparation, times, layer->filters, layer->steps, "weights of filters and steps")) return false;
	if (rank < 1 || layer->filters % (uint32_t)rank != 0) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, features, "a rank that divides the number of filters", rank);
	}
	layer->rank = (uint32_t)rank;
	const uint32_t units = layer->filters / layer->rank;
	if (tflite_is_there(bias) && bias->count != units) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, bias, "a bias for each unit", bias->count);
	if (!operands->memory.variable) return tflite_refuse(preparation, TFLITE_INVALID_OPERATOR, &operands->memory, "a state that is a variable tensor");
	/* The weights are a tensor, so their number is below 2^31. */
	return check_shape(preparation, &operands->memory, layer->batches, layer->filters * layer->steps, "a state of batches and filters times steps") &&
	       check_shape(preparation, &operands->output, layer->batches, units, "an output of batches and units");
}

/* The reference multiplies and divides the scales as floats. */
static bool check_scales(tflite_preparation *preparation, const svdf_operands *operands, svdf *layer) {
	const tflite_operand *input = &operands->input, *features = &operands->feature_weights, *times = &operands->time_weights;
	const tflite_operand *memory = &operands->memory, *output = &operands->output;
	if (!tflite_expect_per_tensor(preparation, input) || !tflite_expect_per_tensor(preparation, features) || !tflite_expect_per_tensor(preparation, times) ||
	    !tflite_expect_per_tensor(preparation, memory) || !tflite_expect_per_tensor(preparation, output)) {
		return false;
	}
	const float of_features = input->scale * features->scale / memory->scale, of_time = memory->scale * times->scale / output->scale;
	layer->input_offset = -input->zero_point;
	layer->memory_zero_point = memory->zero_point;
	layer->output_zero_point = output->zero_point;
	return quantization_multiplier(preparation, memory, (double)of_features, 30, &layer->feature_multiplier) &&
	       quantization_multiplier(preparation, output, (double)of_time, 30, &layer->time_multiplier);
}

bool svdf_prepare(tflite_preparation *preparation, dot_product_rows rows) {
	svdf_operands operands;
	svdf layer;
	memset(&layer, 0, sizeof layer);
	if (!load(preparation, &operands) || !check_types(preparation, &operands) || !check_shapes(preparation, &operands, &layer)) return false;
	layer.type = operands.input.type;
	layer.memory_type = operands.memory.type;
	if (layer.type == TFLITE_INT8) {
		/* The reference ignores the activation here: the converter puts it into the output's range. */
		if (!check_scales(preparation, &operands, &layer)) return false;
	} else {
		layer.activation = fb_u8(preparation->reader, &preparation->options, SVDF_ACTIVATION, ACTIVATION_NONE);
		if (layer.activation > ACTIVATION_SIGN_BIT) return tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, NULL, "an activation from 0 to 5", layer.activation);
	}
	const uint64_t work = (uint64_t)layer.batches * layer.filters * ((uint64_t)layer.depth + 2 * (uint64_t)layer.steps + 8);
	svdf *state = tflite_state(preparation, (uint32_t)sizeof(svdf), 0, work);
	if (state == NULL) return true;
	*state = layer;
	state->input = operands.input.data;
	state->feature_weights = operands.feature_weights.data;
	state->time_weights = operands.time_weights.data;
	state->bias = tflite_is_there(&operands.bias) ? operands.bias.data : NULL;
	state->memory = operands.memory.data;
	state->output = operands.output.data;
	state->rows = rows;
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	return svdf_prepare(preparation, dot_product_rows_portable);
}

/* Makes room for the results of this step. What comes into a filter's last place from the next filter is overwritten. */
static void forget_oldest(const svdf *layer, size_t element_bytes) {
	const size_t bytes = (size_t)layer->batches * layer->filters * layer->steps * element_bytes;
	memmove(layer->memory, (const uint8_t *)layer->memory + element_bytes, bytes - element_bytes);
}

static void remember(const svdf *layer) {
	const int32_t low = layer->memory_type == TFLITE_INT16 ? INT16_MIN : INT8_MIN, high = layer->memory_type == TFLITE_INT16 ? INT16_MAX : INT8_MAX;
	const int8_t *input = layer->input;
	size_t newest = layer->steps - 1;
	for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
		const int8_t *weights = layer->feature_weights;
		for (uint32_t filter = 0; filter < layer->filters; filter += DOT_PRODUCT_ROWS) {
			uint32_t sums[DOT_PRODUCT_ROWS];
			const uint32_t count = layer->filters - filter < DOT_PRODUCT_ROWS ? layer->filters - filter : DOT_PRODUCT_ROWS;
			layer->rows(input, layer->input_offset, weights + (size_t)filter * layer->depth, layer->depth, count, sums);
			for (uint32_t i = 0; i < count; i++, newest += layer->steps) {
				/* Clamped before the zero point is added, as the reference does; so an int8 state may wrap around. */
				const int32_t result = layer->memory_zero_point + fixed_clamp(fixed_multiply((int32_t)sums[i], layer->feature_multiplier), low, high);
				if (layer->memory_type == TFLITE_INT16) ((int16_t *)layer->memory)[newest] = (int16_t)result;
				else ((int8_t *)layer->memory)[newest] = (int8_t)result;
			}
		}
	}
}

/* sum((memory[i] - zero_point) * weights[i]), wrapping around: int16 takes it there (models do). */
static uint32_t over_time_int16(const int16_t *memory, int32_t zero_point, const int16_t *weights, uint32_t count) {
	uint32_t sum = 0;
	for (uint32_t i = 0; i < count; i++) sum += (uint32_t)(memory[i] - zero_point) * (uint32_t)weights[i];
	return sum;
}

static uint32_t over_time_int8(const int8_t *memory, int32_t zero_point, const int8_t *weights, uint32_t count) {
	uint32_t sum = 0;
	for (uint32_t i = 0; i < count; i++) sum += (uint32_t)((memory[i] - zero_point) * weights[i]);
	return sum;
}

static void run_int8(const svdf *layer) {
	const uint32_t units = layer->filters / layer->rank;
	int8_t *output = layer->output;
	size_t memory = 0;
	forget_oldest(layer, layer->memory_type == TFLITE_INT16 ? 2 : 1);
	remember(layer);
	for (uint32_t batch = 0; batch < layer->batches; batch++) {
		size_t weights = 0;
		for (uint32_t unit = 0; unit < units; unit++) {
			uint32_t sum = 0;
			if (layer->bias != NULL) memcpy(&sum, layer->bias + 4 * (size_t)unit, sizeof sum);
			/* The filters of a unit follow one another, so they are one sum. */
			const uint32_t count = layer->rank * layer->steps;
			if (tflite_has(TFLITE_INT16) && layer->memory_type == TFLITE_INT16) {
				sum += over_time_int16((const int16_t *)layer->memory + memory, layer->memory_zero_point, (const int16_t *)layer->time_weights + weights, count);
			} else {
				sum += over_time_int8((const int8_t *)layer->memory + memory, layer->memory_zero_point, (const int8_t *)layer->time_weights + weights, count);
			}
			memory += count;
			weights += count;
			const int32_t stored = fixed_add(fixed_multiply((int32_t)sum, layer->time_multiplier), layer->output_zero_point);
			*output++ = (int8_t)fixed_clamp(stored, INT8_MIN, INT8_MAX);
		}
	}
}

static float activate(float x, uint8_t activation) {
	const activation_range_real positive = { 0.0f, HUGE_VALF }, narrow = { -1.0f, 1.0f }, six = { 0.0f, 6.0f };
	switch (activation) {
		case ACTIVATION_RELU: return activation_clamp_real(x, positive);
		case ACTIVATION_RELU_N1_TO_1: return activation_clamp_real(x, narrow);
		case ACTIVATION_RELU6: return activation_clamp_real(x, six);
		case ACTIVATION_TANH: return elementary_tanh(x);
		case ACTIVATION_SIGN_BIT: return signbit(x) ? 1.0f : 0.0f;
		default: return x;
	}
}

static float dot_product_float32(const float *a, const float *b, uint32_t count) {
	float sum = 0.0f;
	for (uint32_t i = 0; i < count; i++) sum += a[i] * b[i];
	return sum;
}

static void run_float32(const svdf *layer) {
	const uint32_t units = layer->filters / layer->rank;
	const float *input = layer->input;
	float *memory = layer->memory, *output = layer->output;
	forget_oldest(layer, sizeof(float));
	for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->depth) {
		const float *features = layer->feature_weights, *times = layer->time_weights;
		for (uint32_t unit = 0; unit < units; unit++) {
			float sum = 0.0f;
			if (layer->bias != NULL) memcpy(&sum, layer->bias + 4 * (size_t)unit, sizeof sum);
			for (uint32_t i = 0; i < layer->rank; i++, features += layer->depth, memory += layer->steps, times += layer->steps) {
				memory[layer->steps - 1] = dot_product_float32(input, features, layer->depth);
				sum += dot_product_float32(memory, times, layer->steps);
			}
			*output++ = activate(sum, layer->activation);
		}
	}
}

void svdf_invoke(const void *state) {
	const svdf *layer = state;
	if (tflite_has(TFLITE_FLOAT32) && layer->type == TFLITE_FLOAT32) run_float32(layer);
	else run_int8(layer);
}

const tflite_kernel tflite_svdf = SVDF_KERNEL(prepare, NULL);
