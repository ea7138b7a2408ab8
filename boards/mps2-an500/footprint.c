/*
 * The least that an application does with a model. It is not run: bench/cortex-m7.ts links it with an engine that has what one model needs, and counts what that
 * engine takes, this file taken off.
 */
#include "tflite.h"

extern const tflite_kernels tflite_model_kernels;

/* Uninitialized memory counts for nothing. */
static const void *volatile model;
static volatile uint32_t model_bytes;
static _Alignas(16) uint8_t memory[1 << 16];
static tflite_tensor input, output;

void start(void);

void start(void) {
	tflite_interpreter *interpreter;
	tflite_error error;
	uint32_t planning_bytes;
	if (tflite_survey(model, model_bytes, &planning_bytes, &error) != TFLITE_OK) return;
	if (tflite_load(model, model_bytes, &tflite_model_kernels, NULL, memory, sizeof memory, &interpreter, &error) != TFLITE_OK) return;
	const tflite_memory needed = tflite_memory_of(interpreter);
	if (tflite_start(interpreter, memory + needed.kept_bytes, sizeof memory - needed.kept_bytes, &error) != TFLITE_OK) return;
	input = tflite_input(interpreter, 0);
	output = tflite_output(interpreter, 0);
	tflite_invoke(interpreter);
}
