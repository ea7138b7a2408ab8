/*
 * libFuzzer's target: any bytes are loaded as a model, and what loads is run: three invokes with a reset before the last, which
 * must give what the first gave. All that with the kernels in portable C, and with the fastest of this machine, which must give the same. Blocks have exactly the sizes that the engine asks for, so that AddressSanitizer sees every byte beyond them.
 */
/* for posix_memalign */
#define _POSIX_C_SOURCE 200809L
#include "tflite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Small, so that one input takes milliseconds at most, on a busy machine too. */
static const tflite_limits limits = { 1u << 18, (uint64_t)1 << 20 };

/* What loading works in grows with what the file lists, and each tensor and operator takes more than 8 bytes of file. */
enum { PLANNING_BYTES_PER_FILE_BYTE = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *aligned_block(size_t bytes) {
	void *block = NULL;
	if (posix_memalign(&block, TFLITE_ALIGNMENT, bytes == 0 ? 1 : bytes) != 0) abort();
	return block;
}

static void refuse(bool condition, const char *what) {
	if (!condition) return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

/* Fills the inputs with a pattern and runs; returns a checksum of the outputs. */
static uint32_t run(tflite_interpreter *interpreter, uint32_t seed) {
	uint32_t sum = 2166136261u;
	for (uint32_t i = 0; i < tflite_input_count(interpreter); i++) {
		const tflite_tensor input = tflite_input(interpreter, i);
		for (uint32_t k = 0; k < input.bytes; k++) {
			seed = seed * 1664525u + 1013904223u;
			((uint8_t *)input.data)[k] = (uint8_t)(seed >> 24);
		}
	}
	tflite_invoke(interpreter);
	for (uint32_t i = 0; i < tflite_output_count(interpreter); i++) {
		const tflite_tensor output = tflite_output(interpreter, i);
		for (uint32_t k = 0; k < output.bytes; k++) sum = (sum ^ ((const uint8_t *)output.data)[k]) * 16777619u;
	}
	return sum;
}

/* Loads and runs the model; true, and a checksum of what came out, if it is taken. */
static bool try_kernels(const uint8_t *model, size_t size, const tflite_kernels *kernels, uint32_t *checksum) {
	tflite_error error;
	tflite_interpreter *interpreter = NULL;
	uint32_t planning_bytes;
	void *planning = NULL, *running = NULL;
	tflite_code code = tflite_survey(model, size, &planning_bytes, &error);
	if (code == TFLITE_OK) {
		refuse(planning_bytes > PLANNING_BYTES_PER_FILE_BYTE * (size + 64), "more memory for loading than the file's size justifies");
		planning = aligned_block(planning_bytes);
		code = tflite_load(model, size, kernels, &limits, planning, planning_bytes, &interpreter, &error);
	}
	if (code == TFLITE_OK) {
		const tflite_memory memory = tflite_memory_of(interpreter);
		refuse(memory.kept_bytes + memory.run_bytes > limits.memory_bytes, "more memory than the limit");
		running = aligned_block(memory.run_bytes);
		refuse(tflite_start(interpreter, running, memory.run_bytes, &error) != TFLITE_OK, "a model that was loaded and cannot start");
		*checksum = run(interpreter, 1);
		run(interpreter, 2);
		tflite_reset(interpreter);
		refuse(run(interpreter, 1) != *checksum, "another output after a reset");
	} else {
		char message[200];
		tflite_message(model, size, kernels, &error, message, sizeof message);
		refuse(error.code != code || strstr(message, "expected") == NULL, "a refusal without a message");
	}
	free(running);
	free(planning);
	return code == TFLITE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	/* Picked once: it takes a self-check. */
	static const tflite_kernels *best;
	uint8_t *model = aligned_block(size);
	uint32_t portable, fastest;
	if (best == NULL) best = tflite_best_kernels();
	memcpy(model, data, size);
	/* Kernels that keep weights in another order may take more memory than the limit: then there is nothing to compare. */
	if (try_kernels(model, size, &tflite_portable_kernels, &portable) && try_kernels(model, size, best, &fastest)) {
		refuse(fastest != portable, "another output with the fastest kernels");
	}
	free(model);
	return 0;
}
