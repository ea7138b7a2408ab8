/*
 * XS natives of the interpreter: thin glue over tflite.h. A loaded model is a host object whose destructor frees its memory;
 * all of it lies in C, so that the collector moves none of it. A model in flash (a buffer that XS does not move) is read in place,
 * and the caller keeps its buffer alive; one on the XS heap is copied once.
 */
#include "xsmc.h"

#include <stdlib.h>
#include <string.h>

#include "tflite.h"

typedef struct {
	/* the copy of the model, or NULL if it is read in place */
	void *copy;
	void *planning;
	void *running;
	const tflite_kernels *kernels;
	tflite_rejection rejection;
	tflite_interpreter *interpreter;
} loaded_model;

/* Longest message that a failed load returns. */
enum { MESSAGE_BYTES = 400 };

/* Far above what models for boards take, and low enough that a crafted file neither eats the machine's memory nor runs for minutes. */
static const tflite_limits limits = { 64u << 20, (uint64_t)1 << 31 };

static void unload(void *data) {
	loaded_model *model = data;
	if (model == NULL) return;
	free(model->running);
	free(model->planning);
	free(model->copy);
	free(model);
}

/* malloc promises less alignment than the interpreter asks for on 32-bit boards. */
static void *allocate(size_t bytes, void **aligned) {
	uint8_t *block = malloc(bytes + TFLITE_ALIGNMENT - 1);
	if (block != NULL) *aligned = block + (TFLITE_ALIGNMENT - (uintptr_t)block % TFLITE_ALIGNMENT) % TFLITE_ALIGNMENT;
	return block;
}

/* Loads and starts. No XS in here, so no buffer moves and nothing is thrown while memory is held. */
static tflite_code load(loaded_model *model, const void *bytes, size_t size, tflite_error *error) {
	static const tflite_error no_memory = { TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "memory for the model", TFLITE_GOT_NOTHING, 0 };
	uint32_t planning_bytes, run_bytes;
	void *aligned = NULL;
	tflite_code code;
	model->kernels = tflite_pick_kernels(&model->rejection);
	code = tflite_survey(bytes, size, &planning_bytes, error);
	if (code != TFLITE_OK) return code;
	*error = no_memory;
	model->planning = allocate(planning_bytes, &aligned);
	if (model->planning == NULL) return TFLITE_MEMORY;
	code = tflite_load(bytes, size, model->kernels, &limits, aligned, planning_bytes, &model->interpreter, error);
	if (code == TFLITE_TOO_LARGE && model->kernels != &tflite_portable_kernels) {
		/* Fast kernels keep weights in an order of their own. Which models are too large is not to depend on the machine. */
		model->kernels = &tflite_portable_kernels;
		code = tflite_load(bytes, size, model->kernels, &limits, aligned, planning_bytes, &model->interpreter, error);
	}
	if (code != TFLITE_OK) return code;
	run_bytes = tflite_memory_of(model->interpreter).run_bytes;
	*error = no_memory;
	model->running = allocate(run_bytes, &aligned);
	if (model->running == NULL) return TFLITE_MEMORY;
	return tflite_start(model->interpreter, aligned, run_bytes, error);
}

/* (model: buffer) → host object, or a string "CODE: message" */
void xs_tflite_load(xsMachine *the) {
	void *bytes;
	xsUnsignedValue size;
	tflite_error error;
	char message[MESSAGE_BYTES];
	loaded_model *model;
	bool in_place;
	/* Before anything else: creating the host object may move the buffer. */
	xsResult = xsNewHostObject(unload);
	in_place = xsmcGetBufferReadable(xsArg(0), &bytes, &size) == xsBufferNonrelocatable && (uintptr_t)bytes % 4 == 0;
	model = calloc(1, sizeof *model);
	if (model == NULL) {
		xsmcSetString(xsResult, "MEMORY: expected memory for the model");
		return;
	}
	if (!in_place) {
		model->copy = malloc(size == 0 ? 1 : size);
		if (model->copy == NULL) {
			unload(model);
			xsmcSetString(xsResult, "MEMORY: expected memory for a copy of the model");
			return;
		}
		memcpy(model->copy, bytes, size);
		bytes = model->copy;
	}
	if (load(model, bytes, size, &error) != TFLITE_OK) {
		const char *code = tflite_code_name(error.code);
		size_t length = strlen(code);
		memcpy(message, code, length);
		memcpy(message + length, ": ", 2);
		tflite_message(bytes, size, model->kernels, &error, message + length + 2, sizeof message - length - 2);
		unload(model);
		xsmcSetString(xsResult, message);
		return;
	}
	xsmcSetHostData(xsResult, model);
}

static loaded_model *model_of(xsMachine *the) {
	loaded_model *model;
	if (xsmcArgc < 1) xsTypeError("expected a model");
	model = xsmcGetHostDataValidate(xsArg(0), (void *)unload);
	if (model == NULL) xsTypeError("expected an open model, got a closed one");
	return model;
}

static uint32_t index_below(xsMachine *the, int argument, uint32_t count) {
	int index = xsmcArgc > argument ? (int)xsmcToInteger(xsArg(argument)) : 0;
	if (index < 0 || (uint32_t)index >= count) xsRangeError("expected an index below %d, got %d", (int)count, index);
	return (uint32_t)index;
}

/* (model) → undefined: frees its memory */
void xs_tflite_close(xsMachine *the) {
	loaded_model *model = model_of(the);
	xsmcSetHostData(xsArg(0), NULL);
	unload(model);
}

/* (model) → [inputs, outputs, operators, bytes of memory] */
void xs_tflite_counts(xsMachine *the) {
	const tflite_interpreter *interpreter = model_of(the)->interpreter;
	const tflite_memory memory = tflite_memory_of(interpreter);
	const uint32_t counts[4] = { tflite_input_count(interpreter), tflite_output_count(interpreter), tflite_operator_count(interpreter),
		                         memory.kept_bytes + memory.run_bytes };
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 4);
	for (int i = 0; i < 4; i++) {
		xsmcSetInteger(xsVar(0), (xsIntegerValue)counts[i]);
		xsmcSetIndex(xsResult, (xsIndex)i, xsVar(0));
	}
}

/* (model, index) → name of the operator */
void xs_tflite_operator(xsMachine *the) {
	const tflite_interpreter *interpreter = model_of(the)->interpreter;
	const uint32_t index = index_below(the, 1, tflite_operator_count(interpreter));
	xsmcSetString(xsResult, (char *)(uintptr_t)tflite_operator_name(interpreter, index));
}

/* (model, index, output: boolean) → [name, type, scale, zero point, ...shape] */
void xs_tflite_tensor(xsMachine *the) {
	const tflite_interpreter *interpreter = model_of(the)->interpreter;
	const bool output = xsmcArgc > 2 && xsmcTest(xsArg(2));
	const uint32_t index = index_below(the, 1, output ? tflite_output_count(interpreter) : tflite_input_count(interpreter));
	const tflite_tensor tensor = output ? tflite_output(interpreter, index) : tflite_input(interpreter, index);
	char name[128];
	uint32_t length = tensor.name_bytes < sizeof name - 1 ? tensor.name_bytes : (uint32_t)sizeof name - 1;
	/* The file may hold any bytes, an XS string must be UTF-8. */
	for (uint32_t i = 0; i < length; i++) name[i] = tensor.name[i] >= ' ' && tensor.name[i] <= '~' ? tensor.name[i] : '?';
	name[length] = '\0';
	xsmcVars(1);
	xsmcSetNewArray(xsResult, (xsIntegerValue)(4 + tensor.rank));
	xsmcSetString(xsVar(0), name);
	xsmcSetIndex(xsResult, 0, xsVar(0));
	xsmcSetString(xsVar(0), (char *)(uintptr_t)tflite_type_name(tensor.type));
	xsmcSetIndex(xsResult, 1, xsVar(0));
	xsmcSetNumber(xsVar(0), (double)tensor.scale);
	xsmcSetIndex(xsResult, 2, xsVar(0));
	xsmcSetInteger(xsVar(0), tensor.zero_point);
	xsmcSetIndex(xsResult, 3, xsVar(0));
	for (uint32_t i = 0; i < tensor.rank; i++) {
		xsmcSetInteger(xsVar(0), (xsIntegerValue)tensor.shape[i]);
		xsmcSetIndex(xsResult, (xsIndex)(4 + i), xsVar(0));
	}
}

/* (model, index, bytes: buffer, floats: boolean) → whether they fit the input; floats are quantized if it is not float32 */
void xs_tflite_write(xsMachine *the) {
	const tflite_interpreter *interpreter = model_of(the)->interpreter;
	const uint32_t index = index_below(the, 1, tflite_input_count(interpreter));
	const bool floats = xsmcArgc > 3 && xsmcTest(xsArg(3));
	const tflite_tensor tensor = tflite_input(interpreter, index);
	void *bytes;
	xsUnsignedValue size;
	bool fits;
	if (xsmcArgc < 3) xsTypeError("expected a buffer");
	xsmcGetBufferReadable(xsArg(2), &bytes, &size);
	if (floats) {
		if ((uintptr_t)bytes % sizeof(float) != 0) xsTypeError("expected floats aligned to 4 bytes");
		fits = size % sizeof(float) == 0 && tflite_store_floats(&tensor, bytes, size / sizeof(float));
	} else {
		fits = size == tensor.bytes;
		if (fits) memcpy(tensor.data, bytes, size);
	}
	xsmcSetBoolean(xsResult, fits);
}

/* (model) → undefined */
void xs_tflite_invoke(xsMachine *the) {
	tflite_invoke(model_of(the)->interpreter);
}

/* (model) → undefined: its variables are as they were at first */
void xs_tflite_reset(xsMachine *the) {
	tflite_reset(model_of(the)->interpreter);
}

/* (model, index, into: buffer) → whether the output has that many bytes; it is written there then, and nothing is allocated */
void xs_tflite_readInto(xsMachine *the) {
	const tflite_interpreter *interpreter = model_of(the)->interpreter;
	const uint32_t index = index_below(the, 1, tflite_output_count(interpreter));
	const tflite_tensor tensor = tflite_output(interpreter, index);
	void *bytes;
	xsUnsignedValue size;
	if (xsmcArgc < 3) xsTypeError("expected a buffer");
	xsmcGetBufferWritable(xsArg(2), &bytes, &size);
	if (size == tensor.bytes) memcpy(bytes, tensor.data, size);
	xsmcSetBoolean(xsResult, size == tensor.bytes);
}

/* (model) → name of the set of kernels */
void xs_tflite_variant(xsMachine *the) {
	xsmcSetString(xsResult, (char *)(uintptr_t)tflite_variant(model_of(the)->kernels));
}

/* (model) → undefined, or [variant, operator] of one that was faster but failed its self check */
void xs_tflite_rejected(xsMachine *the) {
	const tflite_rejection *rejection = &model_of(the)->rejection;
	if (rejection->variant == NULL) return;
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 2);
	xsmcSetString(xsVar(0), (char *)(uintptr_t)rejection->variant);
	xsmcSetIndex(xsResult, 0, xsVar(0));
	xsmcSetString(xsVar(0), (char *)(uintptr_t)rejection->kernel);
	xsmcSetIndex(xsResult, 1, xsVar(0));
}

/* (model) → whether the kernels got their built-in vectors right */
void xs_tflite_selfCheck(xsMachine *the) {
	const char *failed;
	xsmcSetBoolean(xsResult, tflite_self_check(model_of(the)->kernels, &failed));
}
