/*
 * Damages a model at random, thousands of times, and loads and runs what comes out: with AddressSanitizer and UBSan, whatever is
 * read or written out of bounds ends the program. Each damaged model has a heap block of exactly its size.
 *
 *     hostile SEED ROUNDS MODEL...
 *
 * The variants of the engine that the machine has take turns. Prints {"files", "loaded", "refused", "slowest"}: seconds of the
 * slowest one. Memory and work per file are limited.
 */
/* for posix_memalign */
#define _POSIX_C_SOURCE 200809L
#include "tflite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* No damaged model may take more than 64 times the largest of the undamaged, nor much longer. */
static const tflite_limits limits = { 32u << 20, (uint64_t)1 << 25 };

static uint64_t state;

/* splitmix64 (Steele, Lea and Flood, 2014) */
static uint32_t random_below(uint32_t bound) {
	uint64_t z = (state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) % bound);
}

static void put_u32(uint8_t *at, uint32_t value) {
	for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

/* Numbers that are likely to be just wrong. */
static uint32_t awkward(void) {
	static const uint32_t values[] = { 0, 1, 2, 3, 4, 7, 16, 127, 128, 255, 256, 4095, 4097, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x3f800000, 0x7f800000, 0x7fc00000 };
	return values[random_below(sizeof values / sizeof values[0])];
}

/* Damages bytes in place; returns how many are left. */
static size_t damage(uint8_t *bytes, size_t size) {
	uint32_t changes = 1 + random_below(4);
	if (random_below(8) == 0) return random_below((uint32_t)size + 1);
	while (changes-- > 0) {
		/* the tables of a file are small and stand mostly at its ends: look there more often than in the weights */
		uint32_t range = (uint32_t)(size > 6000 && random_below(4) != 0 ? 3000 : size);
		uint32_t at = random_below(range);
		if (range < size && random_below(2) == 0) at = (uint32_t)size - 1 - at;
		switch (random_below(4)) {
			case 0: bytes[at] ^= (uint8_t)(1u << random_below(8)); break;
			case 1: bytes[at] = (uint8_t)random_below(256); break;
			case 2: if (size >= 4) put_u32(bytes + at % (size - 3) / 4 * 4, awkward()); break;
			default: if (size >= 4) put_u32(bytes + at % (size - 3) / 4 * 4, random_below(64)); break;
		}
	}
	return size;
}

static void *aligned_block(size_t bytes) {
	void *block = NULL;
	if (posix_memalign(&block, TFLITE_ALIGNMENT, bytes == 0 ? 1 : bytes) != 0) exit(3);
	return block;
}

/* True if the model was loaded and run. */
static bool try_model(const uint8_t *bytes, size_t size, const tflite_kernels *kernels) {
	tflite_error error;
	tflite_interpreter *interpreter;
	uint32_t planning_bytes;
	char message[200];
	tflite_code code = tflite_survey(bytes, size, &planning_bytes, &error);
	void *planning = aligned_block(planning_bytes), *running = NULL;
	if (code == TFLITE_OK) code = tflite_load(bytes, size, kernels, &limits, planning, planning_bytes, &interpreter, &error);
	if (code == TFLITE_OK) {
		running = aligned_block(tflite_memory_of(interpreter).run_bytes);
		code = tflite_start(interpreter, running, tflite_memory_of(interpreter).run_bytes, &error);
		/* What was found sound once must stay so. */
		if (code != TFLITE_OK) abort();
		for (uint32_t i = 0; i < tflite_input_count(interpreter); i++) {
			const tflite_tensor input = tflite_input(interpreter, i);
			for (uint32_t k = 0; k < input.bytes; k++) ((uint8_t *)input.data)[k] = (uint8_t)random_below(256);
		}
		tflite_invoke(interpreter);
		volatile uint8_t last = 0;
		for (uint32_t i = 0; i < tflite_output_count(interpreter); i++) {
			const tflite_tensor output = tflite_output(interpreter, i);
			for (uint32_t k = 0; k < output.bytes; k++) last = ((const uint8_t *)output.data)[k];
		}
		(void)last;
	} else {
		tflite_message(bytes, size, kernels, &error, message, sizeof message);
		if (error.code != code || strlen(message) < 10 || strstr(message, "expected") == NULL) abort();
	}
	free(running);
	free(planning);
	return code == TFLITE_OK;
}

int main(int count, char **arguments) {
	unsigned long files = 0, loaded = 0;
	double slowest = 0;
	if (count < 4) return 2;
	state = strtoull(arguments[1], NULL, 10);
	const unsigned long rounds = strtoul(arguments[2], NULL, 10);
	uint32_t variants = 0;
	while (tflite_variants(variants) != NULL) variants++;
	for (int i = 3; i < count; i++) {
		FILE *stream = fopen(arguments[i], "rb");
		if (stream == NULL || fseek(stream, 0, SEEK_END) != 0) return 2;
		const size_t size = (size_t)ftell(stream);
		uint8_t *original = aligned_block(size);
		rewind(stream);
		if (fread(original, 1, size, stream) != size) return 2;
		fclose(stream);
		for (unsigned long round = 0; round <= rounds; round++, files++) {
			uint8_t *bytes = aligned_block(size);
			memcpy(bytes, original, size);
			/* The first round takes the file as it is. */
			const size_t left = round == 0 ? size : damage(bytes, size);
			uint8_t *exact = aligned_block(left);
			memcpy(exact, bytes, left);
			free(bytes);
			const clock_t begin = clock();
			if (try_model(exact, left, tflite_variants((uint32_t)round % variants))) loaded++;
			const double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
			if (seconds > slowest) slowest = seconds;
			free(exact);
		}
		free(original);
	}
	printf("{\"files\":%lu,\"loaded\":%lu,\"refused\":%lu,\"slowest\":%.3f}\n", files, loaded, files - loaded, slowest);
	return 0;
}
