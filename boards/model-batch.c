/*
 * Runs models on an emulated board, as `assay-model run --batch` does on Linux:
 *
 *     model-batch run --batch LIST        lines of model, input and output path, separated by tabs
 *
 * Tensors are raw little-endian files, all inputs (outputs) of the graph one after the other; an input file with k sets means k invokes on one interpreter. A failure
 * prints "MODEL: CODE: message" on stderr, and the next line follows. Exit: 0 if all went well, else 1.
 */
#include "tflite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BATCH_KERNELS
#define BATCH_KERNELS tflite_portable_kernels
#endif
extern const tflite_kernels BATCH_KERNELS;

/* One of each, for one model after the other. */
static _Alignas(TFLITE_ALIGNMENT) uint8_t model[2u << 20], planning[1u << 18], running[3u << 20];
static uint8_t input[3u << 20];

static bool fail(const char *path, const char *code, const char *message) {
	fprintf(stderr, "%s: %s: %s\n", path, code, message);
	return false;
}

static bool read_file(const char *path, const char *which, uint8_t *bytes, size_t room, size_t *size) {
	FILE *file = fopen(which, "rb");
	if (file == NULL) return fail(path, "IO", "cannot open the model or its input");
	*size = fread(bytes, 1, room, file);
	fclose(file);
	return *size < room || fail(path, "IO", "more bytes than this program has room for");
}

static bool load(const char *path, size_t model_bytes, tflite_interpreter **interpreter) {
	tflite_error error;
	uint32_t planning_bytes;
	if (tflite_survey(model, model_bytes, &planning_bytes, &error) == TFLITE_OK &&
	    tflite_load(model, model_bytes, &BATCH_KERNELS, NULL, planning, sizeof planning, interpreter, &error) == TFLITE_OK &&
	    tflite_start(*interpreter, running, sizeof running, &error) == TFLITE_OK) {
		return true;
	}
	char message[512];
	tflite_message(model, model_bytes, &BATCH_KERNELS, &error, message, sizeof message);
	return fail(path, tflite_code_name(error.code), message);
}

static void run_sets(tflite_interpreter *interpreter, size_t input_bytes, FILE *output) {
	size_t at = 0;
	/* A graph without inputs runs once. */
	do {
		for (uint32_t i = 0; i < tflite_input_count(interpreter); i++) {
			const tflite_tensor tensor = tflite_input(interpreter, i);
			memcpy(tensor.data, input + at, tensor.bytes);
			at += tensor.bytes;
		}
		tflite_invoke(interpreter);
		for (uint32_t i = 0; i < tflite_output_count(interpreter); i++) {
			const tflite_tensor tensor = tflite_output(interpreter, i);
			fwrite(tensor.data, 1, tensor.bytes, output);
		}
	} while (at < input_bytes);
}

static bool run(const char *path, const char *input_path, const char *output_path) {
	size_t model_bytes, input_bytes, set_bytes = 0;
	tflite_interpreter *interpreter = NULL;
	if (!read_file(path, path, model, sizeof model, &model_bytes) || !read_file(path, input_path, input, sizeof input, &input_bytes)) return false;
	if (!load(path, model_bytes, &interpreter)) return false;
	for (uint32_t i = 0; i < tflite_input_count(interpreter); i++) set_bytes += tflite_input(interpreter, i).bytes;
	if (set_bytes == 0 ? input_bytes != 0 : input_bytes == 0 || input_bytes % set_bytes != 0) return fail(path, "INPUT", "expected whole sets of inputs");
	FILE *output = fopen(output_path, "wb");
	if (output == NULL) return fail(path, "IO", "cannot write the output");
	run_sets(interpreter, input_bytes, output);
	return fclose(output) == 0 || fail(path, "IO", "cannot write the output");
}

int main(int count, char **arguments) {
	static char line[8192];
	FILE *list = count == 4 && strcmp(arguments[1], "run") == 0 && strcmp(arguments[2], "--batch") == 0 ? fopen(arguments[3], "r") : NULL;
	bool good = list != NULL || fail("model-batch", "LIST", "expected the path of a list");
	while (list != NULL && fgets(line, sizeof line, list) != NULL) {
		char *path = strtok(line, "\t\r\n"), *input_path = strtok(NULL, "\t\r\n"), *output_path = strtok(NULL, "\t\r\n");
		if (output_path == NULL) good = fail(arguments[3], "LIST", "expected lines of model, input and output path separated by tabs");
		else if (!run(path, input_path, output_path)) good = false;
	}
	return good ? 0 : 1;
}
