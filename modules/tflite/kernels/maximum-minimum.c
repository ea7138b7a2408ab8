/*
 * MAXIMUM and MINIMUM: element by element, with broadcasting. Stored values are compared as they are; of a number and NaN, the second
 * operand is taken.
 */
#include "elementwise.h"
#include "kernels.h"

typedef struct {
	elementwise operands;
	bool larger;
} extremum;

static void run_int8(const elementwise *operation, elementwise_run run) {
	const bool larger = ((const extremum *)operation)->larger;
	const int8_t *first = run.inputs[0], *second = run.inputs[1];
	int8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (larger ? *first > *second : *first < *second) ? *first : *second;
}

static void run_int16(const elementwise *operation, elementwise_run run) {
	const bool larger = ((const extremum *)operation)->larger;
	const int16_t *first = run.inputs[0], *second = run.inputs[1];
	int16_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (larger ? *first > *second : *first < *second) ? *first : *second;
}

static void run_int32(const elementwise *operation, elementwise_run run) {
	const bool larger = ((const extremum *)operation)->larger;
	const int32_t *first = run.inputs[0], *second = run.inputs[1];
	int32_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (larger ? *first > *second : *first < *second) ? *first : *second;
}

static void run_float32(const elementwise *operation, elementwise_run run) {
	const bool larger = ((const extremum *)operation)->larger;
	const float *first = run.inputs[0], *second = run.inputs[1];
	float *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = (larger ? *first > *second : *first < *second) ? *first : *second;
}

static void run_int64(const elementwise *operation, elementwise_run run) {
	const bool larger = ((const extremum *)operation)->larger;
	const uint8_t *first = run.inputs[0], *second = run.inputs[1];
	int64_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += 8 * run.steps[0], second += 8 * run.steps[1]) {
		const int64_t a = elementwise_int64(first), b = elementwise_int64(second);
		output[i] = (larger ? a > b : a < b) ? a : b;
	}
}

static elementwise_kernel kernel_of(tflite_type type) {
	if (type == TFLITE_INT8) return run_int8;
	if (tflite_has(TFLITE_INT16) && type == TFLITE_INT16) return run_int16;
	if (tflite_has(TFLITE_INT32) && type == TFLITE_INT32) return run_int32;
	if (tflite_has(TFLITE_INT64) && type == TFLITE_INT64) return run_int64;
	if (tflite_has(TFLITE_FLOAT32) && type == TFLITE_FLOAT32) return run_float32;
	return NULL;
}

static bool prepare(tflite_preparation *preparation, bool larger) {
	elementwise_operands operands;
	extremum operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	operation.larger = larger;
	operation.operands.kernel = kernel_of(operands.output.type);
	if (operation.operands.kernel == NULL) return tflite_refuse_type(preparation, &operands.output, "int8, int16, int32, int64 or float32 operands");
	return elementwise_start(preparation, &operands, &operation.operands, (uint32_t)sizeof operation, 4);
}

static bool prepare_maximum(tflite_preparation *preparation) {
	return prepare(preparation, true);
}

static bool prepare_minimum(tflite_preparation *preparation) {
	return prepare(preparation, false);
}

const tflite_kernel tflite_maximum = { BUILTIN_MAXIMUM, 1, 4, OPTIONS_MAXIMUM_MINIMUM, "MAXIMUM", prepare_maximum, elementwise_invoke, NULL };
const tflite_kernel tflite_minimum = { BUILTIN_MINIMUM, 1, 4, OPTIONS_MAXIMUM_MINIMUM, "MINIMUM", prepare_minimum, elementwise_invoke, NULL };
