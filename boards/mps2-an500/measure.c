/*
 * Counts what a model costs on this board:
 *
 *     measure MODEL INPUT LOADS INVOKES
 *
 * Loads and starts it so many times, then runs all sets of the input file so many times, and prints ticks and bytes as JSON. What copying the
 * inputs takes is counted by itself. Exit: 0, or 1 with the error on stderr.
 */
#include "tflite.h"
#include "timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef MEASURE_KERNELS
#define MEASURE_KERNELS tflite_portable_kernels
#endif
extern const tflite_kernels MEASURE_KERNELS;

/* Models up to those of cameras; the blocks that an application would have as static memory. */
static _Alignas(16) uint8_t model[2u << 20], input[2u << 20], planning[1u << 18], running[2u << 20];

static size_t read_file(const char *path, uint8_t *bytes, size_t room) {
	FILE *file = fopen(path, "rb");
	const size_t size = file == NULL ? 0 : fread(bytes, 1, room, file);
	if (file != NULL) fclose(file);
	return size;
}

static bool load(size_t model_bytes, tflite_interpreter **interpreter, tflite_error *error) {
	uint32_t planning_bytes;
	return tflite_survey(model, model_bytes, &planning_bytes, error) == TFLITE_OK &&
	       tflite_load(model, model_bytes, &MEASURE_KERNELS, NULL, planning, sizeof planning, interpreter, error) == TFLITE_OK &&
	       tflite_start(*interpreter, running, sizeof running, error) == TFLITE_OK;
}

/* Ticks of `rounds` over all sets, with or without the invokes. */
static uint32_t run(tflite_interpreter *interpreter, size_t input_bytes, uint32_t rounds, bool invoking) {
	const uint32_t inputs = tflite_input_count(interpreter);
	tflite_tensor tensors[4];
	for (uint32_t i = 0; i < inputs && i < 4; i++) tensors[i] = tflite_input(interpreter, i);
	const uint32_t before = timer_read();
	for (uint32_t round = 0; round < rounds; round++) {
		for (size_t at = 0; at < input_bytes;) {
			for (uint32_t i = 0; i < inputs && i < 4; at += tensors[i++].bytes) memcpy(tensors[i].data, input + at, tensors[i].bytes);
			if (invoking) tflite_invoke(interpreter);
		}
	}
	return before - timer_read();
}

static uint32_t set_bytes(const tflite_interpreter *interpreter) {
	uint32_t bytes = 0;
	for (uint32_t i = 0; i < tflite_input_count(interpreter); i++) bytes += tflite_input(interpreter, i).bytes;
	return bytes;
}

int main(int count, char **arguments) {
	if (count != 5) return fprintf(stderr, "usage: measure MODEL INPUT LOADS INVOKES\n"), 2;
	const size_t model_bytes = read_file(arguments[1], model, sizeof model), input_bytes = read_file(arguments[2], input, sizeof input);
	const uint32_t loads = (uint32_t)strtoul(arguments[3], NULL, 10), rounds = (uint32_t)strtoul(arguments[4], NULL, 10);
	tflite_interpreter *interpreter = NULL;
	tflite_error error;
	timer_start();
	const uint32_t before = timer_read();
	for (uint32_t i = 0; i < loads; i++) {
		if (load(model_bytes, &interpreter, &error)) continue;
		char message[512];
		tflite_message(model, model_bytes, &MEASURE_KERNELS, &error, message, sizeof message);
		fprintf(stderr, "%s\n", message);
		return 1;
	}
	const uint32_t load_ticks = before - timer_read();
	if (interpreter == NULL || tflite_input_count(interpreter) > 4 || input_bytes == 0 || input_bytes % set_bytes(interpreter) != 0) return fprintf(stderr, "expected whole sets of 1 to 4 inputs\n"), 1;
	const uint32_t invoke_ticks = run(interpreter, input_bytes, rounds, true), copy_ticks = run(interpreter, input_bytes, rounds, false);
	const tflite_memory memory = tflite_memory_of(interpreter);
	printf("{\"loads\":%u,\"loadTicks\":%u,\"invokes\":%u,\"invokeTicks\":%u,\"copyTicks\":%u,\"keptBytes\":%u,\"runBytes\":%u,\"tensorArenaBytes\":%u,\"planningBytes\":%u}\n", (unsigned)loads,
	       (unsigned)load_ticks, (unsigned)(rounds * (input_bytes / set_bytes(interpreter))), (unsigned)invoke_ticks, (unsigned)copy_ticks, (unsigned)memory.kept_bytes,
	       (unsigned)memory.run_bytes, (unsigned)memory.arena_bytes, (unsigned)memory.planning_bytes);
	return 0;
}
