/* SELECT_V2: by a condition, an element of the second input or of the third, with broadcasting of all three. */
#include "elementwise.h"
#include "kernels.h"

static inline void choose(elementwise_run run, size_t bytes) {
	const uint8_t *condition = run.inputs[0], *chosen = run.inputs[1], *otherwise = run.inputs[2];
	uint8_t *output = run.output;
	for (uint32_t i = 0; i < run.count; i++, output += bytes) {
		memcpy(output, *condition != 0 ? chosen : otherwise, bytes);
		condition += run.steps[0];
		chosen += run.steps[1] * bytes;
		otherwise += run.steps[2] * bytes;
	}
}

static void run_1(const elementwise *operation, elementwise_run run) {
	(void)operation;
	choose(run, 1);
}

static void run_2(const elementwise *operation, elementwise_run run) {
	(void)operation;
	choose(run, 2);
}

static void run_4(const elementwise *operation, elementwise_run run) {
	(void)operation;
	choose(run, 4);
}

static void run_8(const elementwise *operation, elementwise_run run) {
	(void)operation;
	choose(run, 8);
}

/* By the bytes of an element: what it stands for does not matter. */
static elementwise_kernel kernel_of(tflite_type type) {
	switch (type) {
		case TFLITE_INT8: case TFLITE_UINT8: case TFLITE_BOOL: return run_1;
		case TFLITE_INT16: return tflite_has(TFLITE_INT16) ? run_2 : NULL;
		case TFLITE_INT32: case TFLITE_FLOAT32: return tflite_has(TFLITE_INT32) || tflite_has(TFLITE_FLOAT32) ? run_4 : NULL;
		case TFLITE_INT64: return tflite_has(TFLITE_INT64) ? run_8 : NULL;
		default: return NULL;
	}
}

static bool prepare(tflite_preparation *preparation) {
	elementwise_operands operands;
	elementwise operation;
	memset(&operation, 0, sizeof operation);
	if (!elementwise_load(preparation, 3, &operands)) return false;
	const tflite_operand *condition = &operands.inputs[0], *chosen = &operands.inputs[1], *otherwise = &operands.inputs[2];
	if (condition->type != TFLITE_BOOL) return tflite_refuse_type(preparation, condition, "bool condition");
	if (otherwise->type != chosen->type) return tflite_refuse_type(preparation, otherwise, "second and third input of one type");
	if (operands.output.type != chosen->type) return tflite_refuse_type(preparation, &operands.output, "output of the second input's type");
	operation.kernel = kernel_of(chosen->type);
	if (operation.kernel == NULL) return tflite_refuse_type(preparation, chosen, "int8, uint8, bool, int16, int32, float32 or int64");
	return elementwise_start(preparation, &operands, &operation, (uint32_t)sizeof operation, 4);
}

const tflite_kernel tflite_select_v2 = { BUILTIN_SELECT_V2, 1, 2, OPTIONS_SELECT_V2, "SELECT_V2", prepare, elementwise_invoke, NULL };
