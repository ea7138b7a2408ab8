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
#ifndef __OPTIMIZE_SIZE__
	for (; left >= 4; left -= 4, at += 16) {
		if (!is_normal(fb_load_u32(reader, at)) || !is_normal(fb_load_u32(reader, at + 4))) return false;
		if (!is_normal(fb_load_u32(reader, at + 8)) || !is_normal(fb_load_u32(reader, at + 12))) return false;
	}
#endif
	for (; left > 0; left--, at += 4) {
		if (!is_normal(fb_load_u32(reader, at))) return false;
	}
	return true;
}

/* As those of weights and biases are. */
static bool are_zero(const fb_reader *reader, fb_vector zero_points) {
	uint32_t any = 0, at = zero_points.position, left = zero_points.length;
#ifndef __OPTIMIZE_SIZE__
	for (; left >= 2; left -= 2, at += 16) any |= fb_load_u32(reader, at) | fb_load_u32(reader, at + 4) | fb_load_u32(reader, at + 8) | fb_load_u32(reader, at + 12);
#endif
	for (; left > 0; left--, at += 8) any |= fb_load_u32(reader, at) | fb_load_u32(reader, at + 4);
	return any == 0;
}

/* The index of the first zero point out of the range of what the type stores, or their number. */
static uint32_t first_zero_point_outside(const fb_reader *reader, fb_vector zero_points, uint8_t type) {
	const uint32_t bits = tflite_type_bits(type) > 32 ? 32 : tflite_type_bits(type);
	const bool is_unsigned = type == TFLITE_UINT8 || type == TFLITE_UINT16 || type == TFLITE_UINT32 || type == TFLITE_BOOL;
	const int64_t lowest = is_unsigned ? 0 : -((int64_t)1 << (bits - 1)), highest = lowest + (UINT32_MAX >> (32 - bits));
	for (uint32_t i = 0; i < zero_points.length; i++) {
		const int64_t zero_point = fb_i64_element(reader, zero_points, i);
		if (zero_point < lowest || zero_point > highest) return i;
	}
	return zero_points.length;
}

/* Fields in the order of their indices in a layout. */
enum { SHAPE, TYPE, BUFFER, NAME, QUANTIZATION, IS_VARIABLE, SPARSITY, EXTERNAL_BUFFER, TENSOR_FIELDS };
enum { SCALE, ZERO_POINT, DIMENSION, QUANTIZATION_FIELDS };
enum { DATA, OFFSET, BUFFER_FIELDS };

static const fb_field tensor_fields[TENSOR_FIELDS] = { { TENSOR_SHAPE, 4 }, { TENSOR_TYPE, 1 }, { TENSOR_BUFFER, 4 }, { TENSOR_NAME, 4 },
	                                                   { TENSOR_QUANTIZATION, 4 }, { TENSOR_IS_VARIABLE, 1 }, { TENSOR_SPARSITY, 4 }, { TENSOR_EXTERNAL_BUFFER, 4 } };
static const fb_field quantization_fields[QUANTIZATION_FIELDS] = { { QUANTIZATION_SCALE, 4 }, { QUANTIZATION_ZERO_POINT, 4 }, { QUANTIZATION_DIMENSION, 4 } };
static const fb_field buffer_fields[BUFFER_FIELDS] = { { BUFFER_DATA, 4 }, { BUFFER_OFFSET, 8 } };

/* What the tensors of a subgraph have in common, or their tables do. */
typedef struct {
	fb_reader *reader;
	fb_vector buffers;
	fb_layout tensor;
	fb_layout quantization;
	fb_layout buffer;
} tables;

/* `position` of the field that points to the quantization; 0 if there is none. */
static tflite_code check_quantization(tables *of, uint32_t position, fb_vector shape, tflite_tensor_node *node, int32_t index, tflite_error *error) {
	const tflite_code invalid = TFLITE_INVALID_QUANTIZATION;
	fb_reader *reader = of->reader;
	if (position == 0) return TFLITE_OK;
	const uint32_t table = fb_table_like(reader, position, quantization_fields, QUANTIZATION_FIELDS, &of->quantization);
	if (table == 0) return tflite_fail_malformed(error);
	const uint32_t dimension_at = fb_place(&of->quantization, table, DIMENSION);
	const fb_vector scales = fb_vector_from(reader, fb_place(&of->quantization, table, SCALE), 4);
	const fb_vector zero_points = fb_vector_from(reader, fb_place(&of->quantization, table, ZERO_POINT), 8);
	const int32_t dimension = dimension_at == 0 ? 0 : (int32_t)fb_load_u32(reader, dimension_at);
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
	node->scales = scales.position;
	node->scale_count = scales.length;
	node->dimension = (uint8_t)dimension;
	if (are_zero(reader, zero_points)) return TFLITE_OK;
	const uint32_t wrong = first_zero_point_outside(reader, zero_points, node->type);
	node->zero_point = (int32_t)fb_i64_element(reader, zero_points, 0);
	if (wrong == zero_points.length) return TFLITE_OK;
	return tflite_fail_number(error, invalid, TFLITE_NONE, index, "zero points in the range of the tensor's type", fb_i64_element(reader, zero_points, wrong));
}

/* Finds the constant data of a tensor, if it has any. */
static tflite_code check_data(tables *of, uint32_t buffer_index, tflite_tensor_node *node, int32_t index, tflite_error *error) {
	fb_reader *reader = of->reader;
	if (buffer_index >= of->buffers.length) {
		/* Files without any constants leave the buffers out. */
		if (buffer_index == 0) return TFLITE_OK;
		return tflite_fail_number(error, TFLITE_INVALID_TENSOR, TFLITE_NONE, index, "the index of a buffer of the file", buffer_index);
	}
	const uint32_t table = fb_table_like(reader, of->buffers.position + 4 * buffer_index, buffer_fields, BUFFER_FIELDS, &of->buffer);
	if (table == 0) return tflite_fail_malformed(error);
	const uint32_t offset_at = fb_place(&of->buffer, table, OFFSET);
	const fb_vector data = fb_vector_from(reader, fb_place(&of->buffer, table, DATA), 1);
	const uint64_t offset = offset_at == 0 ? 0 : fb_load_u64(reader, offset_at);
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

static tflite_code load_tensor(tables *of, uint32_t position, tflite_tensor_node *node, int32_t index, tflite_error *error) {
	fb_reader *reader = of->reader;
	const uint32_t table = fb_table_like(reader, position, tensor_fields, TENSOR_FIELDS, &of->tensor);
	if (table == 0) return tflite_fail_malformed(error);
	const fb_layout *layout = &of->tensor;
	const uint32_t type_at = fb_place(layout, table, TYPE), buffer_at = fb_place(layout, table, BUFFER), variable_at = fb_place(layout, table, IS_VARIABLE);
	const uint32_t external_at = fb_place(layout, table, EXTERNAL_BUFFER), sparsity_at = fb_place(layout, table, SPARSITY);
	const fb_vector shape = fb_vector_from(reader, fb_place(layout, table, SHAPE), 4);
	const uint8_t type = type_at == 0 ? TFLITE_FLOAT32 : reader->bytes[type_at];
	fb_string_behind(reader, fb_place(layout, table, NAME));
	fb_spend(reader, shape, 4);
	if (sparsity_at != 0) {
		fb_layout sparsity = fb_no_layout;
		fb_table_like(reader, sparsity_at, NULL, 0, &sparsity);
	}
	if (reader->broken) return tflite_fail_malformed(error);
	if (tflite_type_bits(type) == 0) return tflite_fail_number(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "a type of numbers", type);
	if (sparsity_at != 0) return tflite_fail(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "no sparse tensors");
	if (external_at != 0 && fb_load_u32(reader, external_at) != 0) return tflite_fail(error, TFLITE_UNSUPPORTED, TFLITE_NONE, index, "constant data inside the flatbuffer");
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
	tflite_code code = check_quantization(of, fb_place(layout, table, QUANTIZATION), shape, node, index, error);
	if (code == TFLITE_OK) code = check_data(of, buffer_at == 0 ? 0 : fb_load_u32(reader, buffer_at), node, index, error);
	if (code == TFLITE_OK && variable_at != 0 && reader->bytes[variable_at] != 0) code = make_variable(node, index, error);
	return code;
}

tflite_code tflite_load_tensors(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const tflite_subgraph_node *subgraph, tflite_error *error) {
	fb_table graph = fb_table_at(reader, subgraph->table);
	fb_vector tensors = fb_vector_field(reader, &graph, SUBGRAPH_TENSORS, 4);
	tables of = { reader, fb_vector_field(reader, root, MODEL_BUFFERS, 4), fb_no_layout, fb_no_layout, fb_no_layout };
	for (uint32_t i = 0; i < tensors.length; i++) {
		const uint32_t index = subgraph->first_tensor + i;
		const tflite_code code = load_tensor(&of, tensors.position + 4 * i, &interpreter->tensors[index], (int32_t)index, error);
		if (code != TFLITE_OK) return code;
	}
	return TFLITE_OK;
}
