/*
 * assay-model: runs and describes TensorFlow Lite models with the engine of modules/tflite alone, without XS.
 *
 *     assay-model run MODEL --input IN --output OUT
 *     assay-model run --batch LIST        lines of model, input and output path, separated by tabs
 *     assay-model info MODEL              JSON
 *
 * Tensors are raw little-endian files, all inputs (outputs) of the graph one after the other. An input file with k sets means k
 * invokes on one interpreter. A failure prints "MODEL: CODE: message" on stderr; a batch goes on after it. Exit: 0 if all went
 * well, 1 if anything failed, 2 if the arguments are wrong.
 */
#include "tflite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A board's build may name the kernels of its processor. */
#ifndef MODEL_RUN_KERNELS
#define MODEL_RUN_KERNELS tflite_portable_kernels
#endif
extern const tflite_kernels MODEL_RUN_KERNELS;

/* What one model may take: well above those for small boards, and low enough that a crafted file ends soon. */
static const tflite_limits limits = { 256u << 20, (uint64_t)1 << 31 };

/* A longest line of a batch: three paths of PATH_MAX (4096) with their separators. */
enum { MOST_LINE_BYTES = 3 * 4096 + 4 };

typedef struct {
	uint8_t *bytes;
	size_t size;
} file_bytes;

typedef struct {
	const char *path;
	file_bytes file;
	void *planning;
	void *running;
	tflite_interpreter *interpreter;
} loaded_model;

static bool fail(const char *path, const char *code, const char *message) {
	fprintf(stderr, "%s: %s: %s\n", path, code, message);
	return false;
}

static bool fail_io(const char *path, const char *doing, const char *which) {
	char message[512];
	snprintf(message, sizeof message, "cannot %s %.300s: %s", doing, which, strerror(errno));
	return fail(path, "IO", message);
}

static bool fail_model(const loaded_model *model, const tflite_error *error) {
	char message[512];
	tflite_message(model->file.bytes, model->file.size, &MODEL_RUN_KERNELS, error, message, sizeof message);
	return fail(model->path, tflite_code_name(error->code), message);
}

static bool read_file(const char *path, const char *which, file_bytes *file) {
	FILE *stream = fopen(which, "rb");
	file->bytes = NULL;
	file->size = 0;
	if (stream == NULL) return fail_io(path, "read", which);
	bool good = fseek(stream, 0, SEEK_END) == 0;
	long size = good ? ftell(stream) : -1;
	good = size >= 0 && fseek(stream, 0, SEEK_SET) == 0;
	if (good) {
		/* one byte more, so that an empty file is not a NULL pointer */
		file->bytes = malloc((size_t)size + 1);
		file->size = (size_t)size;
		good = file->bytes != NULL && fread(file->bytes, 1, file->size, stream) == file->size;
	}
	if (!good) fail_io(path, "read", which);
	fclose(stream);
	return good;
}

static void unload(loaded_model *model) {
	free(model->running);
	free(model->planning);
	free(model->file.bytes);
}

/* Blocks come from malloc, which aligns to TFLITE_ALIGNMENT on 64-bit Linux; round up where it does not. */
static void *allocate(size_t bytes, void **aligned) {
	uint8_t *block = malloc(bytes + TFLITE_ALIGNMENT - 1);
	if (block != NULL) *aligned = block + (TFLITE_ALIGNMENT - (uintptr_t)block % TFLITE_ALIGNMENT) % TFLITE_ALIGNMENT;
	return block;
}

/* Loads and starts; what was allocated is freed by unload even if this fails. */
static bool load(const char *path, loaded_model *model) {
	tflite_error error;
	uint32_t planning_bytes;
	void *aligned = NULL;
	memset(model, 0, sizeof *model);
	model->path = path;
	if (!read_file(path, path, &model->file)) return false;
	if (tflite_survey(model->file.bytes, model->file.size, &planning_bytes, &error) != TFLITE_OK) return fail_model(model, &error);
	model->planning = allocate(planning_bytes, &aligned);
	if (model->planning == NULL) return fail_io(path, "load", path);
	if (tflite_load(model->file.bytes, model->file.size, &MODEL_RUN_KERNELS, &limits, aligned, planning_bytes, &model->interpreter, &error) != TFLITE_OK) {
		return fail_model(model, &error);
	}
	uint32_t run_bytes = tflite_memory_of(model->interpreter).run_bytes;
	model->running = allocate(run_bytes, &aligned);
	if (model->running == NULL) return fail_io(path, "load", path);
	return tflite_start(model->interpreter, aligned, run_bytes, &error) == TFLITE_OK || fail_model(model, &error);
}

static bool run_sets(const loaded_model *model, const char *input_path, const file_bytes *input, FILE *output) {
	tflite_interpreter *interpreter = model->interpreter;
	const uint32_t inputs = tflite_input_count(interpreter), outputs = tflite_output_count(interpreter);
	size_t set_bytes = 0;
	for (uint32_t i = 0; i < inputs; i++) set_bytes += tflite_input(interpreter, i).bytes;
	if (set_bytes == 0 ? input->size != 0 : input->size == 0 || input->size % set_bytes != 0) {
		char message[512];
		snprintf(message, sizeof message, "expected sets of %zu bytes in %.300s, got %zu bytes", set_bytes, input_path, input->size);
		return fail(model->path, "INPUT", message);
	}
	/* A graph without inputs runs once. */
	const size_t sets = set_bytes == 0 ? 1 : input->size / set_bytes;
	const uint8_t *from = input->bytes;
	for (size_t set = 0; set < sets; set++) {
		for (uint32_t i = 0; i < inputs; i++) {
			const tflite_tensor tensor = tflite_input(interpreter, i);
			memcpy(tensor.data, from, tensor.bytes);
			from += tensor.bytes;
		}
		tflite_invoke(interpreter);
		for (uint32_t i = 0; i < outputs; i++) {
			const tflite_tensor tensor = tflite_output(interpreter, i);
			if (fwrite(tensor.data, 1, tensor.bytes, output) != tensor.bytes) return fail_io(model->path, "write", "the output");
		}
	}
	return true;
}

static bool run(const char *path, const char *input_path, const char *output_path) {
	loaded_model model;
	file_bytes input = { NULL, 0 };
	bool good = load(path, &model) && read_file(path, input_path, &input);
	if (good) {
		FILE *output = fopen(output_path, "wb");
		good = output != NULL || fail_io(path, "write", output_path);
		if (good) good = run_sets(&model, input_path, &input, output);
		if (output != NULL && fclose(output) != 0 && good) good = fail_io(path, "write", output_path);
	}
	free(input.bytes);
	unload(&model);
	return good;
}

static bool run_batch(const char *list_path) {
	static char line[MOST_LINE_BYTES];
	FILE *list = fopen(list_path, "r");
	if (list == NULL) return fail_io(list_path, "read", list_path);
	bool good = true;
	while (fgets(line, sizeof line, list) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0') continue;
		char *input = strchr(line, '\t');
		char *output = input == NULL ? NULL : strchr(input + 1, '\t');
		if (output == NULL) {
			good = fail(list_path, "LIST", "expected lines of model, input and output path separated by tabs");
			continue;
		}
		*input = '\0';
		*output = '\0';
		if (!run(line, input + 1, output + 1)) good = false;
	}
	if (ferror(list)) good = fail_io(list_path, "read", list_path);
	fclose(list);
	return good;
}

/* Bytes above ASCII are taken for Latin-1: the file may hold any. */
static void print_string(const char *text, uint32_t bytes) {
	putchar('"');
	for (uint32_t i = 0; i < bytes; i++) {
		const unsigned char c = (unsigned char)text[i];
		if (c < ' ' || c > '~' || c == '"' || c == '\\') printf("\\u%04x", c);
		else putchar(c);
	}
	putchar('"');
}

static void print_tensor(const tflite_tensor *tensor) {
	printf("{\"name\":");
	print_string(tensor->name, tensor->name_bytes);
	printf(",\"type\":\"%s\",\"shape\":[", tflite_type_name(tensor->type));
	for (uint32_t i = 0; i < tensor->rank; i++) printf("%s%u", i == 0 ? "" : ",", (unsigned)tensor->shape[i]);
	printf("],\"bytes\":%u,\"scale\":%.9g,\"zeroPoint\":%d}", (unsigned)tensor->bytes, (double)tensor->scale, (int)tensor->zero_point);
}

static bool print_info(const char *path) {
	loaded_model model;
	bool good = load(path, &model);
	if (good) {
		const tflite_interpreter *interpreter = model.interpreter;
		const tflite_memory memory = tflite_memory_of(interpreter);
		printf("{\"operators\":[");
		for (uint32_t i = 0; i < tflite_operator_count(interpreter); i++) printf("%s\"%s\"", i == 0 ? "" : ",", tflite_operator_name(interpreter, i));
		printf("],\"inputs\":[");
		for (uint32_t i = 0; i < tflite_input_count(interpreter); i++) {
			const tflite_tensor tensor = tflite_input(interpreter, i);
			if (i > 0) putchar(',');
			print_tensor(&tensor);
		}
		printf("],\"outputs\":[");
		for (uint32_t i = 0; i < tflite_output_count(interpreter); i++) {
			const tflite_tensor tensor = tflite_output(interpreter, i);
			if (i > 0) putchar(',');
			print_tensor(&tensor);
		}
		const char *failed;
		const bool exact = tflite_self_check(&MODEL_RUN_KERNELS, &failed);
		printf("],\"modelBytes\":%zu,\"memoryBytes\":%u,\"tensorArenaBytes\":%u,\"planningBytes\":%u,\"work\":%llu,\"kernels\":{\"variant\":\"%s\",\"selfCheck\":%s}}\n",
		       model.file.size, (unsigned)(memory.kept_bytes + memory.run_bytes), (unsigned)memory.arena_bytes, (unsigned)memory.planning_bytes,
		       (unsigned long long)memory.work, tflite_variant(&MODEL_RUN_KERNELS), exact ? "true" : "false");
	}
	unload(&model);
	return good;
}

int main(int count, char **arguments) {
	if (count == 4 && strcmp(arguments[1], "run") == 0 && strcmp(arguments[2], "--batch") == 0) return run_batch(arguments[3]) ? 0 : 1;
	if (count == 7 && strcmp(arguments[1], "run") == 0 && strcmp(arguments[3], "--input") == 0 && strcmp(arguments[5], "--output") == 0) {
		return run(arguments[2], arguments[4], arguments[6]) ? 0 : 1;
	}
	if (count == 3 && strcmp(arguments[1], "info") == 0) return print_info(arguments[2]) ? 0 : 1;
	fprintf(stderr, "usage: assay-model run MODEL --input IN --output OUT\n       assay-model run --batch LIST\n       assay-model info MODEL\n");
	return 2;
}
