/*
 * The engine as WebAssembly: thin glue over tflite.h for modules/tflite/wasm/engine.ts. One instance runs one model. Its linear memory
 * holds, from the bottom: the stack (so that an overflow traps), static data, the model's file, a staging area for real numbers, and the
 * block of the interpreter. Memory grows while a model is loaded and never after.
 */
#include "../tflite.h"

#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name)))

enum { PAGE_BYTES = 65536, MESSAGE_BYTES = 400 };

/* As assay-model's: above what models for boards take, and low enough that a crafted file ends soon. */
static const tflite_limits limits = { 256u << 20, (uint64_t)1 << 31 };

/* Where static data ends; from the linker. */
extern uint8_t __heap_base;

/* The one model of this instance. An instance is C's whole world: these are what a host object holds elsewhere. */
static struct {
	uint8_t *file;
	uint32_t file_bytes;
	float *staging;
	const tflite_kernels *kernels;
	tflite_interpreter *interpreter;
	tflite_tensor tensor;
	tflite_memory memory;
	char message[MESSAGE_BYTES];
} model;

static uintptr_t align(uintptr_t address) {
	return (address + TFLITE_ALIGNMENT - 1) / TFLITE_ALIGNMENT * TFLITE_ALIGNMENT;
}

/* Makes memory reach up to `end`; false if the host gives no more. */
static bool reach(uint64_t end) {
	const uint64_t bytes = (uint64_t)__builtin_wasm_memory_size(0) * PAGE_BYTES;
	if (end <= bytes) return true;
	if (end > UINT32_MAX) return false;
	return __builtin_wasm_memory_grow(0, (uint32_t)((end - bytes + PAGE_BYTES - 1) / PAGE_BYTES)) != SIZE_MAX;
}

/* The name of the set of kernels number `index`, the fastest first; NULL if there are no more. */
EXPORT(variant) const char *variant(uint32_t index) {
	const tflite_kernels *kernels = tflite_variants(index);
	return kernels == NULL ? NULL : tflite_variant(kernels);
}

/* Where the caller writes the model's bytes before `load`; 0 if there is no memory for them. */
EXPORT(reserve) uint8_t *reserve(uint32_t file_bytes) {
	model.file = (uint8_t *)align((uintptr_t)&__heap_base);
	model.file_bytes = file_bytes;
	return reach((uint64_t)(uintptr_t)model.file + file_bytes + TFLITE_ALIGNMENT) ? model.file : NULL;
}

/* Values of an input that can be given as real numbers and are stored as another type. */
static uint32_t staging_floats(const tflite_interpreter *interpreter) {
	uint32_t most = 0;
	for (uint32_t i = 0; i < tflite_input_count(interpreter); i++) {
		const tflite_tensor input = tflite_input(interpreter, i);
		const uint32_t count = input.type == TFLITE_INT16 ? input.bytes / 2 : input.bytes;
		if (input.type != TFLITE_INT8 && input.type != TFLITE_UINT8 && input.type != TFLITE_INT16) continue;
		if (count > most) most = count;
	}
	return most;
}

static tflite_code start(tflite_error *error) {
	static const tflite_error no_memory = { TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "memory for the model", TFLITE_GOT_NOTHING, 0 };
	const uintptr_t block = align((uintptr_t)model.file + model.file_bytes);
	uint32_t planning_bytes;
	tflite_code code = tflite_survey(model.file, model.file_bytes, &planning_bytes, error);
	if (code != TFLITE_OK) return code;
	*error = no_memory;
	if (!reach((uint64_t)block + planning_bytes)) return TFLITE_MEMORY;
	code = tflite_load(model.file, model.file_bytes, model.kernels, &limits, (void *)block, planning_bytes, &model.interpreter, error);
	if (code != TFLITE_OK) return code;
	const tflite_memory memory = tflite_memory_of(model.interpreter);
	const uint64_t run = (uint64_t)block + align(memory.kept_bytes), staging = run + align(memory.run_bytes);
	*error = no_memory;
	if (!reach(staging + (uint64_t)staging_floats(model.interpreter) * sizeof(float))) return TFLITE_MEMORY;
	model.staging = (float *)(uintptr_t)staging;
	return tflite_start(model.interpreter, (void *)(uintptr_t)run, memory.run_bytes, error);
}

/* Loads the model that was written, for the kernels of that number; NULL, or "CODE: message". */
EXPORT(load) const char *load(uint32_t variant) {
	tflite_error error;
	model.kernels = tflite_variants(variant);
	if (start(&error) == TFLITE_OK) return NULL;
	const char *code = tflite_code_name(error.code);
	const size_t length = strlen(code);
	memcpy(model.message, code, length);
	memcpy(model.message + length, ": ", 2);
	tflite_message(model.file, model.file_bytes, model.kernels, &error, model.message + length + 2, sizeof model.message - length - 2);
	return model.message;
}

EXPORT(input_count) uint32_t input_count(void) {
	return tflite_input_count(model.interpreter);
}

EXPORT(output_count) uint32_t output_count(void) {
	return tflite_output_count(model.interpreter);
}

EXPORT(operator_count) uint32_t operator_count(void) {
	return tflite_operator_count(model.interpreter);
}

/* A tflite_memory: with the portable kernels, what the model takes on any machine of 32 bits. */
EXPORT(memory_of) const tflite_memory *memory_of(void) {
	model.memory = tflite_memory_of(model.interpreter);
	return &model.memory;
}

EXPORT(operator_name) const char *operator_name_at(uint32_t index) {
	return tflite_operator_name(model.interpreter, index);
}

/* A tflite_tensor, good until the next call. Indices are below the counts: the caller checks them. */
EXPORT(input) const tflite_tensor *input(uint32_t index) {
	model.tensor = tflite_input(model.interpreter, index);
	return &model.tensor;
}

EXPORT(output) const tflite_tensor *output(uint32_t index) {
	model.tensor = tflite_output(model.interpreter, index);
	return &model.tensor;
}

EXPORT(type_name) const char *type_name(uint32_t type) {
	return tflite_type_name((tflite_type)type);
}

/* Where the caller writes real numbers before `store_floats`, as many as the input has values, if it is int8, uint8 or int16. */
EXPORT(staging) float *staging(void) {
	return model.staging;
}

EXPORT(store_floats) bool store_floats(uint32_t index, uint32_t count) {
	const tflite_tensor tensor = tflite_input(model.interpreter, index);
	return tflite_store_floats(&tensor, model.staging, count);
}

EXPORT(invoke) void invoke(void) {
	tflite_invoke(model.interpreter);
}

EXPORT(reset) void reset(void) {
	tflite_reset(model.interpreter);
}

/* Runs the built-in vectors of the kernels of that number: NULL, or the operator that got one wrong. */
EXPORT(self_check) const char *self_check(uint32_t variant) {
	const char *failed;
	return tflite_self_check(tflite_variants(variant), &failed) ? NULL : failed;
}
