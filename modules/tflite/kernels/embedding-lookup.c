/* EMBEDDING_LOOKUP: picks rows of a table. Rows of int8 may come out as float32: stored * scale. */
#include "indices.h"
#include "kernels.h"

#include <string.h>

typedef struct {
	const int32_t *indices;
	const uint8_t *table;
	uint8_t *output;
	uint32_t picks;
	uint32_t rows;
	uint32_t columns;
	uint32_t row_bytes;
	/* 0 if rows come out as they are */
	float scale;
} embedding_lookup;

static bool check_types(tflite_preparation *preparation, const tflite_operand *table, const tflite_operand *output) {
	if (table->type != TFLITE_FLOAT32 && table->type != TFLITE_INT8) return tflite_refuse_type(preparation, table, "a float32 or int8 table");
	if (output->type == table->type) return true;
	if (output->type != TFLITE_FLOAT32 || !tflite_has(TFLITE_FLOAT32)) return tflite_refuse_type(preparation, output, "output of the table's type or float32");
	if (table->zero_point != 0) return tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, table, "zero point 0", table->zero_point);
	return table->scale_count > 0 || tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, table, "a table with a scale");
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand indices, table, output;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, &indices) || !tflite_input_operand(preparation, 1, &table) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (!check_types(preparation, &table, &output)) return false;
	if (indices.rank != 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &indices, "1 dimension", indices.rank);
	if (table.rank < 2) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &table, "at least 2 dimensions", table.rank);
	if (output.rank != table.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many dimensions as the table", output.rank);
	for (uint32_t i = 0; i < table.rank; i++) {
		const uint32_t expected = i == 0 ? indices.count : table.shape[i];
		if (output.shape[i] != expected) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "a row for each index", output.shape[i]);
	}
	if (!indices_check(preparation, &indices, table.shape[0])) return false;
	embedding_lookup *state = tflite_state(preparation, (uint32_t)sizeof(embedding_lookup), 0, (uint64_t)output.count + (uint64_t)indices.count * 4);
	if (state == NULL) return true;
	state->indices = (const int32_t *)(const void *)indices.data;
	state->table = table.data;
	state->output = output.data;
	state->picks = indices.count;
	state->rows = table.shape[0];
	state->columns = table.count / table.shape[0];
	state->row_bytes = table.bytes / table.shape[0];
	state->scale = output.type == table.type ? 0.0f : table.scale;
	return true;
}

static void invoke(const void *state) {
	const embedding_lookup *operation = state;
	for (uint32_t i = 0; i < operation->picks; i++) {
		const uint8_t *row = operation->table + (size_t)index_within(operation->indices[i], operation->rows - 1) * operation->row_bytes;
		if (tflite_has(TFLITE_FLOAT32) && operation->scale > 0.0f) {
			float *to = (float *)(void *)operation->output + (size_t)i * operation->columns;
			for (uint32_t j = 0; j < operation->columns; j++) to[j] = (float)(int8_t)row[j] * operation->scale;
		} else {
			memcpy(operation->output + (size_t)i * operation->row_bytes, row, operation->row_bytes);
		}
	}
}

const tflite_kernel tflite_embedding_lookup = { BUILTIN_EMBEDDING_LOOKUP, 1, 4, OPTIONS_NONE, "EMBEDDING_LOOKUP", prepare, invoke, NULL };
