/*
 * EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL: element by element, with broadcasting, to bool. Each is the set of
 * outcomes that it accepts. int8 operands are compared as what they stand for, rounded to steps of 2^-8. (The reference also has
 * GREATER of int16, with parameters that it never sets.)
 */
#include "kernels.h"
#include "rescale.h"

enum { BELOW = 1, SAME = 2, ABOVE = 4, UNORDERED = 8 };

typedef struct {
	elementwise operands;
	uint32_t accepted;
	/* int8 only */
	rescale_input inputs[2];
} comparison;

static inline uint32_t outcome(int32_t first, int32_t second) {
	return first < second ? BELOW : first > second ? ABOVE : SAME;
}

static void run_int8(const elementwise *operation, elementwise_run run) {
	const comparison state = *(const comparison *)operation;
	const int8_t *first = run.inputs[0], *second = run.inputs[1];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) {
		output[i] = (state.accepted & outcome(rescale_from(state.inputs[0], *first), rescale_from(state.inputs[1], *second))) != 0;
	}
}

static void run_bool(const elementwise *operation, elementwise_run run) {
	const uint32_t accepted = ((const comparison *)operation)->accepted;
	const uint8_t *first = run.inputs[0], *second = run.inputs[1];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (accepted & outcome(*first != 0, *second != 0)) != 0;
}

static void run_int32(const elementwise *operation, elementwise_run run) {
	const uint32_t accepted = ((const comparison *)operation)->accepted;
	const int32_t *first = run.inputs[0], *second = run.inputs[1];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (accepted & outcome(*first, *second)) != 0;
}

static void run_int64(const elementwise *operation, elementwise_run run) {
	const uint32_t accepted = ((const comparison *)operation)->accepted;
	const uint8_t *first = run.inputs[0], *second = run.inputs[1];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += 8 * run.steps[0], second += 8 * run.steps[1]) {
		const int64_t a = elementwise_int64(first), b = elementwise_int64(second);
		output[i] = (accepted & (uint32_t)(a < b ? BELOW : a > b ? ABOVE : SAME)) != 0;
	}
}

static inline uint32_t outcome_real(float first, float second) {
	return first < second ? BELOW : first > second ? ABOVE : first == second ? SAME : UNORDERED;
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	const uint32_t accepted = ((const comparison *)operation)->accepted;
	const float *first = run.inputs[0], *second = run.inputs[1];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (accepted & outcome_real(*first, *second)) != 0;
}

/* NULL if the type is none that can be compared so; bool has no order. */
static elementwise_kernel kernel_of(tflite_type type, uint32_t accepted) {
	if (type == TFLITE_INT8) return run_int8;
	if (type == TFLITE_BOOL && (accepted == SAME || accepted == (BELOW | ABOVE | UNORDERED))) return run_bool;
	if (tflite_has(TFLITE_INT32) && type == TFLITE_INT32) return run_int32;
	if (tflite_has(TFLITE_INT64) && type == TFLITE_INT64) return run_int64;
	if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) return run_float32;
	return NULL;
}

static bool prepare(tflite_preparation *preparation, uint32_t accepted) {
	elementwise_operands operands;
	comparison operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands)) return false;
	const tflite_operand *first = &operands.inputs[0], *second = &operands.inputs[1];
	if (second->type != first->type) return tflite_refuse_type(preparation, second, "inputs of one type");
	if (operands.output.type != TFLITE_BOOL) return tflite_refuse_type(preparation, &operands.output, "bool output");
	operation.accepted = accepted;
	operation.operands.kernel = kernel_of(first->type, accepted);
	if (operation.operands.kernel == NULL) return tflite_refuse_type(preparation, first, "int8, int32, int64 or float32 inputs, or bool that equal or not");
	/* By the scales themselves, which must be below 1. */
	if (first->type == TFLITE_INT8 && !rescale_inputs(preparation, &operands, 8, (double)first->scale, (double)second->scale, operation.inputs)) return false;
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 16);
}

static bool prepare_equal(tflite_preparation *preparation) {
	return prepare(preparation, SAME);
}

static bool prepare_not_equal(tflite_preparation *preparation) {
	return prepare(preparation, BELOW | ABOVE | UNORDERED);
}

static bool prepare_greater(tflite_preparation *preparation) {
	return prepare(preparation, ABOVE);
}

static bool prepare_greater_equal(tflite_preparation *preparation) {
	return prepare(preparation, ABOVE | SAME);
}

static bool prepare_less(tflite_preparation *preparation) {
	return prepare(preparation, BELOW);
}

static bool prepare_less_equal(tflite_preparation *preparation) {
	return prepare(preparation, BELOW | SAME);
}

const tflite_kernel tflite_equal = { BUILTIN_EQUAL, 1, 5, OPTIONS_EQUAL, "EQUAL", prepare_equal, elementwise_invoke, NULL };
const tflite_kernel tflite_not_equal = { BUILTIN_NOT_EQUAL, 1, 4, OPTIONS_NOT_EQUAL, "NOT_EQUAL", prepare_not_equal, elementwise_invoke, NULL };
const tflite_kernel tflite_greater = { BUILTIN_GREATER, 1, 2, OPTIONS_GREATER, "GREATER", prepare_greater, elementwise_invoke, NULL };
const tflite_kernel tflite_greater_equal = { BUILTIN_GREATER_EQUAL, 1, 3, OPTIONS_GREATER_EQUAL, "GREATER_EQUAL", prepare_greater_equal, elementwise_invoke, NULL };
const tflite_kernel tflite_less = { BUILTIN_LESS, 1, 3, OPTIONS_LESS, "LESS", prepare_less, elementwise_invoke, NULL };
const tflite_kernel tflite_less_equal = { BUILTIN_LESS_EQUAL, 1, 2, OPTIONS_LESS_EQUAL, "LESS_EQUAL", prepare_less_equal, elementwise_invoke, NULL };
