#include "layer.h"

static bool check_bias(tflite_preparation *preparation, const layer_operands *operands, bool narrow_bias) {
	const tflite_operand *bias = &operands->bias;
	if (!tflite_is_there(bias)) return true;
	switch (operands->input.type) {
		case TFLITE_FLOAT32:
			return bias->type == TFLITE_FLOAT32 || tflite_refuse_type(preparation, bias, "a float32 bias with float32 input");
		case TFLITE_INT16:
			if (bias->type == TFLITE_INT64 || (narrow_bias && bias->type == TFLITE_INT32)) return true;
			return tflite_refuse_type(preparation, bias, narrow_bias ? "an int64 or int32 bias with int16 input" : "an int64 bias with int16 input");
		default:
			return bias->type == TFLITE_INT32 || tflite_refuse_type(preparation, bias, "an int32 bias with int8 input");
	}
}

bool layer_load(tflite_preparation *preparation, bool narrow_bias, layer_operands *operands) {
	const tflite_operand *input = &operands->input, *weights = &operands->weights;
	if (!tflite_expect_operands(preparation, 2, 3)) return false;
	if (!tflite_input_operand(preparation, 0, &operands->input) || !tflite_input_operand(preparation, 1, &operands->weights)) return false;
	if (!tflite_optional_operand(preparation, 2, &operands->bias) || !tflite_output_operand(preparation, 0, &operands->output)) return false;
	if ((input->type != TFLITE_INT8 && input->type != TFLITE_INT16 && input->type != TFLITE_FLOAT32) || !tflite_has(input->type)) {
		return tflite_refuse_type(preparation, input, "int8, int16 or float32 input");
	}
	if (operands->output.type != input->type) return tflite_refuse_type(preparation, &operands->output, "output of the input's type");
	if (input->type == TFLITE_FLOAT32 && weights->type != TFLITE_FLOAT32) return tflite_refuse_type(preparation, weights, "float32 weights with float32 input");
	if (input->type == TFLITE_INT16 && weights->type != TFLITE_INT8) return tflite_refuse_type(preparation, weights, "int8 weights with int16 input");
	if (input->type == TFLITE_INT8 && weights->type != TFLITE_INT8 && !(tflite_has(TFLITE_INT4) && weights->type == TFLITE_INT4)) {
		return tflite_refuse_type(preparation, weights, "int8 or int4 weights with int8 input");
	}
	return check_bias(preparation, operands, narrow_bias);
}

/* What turns the scale of a channel's weights into the ratio of its sum's scale and the output's. */
typedef struct {
	double input;
	double output;
} scale_ratio;

static scale_ratio ratio_of(const layer_operands *operands) {
	const scale_ratio ratio = { (double)operands->input.scale, (double)operands->output.scale };
	return ratio;
}

static inline double ratio_with(scale_ratio ratio, float weights) {
	return ratio.input * (double)weights / ratio.output;
}

/* The same with a product in float. */
static double float_ratio(const layer_operands *operands) {
	return (double)(operands->input.scale * operands->weights.scale) / (double)operands->output.scale;
}

/* The largest of the weights' scales, which are positive, so that their bits rise with the number. */
static float largest_scale(const fb_reader *reader, fb_vector scales) {
	uint32_t largest = 0;
	for (uint32_t i = 0; i < scales.length; i++) {
		const uint32_t bits = fb_load_u32(reader, scales.position + 4 * i);
		if (bits > largest) largest = bits;
	}
	float scale;
	memcpy(&scale, &largest, sizeof scale);
	return scale;
}

/* A number that no scale exceeds, if there are any: with all bits that one of them has; NaN if that is too many. */
static float bound_of_scales(const fb_reader *reader, fb_vector scales) {
	uint32_t any = 0, at = scales.position, left = scales.length;
#ifndef __OPTIMIZE_SIZE__
	for (; left >= 4; left -= 4, at += 16) any |= fb_load_u32(reader, at) | fb_load_u32(reader, at + 4) | fb_load_u32(reader, at + 8) | fb_load_u32(reader, at + 12);
#endif
	for (; left > 0; left--, at += 4) any |= fb_load_u32(reader, at);
	float scale;
	memcpy(&scale, &any, sizeof scale);
	return scale;
}

/* A ratio of scales that are normal numbers is a positive number, and the largest has the largest shift. */
static bool check_ratios(tflite_preparation *preparation, const layer_operands *operands, bool float_product, int32_t most_shift) {
	const tflite_operand *weights = &operands->weights;
	const scale_ratio ratio = ratio_of(operands);
	fixed_multiplier largest;
	if (float_product && weights->scale_count == 1) return quantization_multiplier(preparation, weights, float_ratio(operands), most_shift, &largest);
	/* Mostly no ratio comes near the bound. NaN fails. */
	if (ratio_with(ratio, bound_of_scales(preparation->reader, weights->scales)) < (double)((uint32_t)1 << (most_shift - 1))) return true;
	return quantization_multiplier(preparation, weights, ratio_with(ratio, largest_scale(preparation->reader, weights->scales)), most_shift, &largest);
}

/* Scales as kernels compute with them: input and output per tensor, weights per tensor or per output channel. */
static bool check_scales(tflite_preparation *preparation, const layer_operands *operands, uint32_t dimension, bool float_product, int32_t most_shift) {
	const tflite_operand *weights = &operands->weights;
	if (!tflite_expect_per_tensor(preparation, &operands->input) || !tflite_expect_per_tensor(preparation, &operands->output)) return false;
	if (weights->scale_count == 0) return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, weights, "weights with a scale");
	if (weights->scale_count > 1 && weights->dimension != dimension) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, weights, "scales along the dimension of output channels", weights->dimension);
	}
	/* At the start they are those that were checked. */
	if (preparation->state != NULL) return true;
	/* As many as output channels: every tensor that has the dimension was checked for that. */
	fb_spend(preparation->reader, weights->scales, 4);
	if (preparation->reader->broken) return false;
	return check_ratios(preparation, operands, float_product, most_shift);
}

bool layer_check(tflite_preparation *preparation, const layer_operands *operands, uint32_t channels, uint32_t dimension, uint8_t activation, uint8_t bias_type,
                 bool float_product, layer_finish *finish) {
	const tflite_operand *input = &operands->input, *bias = &operands->bias;
	if (tflite_is_there(bias) && bias->count != channels) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, bias, "a bias for each output channel", bias->count);
	}
	if (tflite_has(TFLITE_FLOAT32) && input->type == TFLITE_FLOAT32) {
		finish->sum_type = TFLITE_FLOAT32;
		return quantization_activation_real(preparation, activation, &finish->range_real);
	}
	finish->sum_type = TFLITE_INT32;
	if (tflite_is_there(bias)) finish->sum_type = bias->type;
	else if (input->type == TFLITE_INT16 && bias_type != TFLITE_INT32) finish->sum_type = TFLITE_INT64;
	finish->offset = operands->output.zero_point;
	finish->multiplier_count = operands->weights.scale_count;
	/* What the two ways of multiplying take, see fixed-point.h. */
	int32_t most_shift = finish->sum_type == TFLITE_INT64 ? 14 : 30;
	return check_scales(preparation, operands, dimension, float_product, most_shift) &&
	       quantization_activation(preparation, activation, &operands->output, &finish->range);
}

void layer_start(tflite_preparation *preparation, const layer_operands *operands, bool float_product, void *multipliers, layer_finish *finish) {
	finish->bias = tflite_is_there(&operands->bias) ? operands->bias.data : NULL;
	finish->multipliers = multipliers;
	finish->shifts = (int8_t *)(finish->multipliers + finish->multiplier_count);
	if (finish->multiplier_count == 0) return;
	const scale_ratio ratio = ratio_of(operands);
	const uint8_t *scale = preparation->reader->bytes + operands->weights.scales.position;
	int32_t *to = finish->multipliers, *const end = to + finish->multiplier_count;
	for (int8_t *shift = finish->shifts; to < end; scale += 4, to++, shift++) {
		float weights;
		memcpy(&weights, scale, sizeof weights);
		const fixed_multiplier multiplier = fixed_from_real(ratio_with(ratio, weights));
		*to = multiplier.multiplier;
		*shift = (int8_t)multiplier.shift;
	}
	if (finish->multiplier_count > 1 || !float_product) return;
	const fixed_multiplier multiplier = fixed_from_real(float_ratio(operands));
	finish->multipliers[0] = multiplier.multiplier;
	finish->shifts[0] = (int8_t)multiplier.shift;
}

#ifdef __OPTIMIZE_SIZE__
int32_t layer_scale_int32(const layer_finish *finish, uint32_t sum, uint32_t channel) {
	return layer_scale_int32_inline(finish, sum, channel);
}
#endif

void layer_unpack_int4(const uint8_t *packed, uint32_t count, int8_t *unpacked) {
	for (uint32_t i = 0; i < count; i++) {
		uint32_t half = (uint32_t)packed[i / 2] >> (i % 2 * 4) & 15;
		unpacked[i] = (int8_t)(half >= 8 ? (int32_t)half - 16 : (int32_t)half);
	}
}
