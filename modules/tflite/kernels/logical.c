/* LOGICAL_AND and LOGICAL_OR: element by element, with broadcasting. Any byte but 0 is true. */
#include "elementwise.h"
#include "kernels.h"

static void run_and(const elementwise *operation, elementwise_run run) {
	(void)operation;
	const uint8_t *first = run.inputs[0], *second = run.inputs[1];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = *first != 0 && *second != 0;
}

static void run_or(const elementwise *operation, elementwise_run run) {
	(void)operation;
	const uint8_t *first = run.inputs[0], *second = run.inputs[1];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, first += run.steps[0], second += run.steps[1]) output[i] = *first != 0 || *second != 0;
}

static bool prepare(tflite_preparation *preparation, elementwise_kernel kernel) {
	elementwise_operands operands;
	elementwise operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 2, &operands) || !elementwise_expect_one_type(preparation, &operands)) return false;
	if (operands.output.type != TFLITE_BOOL) return tflite_refuse_type(preparation, &operands.output, "bool operands");
	operation.kernel = kernel;
	return elementwise_start(preparation, &operands, &operation, (uint32_t)sizeof operation, 4);
}

static bool prepare_and(tflite_preparation *preparation) {
	return prepare(preparation, run_and);
}

static bool prepare_or(tflite_preparation *preparation) {
	return prepare(preparation, run_or);
}

const tflite_kernel tflite_logical_and = { BUILTIN_LOGICAL_AND, 1, 1, OPTIONS_LOGICAL_AND, "LOGICAL_AND", prepare_and, elementwise_invoke, NULL };
const tflite_kernel tflite_logical_or = { BUILTIN_LOGICAL_OR, 1, 1, OPTIONS_LOGICAL_OR, "LOGICAL_OR", prepare_or, elementwise_invoke, NULL };
