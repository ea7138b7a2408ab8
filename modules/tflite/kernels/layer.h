/* What the operators with weights have in common: their types, their bias, and how a sum becomes an output. */
#ifndef ASSAY_TFLITE_LAYER_H
#define ASSAY_TFLITE_LAYER_H

#include "quantization.h"

typedef struct {
	tflite_operand input;
	tflite_operand weights;
	/* may be left out */
	tflite_operand bias;
	tflite_operand output;
} layer_operands;

/* From a sum of products to a stored output. */
typedef struct {
	const uint8_t *bias;
	/* what the sum is kept in, which is also the type of the bias: float32, int32 or int64 */
	tflite_type sum_type;
	/* the output's zero point */
	int32_t offset;
	activation_range range;
	activation_range_real range_real;
	/* 1, or as many as output channels; none for float32. In two arrays, as a structure would be padded to 8 bytes. */
	uint32_t multiplier_count;
	int32_t *multipliers;
	int8_t *shifts;
} layer_finish;

/*
 * Loads the operands and checks their types: float32 throughout; int8 with int8 or int4 weights and an int32 bias; int16 with
 * int8 weights and an int64 bias (or int32, where `narrow_bias` allows it).
 */
bool layer_load(tflite_preparation *preparation, bool narrow_bias, layer_operands *operands);

/*
 * Checks bias, activation and scales of a layer with so many output channels, which are dimension `dimension` of the weights,
 * and fills *finish, which is cleared, but for its pointers. `bias_type` is the schema's quantized_bias_type: what int16 layers without a bias
 * sum in, int32 or (anything else) int64. If `float_product` is set, the scales of input and weights are multiplied as floats when the weights
 * are quantized per tensor, as the reference does in one operator.
 */
bool layer_check(tflite_preparation *preparation, const layer_operands *operands, uint32_t channels, uint32_t dimension, uint8_t activation, uint8_t bias_type,
                 bool float_product, layer_finish *finish);

/* Bytes of the multipliers, which the kernel asks for behind its state. */
static inline uint32_t layer_multiplier_bytes(const layer_finish *finish) {
	return finish->multiplier_count * (uint32_t)(sizeof(int32_t) + sizeof(int8_t));
}

/* Fills in the pointers and the multipliers, once the kernel has its state. `multipliers` lie behind it. */
void layer_start(tflite_preparation *preparation, const layer_operands *operands, bool float_product, void *multipliers, layer_finish *finish);

/* Up to a multiple of 16: what unpacked weights take of scratch before a fast kernel's own. */
static inline uint32_t layer_round_up(uint32_t bytes) {
	return (bytes + 15) / 16 * 16;
}

/* A layer's structure and its multipliers; what a fast kernel keeps lies behind, aligned to 8 bytes as every state is. */
static inline uint32_t layer_front_bytes(uint32_t structure, const layer_finish *finish) {
	return (structure + layer_multiplier_bytes(finish) + 7) / 8 * 8;
}

/* Whether weights and bias are known when the model is started. */
static inline bool layer_is_constant(const layer_operands *operands) {
	return operands->weights.constant && (!tflite_is_there(&operands->bias) || operands->bias.constant);
}

/* Bytes of scratch for unpacking 4-bit weights; 0 if there are none. */
static inline uint32_t layer_scratch_bytes(const layer_operands *operands) {
	return tflite_has(TFLITE_INT4) && operands->weights.type == TFLITE_INT4 ? operands->weights.count : 0;
}

/* Unpacks 4-bit weights, low half first, into a byte each. */
void layer_unpack_int4(const uint8_t *packed, uint32_t count, int8_t *unpacked);

static inline fixed_multiplier layer_multiplier(const layer_finish *finish, uint32_t channel) {
	const uint32_t index = finish->multiplier_count > 1 ? channel : 0;
	const fixed_multiplier multiplier = { finish->multipliers[index], finish->shifts[index] };
	return multiplier;
}

/* The biases are loaded by memcpy: in a file they are aligned to 4 bytes only, whatever their size. */
static inline int32_t layer_scale_int32_inline(const layer_finish *finish, uint32_t sum, uint32_t channel) {
	uint32_t bias = 0;
	if (finish->bias != NULL) memcpy(&bias, finish->bias + 4 * (size_t)channel, sizeof bias);
	int32_t scaled = fixed_multiply((int32_t)(sum + bias), layer_multiplier(finish, channel));
	return fixed_clamp(fixed_add(scaled, finish->offset), finish->range.low, finish->range.high);
}

#ifdef __OPTIMIZE_SIZE__
/* One for all layers: 200 bytes on Arm. */
int32_t layer_scale_int32(const layer_finish *finish, uint32_t sum, uint32_t channel);
#else
static inline int32_t layer_scale_int32(const layer_finish *finish, uint32_t sum, uint32_t channel) {
	return layer_scale_int32_inline(finish, sum, channel);
}
#endif

static inline int8_t layer_finish_int8(const layer_finish *finish, uint32_t sum, uint32_t channel) {
	return (int8_t)layer_scale_int32(finish, sum, channel);
}

static inline int16_t layer_finish_int16(const layer_finish *finish, int64_t sum, uint32_t channel) {
	/* The low half of the sum is what a 32-bit sum would have wrapped around to. */
	if (finish->sum_type != TFLITE_INT64) return (int16_t)layer_scale_int32(finish, (uint32_t)sum, channel);
	uint64_t bias = 0;
	if (finish->bias != NULL) memcpy(&bias, finish->bias + 8 * (size_t)channel, sizeof bias);
	int32_t scaled = fixed_multiply_wide((int64_t)((uint64_t)sum + bias), layer_multiplier(finish, channel));
	return (int16_t)fixed_clamp(fixed_add(scaled, finish->offset), finish->range.low, finish->range.high);
}

static inline float layer_finish_float32(const layer_finish *finish, float sum, uint32_t channel) {
	float bias = 0.0f;
	if (finish->bias != NULL) memcpy(&bias, finish->bias + 4 * (size_t)channel, sizeof bias);
	return activation_clamp_real(sum + bias, finish->range_real);
}

#endif
