/* Checks the tensors of a model: type, shape, constant data, quantization. */
#include "interpreter.h"
#include "schema.h"

#include <string.h>

uint32_t tflite_type_bits(uint8_t type) {
	switch (type) {
		case TFLITE_INT4: return 4;
		case TFLITE_UINT8: case TFLITE_INT8: case TFLITE_BOOL: return 8;
		case TFLITE_FLOAT16: case TFLITE_INT16: case TFLITE_UINT16: return 16;
		case TFLITE_RESOURCE: return TFLITE_HAS_VARIABLES ? 32 : 0;
		case TFLITE_FLOAT32: case TFLITE_INT32: case TFLITE_UINT32: return 32;
		case TFLITE_FLOAT64: case TFLITE_INT64: case TFLITE_UINT64: return 64;
		default: return 0;
	}
}

uint32_t tflite_tensor_bytes(const fb_reader *reader, fb_vector shape, uint8_t type) {
	uint64_t count = 1;
	for (uint32_t i = 0; i < shape.length; i++) {
		const uint32_t dimension = (uint32_t)fb_i32_element(reader, shape, i);
		count *= dimension;
		if (dimension > INT32_MAX || count > INT32_MAX) return UINT32_MAX;
	}
	const uint64_t bytes = (count * tflite_type_bits(type) + 7) / 8;
	return bytes > INT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

/* Compares bits, which rise with the number: 0x00800000 is the lowest that is normal, 0x7f7fffff the highest that is finite; NaN and negative numbers lie above. */
static bool is_normal(uint32_t bits) {
	return bits - 0x00800000u <= 0x7f7fffffu - 0x00800000u;
}

static bool scales_are_normal(const fb_reader *reader, fb_vector scales) {
	uint32_t at = scales.position, left = scales.length;
	for (; left >= 4; left -= 4, at += 16) {
		if (!is_normal(fb_load_u32(reader, at)) || !is_normal(fb_load_u32(reader, at + 4))) return false;
		if (!is_normal(fb_load_u32(reader, at + 8)) || !is_normal(fb_load_u32(reader, at + 12))) return false;
	}
	for (; left > 0; left--, at += 4) {
		if (!is_normal(fb_load_u32(reader, at))) return false;
	}
	return true;
}

/* As those of weights and biases are. */
static bool are_zero(const fb_reader *reader, fb_vector zero_points) {
	uint32_t any = 0, at = zero_points.position, left = zero_points.length;
	for (; left >= 2; left -= 2, at += 16) any |= fb_load_u32(reader, at) | fb_load_u32(reader, at + 4) | fb_load_u32(reader, at + 8) | fb_load_u32(reader, at + 12);
	if (left > 0) any |= fb_load_u32(reader, at) | fb_load_u32(reader, at + 4);
	return any == 0;
}

/* The index of the first zero point out of the range of what the type stores, or their number. */
static uint32_t first_zero_point_outside(const fb_reader *reader, fb_vector zero_points, uint8_t type) {
	const uint32_t bits = tflite_type_bits(type) > 32 ? 32 : tflite_type_bits(type);
	const bool is_unsigned = type == TFLITE_UINT8 || type == TFLITE_UINT16 || type == TFLITE_UINT32 || type == TFLITE_BOOL;
	const int64_t lowest = is_unsigned ? 0 : -((int64_t)1 << (bits - 1)), highest = lowest + (UINT32_MAX >> (32 - bits));
	if (are_zero(reader, zero_points)) return zero_points.length;
	for (uint32_t i = 0; i < zero_points.length; i++) {
		const int64_t zero_point = fb_i64_element(reader, zero_points, i);
		if (zero_point < lowest || zero_point > highest) return i;
	}
	return zero_points.length;
}

static tflite_code check_quantization(fb_reader *reader, const fb_table *tensor, fb_vector shape, tflite_tensor_node *node, int32_t index, tflite_error *error) {
	const tflite_code invalid = TFLITE_INVALID_QUANTIZATION;
	fb_table quantization = fb_table_field(reader, tensor, TENSOR_QUANTIZATION);
	fb_vector scales = fb_vector_field(reader, &quantization, QUANTIZATION_SCALE, 4);
	fb_vector zero_points = fb_vector_field(reader, &quantization, QUANTIZATION_ZERO_POINT, 8);
	int32_t dimension = fb_i32(reader, &quantization, QUANTIZATION_DIMENSION, 0);
	fb_spend(reader, scales, 4);
	fb_spend(reader, zero_points, 8);
	if (reader->broken) return tflite_fail_malformed(error);
	if (dimension < 0 || dimension >= TFLITE_MAX_RANK) {
		return tflite_fail_number(error, invalid, TFLITE_NONE, index, "a quantized dimension from 0 to 7", dimension);
	}
	/* Converters of 2020 gave biases the dimension of their weights, which a bias has not; nothing reads those scales. */
	if (scales.length > 1 && (uint32_t)dimension < shape.length && (int64_t)scales.length != fb_i32_element(reader, shape, (uint32_t)dimension)) {
		return tflite_fail_number(error, invalid, TFLITE_NONE, index, "one scale, or one for each channel", scales.length);
	}
	if (zero_points.length > 1 && zero_points.length != scales.length) {
		return tflite_fail_number(error, invalid, TFLITE_NONE, index, "as many zero points as scales", zero_points.length);
	}
	if (!scales_are_normal(reader, scales)) return tflite_fail(error, invalid, TFLITE_NONE, index, "scales that are positive, finite and normal");
	const uint32_t wrong = first_zero_point_outside(reader, zero_points, node->type);
	node->scales = scales.position;
	node->scale_count = scales.length;
	node->dimension = (uint8_t)dimension;
	if (zero_points.length > 0) node->zero_point = (int32_t)fb_i64_element(reader, zero_points, 0);
	if (wrong == zero_points.length) return TFLITE_OK;
	return tflite_fail_number(error, invalid, TFLITE_NONE, index, "zero points in the range of the tensor's type", fb_i64_element(reader, zero_points, wrong));
}

/* Finds the constant data of a tensor, if it has any. */
static tflite_code check_data(fb_reader *reader, fb_vector buffers, uint32_t buffer_index, tflite_tensor_node *node, int32_t index, tflite_error *error) {
	if (buffer_index >= buffers.length) {
		/* Files without any constants leave the buffers out. */
		if (buffer_index == 0) return TFLITE_OK;
		return tflite_fail_number(error, TFLITE_INVALID_TENSOR, TFLITE_NONE, index, "the index of a buffer of the file", buffer_index);
	}
	fb_table buffer = fb_table_element(reader, buffers, buffer_index);
	fb_vector data = fb_vector_field(reader, &buffer, BUFFER_DATA, 1);
	uint64_t offset = fb_u64(reader, &buffer, BUFFER_OFFSET, 0);
	if (reader->broken) return tflite_fail_malformed(error);
	/* 0 and 1 both mean that there is none. */
	if (offset > 1) return tflite_fail(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "constant data inside the flatbuffer");
	if (data.length == 0) return TFLITE_OK;
	if (data.length < node->bytes) {
		return tflite_fail_number(error, TFLITE_INVALID_TENSOR, TFLITE_NONE, index, "constant data for the whole shape, in bytes", data.length);
	}
	const uint32_t bits = tflite_type_bits(node->type), alignment = bits >= 32 ? 4 : bits == 16 ? 2 : 1;
	if (data.position % alignment != 0) return tflite_fail(error, TFLITE_INVALID_TENSOR, TFLITE_NONE, index, "constant data aligned to its elements");
	node->source = TENSOR_CONSTANT;
	node->place = data.position;
	return TFLITE_OK;
}

/* A variable tensor lives all the time, filled as the reference fills it: with its zero point in int8, else with 0. */
static tflite_code make_variable(tflite_tensor_node *node, int32_t index, tflite_error *error) {
	if (node->source == TENSOR_CONSTANT) return tflite_fail(error, TFLITE_INVALID_TENSOR, TFLITE_NONE, index, "a variable without constant data");
	if (node->bytes == 0) return tflite_fail(error, TFLITE_INVALID_TENSOR, TFLITE_NONE, index, "a tensor that is not empty");
	node->source = TENSOR_VARIABLE;
	node->first = 0;
	node->last = UINT16_MAX;
	return TFLITE_OK;
}

tflite_code tflite_load_tensors(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const tflite_subgraph_node *subgraph, tflite_error *error) {
	fb_table graph = fb_table_at(reader, subgraph->table);
	fb_vector tensors = fb_vector_field(reader, &graph, SUBGRAPH_TENSORS, 4);
	fb_vector buffers = fb_vector_field(reader, root, MODEL_BUFFERS, 4);
	for (uint32_t i = 0; i < tensors.length; i++) {
		int32_t index = (int32_t)(subgraph->first_tensor + i);
		tflite_tensor_node *node = &interpreter->tensors[index];
		fb_table tensor = fb_table_element(reader, tensors, i);
		fb_vector shape = fb_vector_field(reader, &tensor, TENSOR_SHAPE, 4);
		uint8_t type = fb_u8(reader, &tensor, TENSOR_TYPE, TFLITE_FLOAT32);
		uint8_t is_variable = fb_u8(reader, &tensor, TENSOR_IS_VARIABLE, 0);
		int32_t buffer = fb_i32(reader, &tensor, TENSOR_BUFFER, 0);
		int32_t external = fb_i32(reader, &tensor, TENSOR_EXTERNAL_BUFFER, 0);
		fb_table sparsity = fb_table_field(reader, &tensor, TENSOR_SPARSITY);
		fb_string_field(reader, &tensor, TENSOR_NAME);
		fb_spend(reader, shape, 4);
		if (reader->broken) return tflite_fail_malformed(error);
		if (tflite_type_bits(type) == 0) return tflite_fail_number(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "a type of numbers", type);
		if (sparsity.position != 0) return tflite_fail(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "no sparse tensors");
		if (external != 0) return tflite_fail(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "constant data inside the flatbuffer");
		if (shape.length > TFLITE_MAX_RANK) {
			return tflite_fail_number(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "at most 8 dimensions", shape.length);
		}
		node->type = type;
		node->shape = shape.position;
		node->rank = (uint8_t)shape.length;
		node->bytes = tflite_tensor_bytes(reader, shape, type);
		if (node->bytes == UINT32_MAX) {
			return tflite_fail(error, TFLITE_INVALID_TENSOR, TFLITE_NONE, index, "a shape of dimensions from 0 up that make less than 2 GiB");
		}
		tflite_code code = check_quantization(reader, &tensor, shape, node, index, error);
		if (code == TFLITE_OK) code = check_data(reader, buffers, (uint32_t)buffer, node, index, error);
		if (code == TFLITE_OK && is_variable) code = make_variable(node, index, error);
		if (code != TFLITE_OK) return code;
	}
	return TFLITE_OK;
}
