/* The least that uses the engine: what a linker finds that it needs is what the engine takes in code. */
#include "tflite.h"

extern const tflite_kernels tflite_model_kernels;

/* So that the compiler knows nothing. */
extern const void *volatile size_model;
extern void *volatile size_memory;
extern volatile uint32_t size_bytes;
extern tflite_tensor volatile size_tensor;
const void *volatile size_model;
void *volatile size_memory;
volatile uint32_t size_bytes;
tflite_tensor volatile size_tensor;

int size_main(void);

int size_main(void) {
	tflite_error error;
	tflite_interpreter *interpreter;
	uint32_t planning_bytes;
	if (tflite_survey(size_model, size_bytes, &planning_bytes, &error) != TFLITE_OK) return error.code;
	if (tflite_load(size_model, size_bytes, &tflite_model_kernels, NULL, size_memory, planning_bytes, &interpreter, &error) != TFLITE_OK) return error.code;
	if (tflite_start(interpreter, size_memory, size_bytes, &error) != TFLITE_OK) return error.code;
	size_tensor = tflite_input(interpreter, 0);
	tflite_invoke(interpreter);
	size_tensor = tflite_output(interpreter, 0);
	return 0;
}
