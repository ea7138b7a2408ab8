/*
 * assay-model: runs, describes and times TensorFlow Lite models with the engine of modules/tflite alone, without XS.
 *
 *     assay-model run MODEL --input IN --output OUT
 *     assay-model run --batch LIST        lines of model, input and output path, separated by tabs
 *     assay-model info MODEL              JSON
 *     assay-model bench MODEL             JSON: nanoseconds of processor time of an invoke, with inputs of all zero bytes
 *     assay-model variants                names of the variants of the engine that this machine has
 *
 * --kernels NAME takes that variant of the engine ("portable", "avx2" and so on); without it, the fastest that the machine has and that
 * passes its self check. --seconds S is how long bench measures, 1 without it.
 *
 * Tensors are raw little-endian files, all inputs (outputs) of the graph one after the other. An input file with k sets means k
 * invokes on one interpreter. A failure prints "MODEL: CODE: message" on stderr; a batch goes on after it. Exit: 0 if all went
 * well, 1 if anything failed, 2 if the arguments are wrong.
 */
#include "tflite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
	const tflite_kernels *kernels;
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
	tflite_message(model->file.bytes, model->file.size, model->kernels, error, message, sizeof message);
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
static bool load(const char *path, const tflite_kernels *kernels, loaded_model *model) {
	tflite_error error;
	uint32_t planning_bytes;
	void *aligned = NULL;
	memset(model, 0, sizeof *model);
	model->path = path;
	model->kernels = kernels;
	if (!read_file(path, path, &model->file)) return false;
	if (tflite_survey(model->file.bytes, model->file.size, &planning_bytes, &error) != TFLITE_OK) return fail_model(model, &error);
	model->planning = allocate(planning_bytes, &aligned);
	if (model->planning == NULL) return fail_io(path, "load", path);
	if (tflite_load(model->file.bytes, model->file.size, kernels, &limits, aligned, planning_bytes, &model->interpreter, &error) != TFLITE_OK) {
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

static bool run(const char *path, const tflite_kernels *kernels, const char *input_path, const char *output_path) {
	loaded_model model;
	file_bytes input = { NULL, 0 };
	bool good = load(path, kernels, &model) && read_file(path, input_path, &input);
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

static bool run_batch(const char *list_path, const tflite_kernels *kernels) {
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
		if (!run(line, kernels, input + 1, output + 1)) good = false;
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

static bool print_info(const char *path, const tflite_kernels *kernels) {
	loaded_model model;
	bool good = load(path, kernels, &model);
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
		const bool exact = tflite_self_check(kernels, &failed);
		printf("],\"modelBytes\":%zu,\"memoryBytes\":%u,\"tensorArenaBytes\":%u,\"planningBytes\":%u,\"work\":%llu,\"kernels\":{\"variant\":\"%s\",\"selfCheck\":%s}}\n",
		       model.file.size, (unsigned)(memory.kept_bytes + memory.run_bytes), (unsigned)memory.arena_bytes, (unsigned)memory.planning_bytes,
		       (unsigned long long)memory.work, tflite_variant(kernels), exact ? "true" : "false");
	}
	unload(&model);
	return good;
}

/* Time of the processor, not of the wall: what else runs on the machine counts less. */
static uint64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare_times(const void *a, const void *b) {
	const uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
	return first < second ? -1 : first > second;
}

/* Invokes that are timed together, so that the clock costs less than a thousandth of them. */
enum { BENCH_NANOSECONDS = 200000 };

/* Most times that are kept for the median. */
enum { BENCH_TIMES = 100000 };

static bool bench(const char *path, const tflite_kernels *kernels, double seconds) {
	static uint64_t times[BENCH_TIMES];
	loaded_model model;
	const bool good = load(path, kernels, &model);
	if (good) {
		for (uint32_t i = 0; i < tflite_input_count(model.interpreter); i++) {
			const tflite_tensor input = tflite_input(model.interpreter, i);
			memset(input.data, 0, input.bytes);
		}
		/* The first ones warm up. */
		uint32_t together = 1;
		uint64_t once = 0;
		for (int i = 0; i < 3; i++) {
			const uint64_t begin = now();
			tflite_invoke(model.interpreter);
			once = now() - begin;
		}
		if (once < BENCH_NANOSECONDS) together = (uint32_t)(BENCH_NANOSECONDS / (once + 1)) + 1;
		const uint64_t end = now() + (uint64_t)(seconds * 1e9);
		size_t count = 0;
		while (count < BENCH_TIMES && (count == 0 || now() < end)) {
			const uint64_t begin = now();
			for (uint32_t i = 0; i < together; i++) tflite_invoke(model.interpreter);
			times[count++] = (now() - begin) / together;
		}
		qsort(times, count, sizeof times[0], compare_times);
		printf("{\"variant\":\"%s\",\"invokes\":%zu,\"nanosecondsPerInvoke\":{\"median\":%" PRIu64 ",\"least\":%" PRIu64 "}}\n", tflite_variant(kernels), count * together,
		       times[count / 2], times[0]);
	}
	unload(&model);
	return good;
}

typedef struct {
	const char *input;
	const char *output;
	const char *batch;
	const char *kernels;
	const char *seconds;
} options;

/* Takes "--name value" pairs; the last of equal names counts. */
static bool parse(int count, char **arguments, options *parsed) {
	const struct {
		const char *name;
		const char **value;
	} known[] = { { "--input", &parsed->input }, { "--output", &parsed->output }, { "--batch", &parsed->batch }, { "--kernels", &parsed->kernels }, { "--seconds", &parsed->seconds } };
	for (int i = 0; i < count; i += 2) {
		bool found = false;
		for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
			if (i + 1 >= count || strcmp(arguments[i], known[k].name) != 0) continue;
			*known[k].value = arguments[i + 1];
			found = true;
		}
		if (!found) return false;
	}
	return true;
}

static int usage(void) {
	fprintf(stderr, "usage: assay-model run MODEL --input IN --output OUT [--kernels NAME]\n"
	                "       assay-model run --batch LIST [--kernels NAME]\n"
	                "       assay-model info MODEL [--kernels NAME]\n"
	                "       assay-model bench MODEL [--kernels NAME] [--seconds S]\n"
	                "       assay-model variants\n");
	return 2;
}

/* The variant that is asked for, or the best; NULL if the machine has none of that name. */
static const tflite_kernels *choose(const char *name) {
	tflite_rejection rejection;
	if (name != NULL) {
		const tflite_kernels *named;
		for (uint32_t i = 0; (named = tflite_variants(i)) != NULL; i++) {
			if (strcmp(tflite_variant(named), name) == 0) return named;
		}
		fprintf(stderr, "%s: KERNELS: expected a variant that this machine has, such as portable\n", name);
		return NULL;
	}
	const tflite_kernels *best = tflite_pick_kernels(&rejection);
	if (rejection.variant != NULL) fprintf(stderr, "%s: KERNELS: expected its self check to pass, got %s wrong; running %s\n", rejection.variant, rejection.kernel, tflite_variant(best));
	return best;
}

int main(int count, char **arguments) {
	options parsed;
	memset(&parsed, 0, sizeof parsed);
	if (count == 2 && strcmp(arguments[1], "variants") == 0) {
		for (uint32_t i = 0; tflite_variants(i) != NULL; i++) printf("%s\n", tflite_variant(tflite_variants(i)));
		return 0;
	}
	if (count < 3) return usage();
	const char *command = arguments[1];
	/* Every command but a batch names a model first. */
	const char *model = strncmp(arguments[2], "--", 2) == 0 ? NULL : arguments[2];
	const int first = model == NULL ? 2 : 3;
	if (!parse(count - first, arguments + first, &parsed)) return usage();
	const bool runs = strcmp(command, "run") == 0;
	const bool single = runs && model != NULL && parsed.input != NULL && parsed.output != NULL && parsed.batch == NULL;
	const bool batch = runs && model == NULL && parsed.batch != NULL && parsed.input == NULL && parsed.output == NULL;
	const bool alone = model != NULL && parsed.input == NULL && parsed.output == NULL && parsed.batch == NULL;
	const bool info = strcmp(command, "info") == 0 && alone, timed = strcmp(command, "bench") == 0 && alone;
	const double seconds = parsed.seconds == NULL ? 1 : strtod(parsed.seconds, NULL);
	if ((!single && !batch && !info && !timed) || (parsed.seconds != NULL && !timed) || !(seconds >= 0 && seconds <= 3600)) return usage();
	const tflite_kernels *kernels = choose(parsed.kernels);
	if (kernels == NULL) return 2;
	if (single) return run(model, kernels, parsed.input, parsed.output) ? 0 : 1;
	if (batch) return run_batch(parsed.batch, kernels) ? 0 : 1;
	return (info ? print_info(model, kernels) : bench(model, kernels, seconds)) ? 0 : 1;
}
