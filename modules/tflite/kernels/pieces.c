#include "pieces.h"

#include "runs.h"

#include <string.h>

typedef struct {
	uint8_t *data;
	/* of one run */
	uint32_t bytes;
} piece;

/* The pieces lie right behind. */
typedef struct {
	uint8_t *whole;
	/* runs of each piece */
	uint32_t outer;
	uint32_t count;
} pieces;

static bool load(tflite_preparation *preparation, pieces_side side, uint32_t slot, tflite_operand *operand) {
	return side == PIECES_IN ? tflite_input_operand(preparation, slot, operand) : tflite_output_operand(preparation, slot, operand);
}

/* Checks one piece, and says how long it is along the axis. */
static bool check_piece(tflite_preparation *preparation, pieces_shape shape, const tflite_operand *whole, uint32_t axis, const tflite_operand *operand, uint32_t *length) {
	*length = 1;
	if (operand->type != whole->type) return tflite_refuse_type(preparation, operand, "all inputs and outputs of one type");
	if (shape == PIECES_WITHOUT_AXIS) {
		return operand->count == whole->count / whole->shape[axis] ||
		       tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "as many elements as the other shape has without the axis", operand->count);
	}
	if (operand->rank != whole->rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "inputs and outputs of one rank", operand->rank);
	for (uint32_t i = 0; i < whole->rank; i++) {
		if (i != axis && operand->shape[i] != whole->shape[i]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, operand, "equal dimensions but along the axis", operand->shape[i]);
		}
	}
	*length = operand->shape[axis];
	return true;
}

bool pieces_prepare(tflite_preparation *preparation, pieces_side side, pieces_shape shape, const tflite_operand *whole, uint32_t axis) {
	const uint32_t count = side == PIECES_IN ? preparation->inputs.length : preparation->outputs.length;
	uint32_t outer = 1, total = 0;
	for (uint32_t i = 0; i < axis; i++) outer *= whole->shape[i];
	if (runs_element_bytes(preparation, whole) == 0) return false;
	/* of the whole, for one index of the axis */
	const uint32_t index_bytes = whole->bytes / outer / whole->shape[axis];
	pieces *state = tflite_state(preparation, (uint32_t)(sizeof(pieces) + count * sizeof(piece)), 0, (uint64_t)whole->count + (uint64_t)outer * count * 4);
	for (uint32_t i = 0; i < count; i++) {
		tflite_operand operand;
		uint32_t length = 0;
		if (!load(preparation, side, i, &operand) || !check_piece(preparation, shape, whole, axis, &operand, &length)) return false;
		if (shape == PIECES_OF_EQUAL_LENGTH && (uint64_t)length * count != whole->shape[axis]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &operand, "equal parts along the axis", length);
		}
		if (length > whole->shape[axis] - total) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &operand, "parts that make the whole axis", length);
		total += length;
		if (state == NULL) continue;
		piece *to = (piece *)(state + 1) + i;
		to->data = operand.data;
		to->bytes = length * index_bytes;
	}
	if (total != whole->shape[axis]) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, whole, "parts that make the whole axis", total);
	if (state == NULL) return true;
	state->whole = whole->data;
	state->outer = outer;
	state->count = count;
	return true;
}

void pieces_join(const void *state) {
	const pieces *operation = state;
	const piece *all = (const piece *)(operation + 1);
	uint8_t *to = operation->whole;
	for (uint32_t outer = 0; outer < operation->outer; outer++) {
		for (uint32_t i = 0; i < operation->count; i++) {
			memcpy(to, all[i].data + (size_t)outer * all[i].bytes, all[i].bytes);
			to += all[i].bytes;
		}
	}
}

void pieces_part(const void *state) {
	const pieces *operation = state;
	const piece *all = (const piece *)(operation + 1);
	const uint8_t *from = operation->whole;
	for (uint32_t outer = 0; outer < operation->outer; outer++) {
		for (uint32_t i = 0; i < operation->count; i++) {
			memcpy(all[i].data + (size_t)outer * all[i].bytes, from, all[i].bytes);
			from += all[i].bytes;
		}
	}
}
