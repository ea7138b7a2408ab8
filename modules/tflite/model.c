/* The outermost checks: is it a model at all, and does the engine have its operators? */
#include "interpreter.h"
#include "planner.h"
#include "schema.h"

#include <string.h>

tflite_code tflite_fail(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected) {
	const tflite_error filled = { code, operator_index, tensor_index, expected, TFLITE_GOT_NOTHING, 0 };
	*error = filled;
	return code;
}

tflite_code tflite_fail_number(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected, int64_t got) {
	const tflite_error filled = { code, operator_index, tensor_index, expected, TFLITE_GOT_NUMBER, got };
	*error = filled;
	return code;
}

tflite_code tflite_fail_malformed(tflite_error *error) {
	return tflite_fail(error, TFLITE_MALFORMED, TFLITE_NONE, TFLITE_NONE, "offsets, lengths and strings inside the file");
}

tflite_code tflite_open_model(const void *model, size_t model_bytes, fb_reader *reader, fb_table *root, fb_table *subgraph, tflite_error *error) {
	tflite_fail(error, TFLITE_OK, TFLITE_NONE, TFLITE_NONE, NULL);
	if ((uintptr_t)model % 4 != 0) return tflite_fail(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a model at an address divisible by 4");
	/* Offsets inside a flatbuffer are signed 32-bit numbers. */
	if (model_bytes > INT32_MAX) return tflite_fail(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "a file of less than 2 GiB");
	if (model_bytes < 8 || memcmp((const uint8_t *)model + 4, "TFL3", 4) != 0) {
		return tflite_fail(error, TFLITE_NOT_A_MODEL, TFLITE_NONE, TFLITE_NONE, "the file identifier TFL3 at byte 4");
	}
	*reader = fb_open(model, (uint32_t)model_bytes);
	*root = fb_root(reader);
	int32_t version = fb_i32(reader, root, MODEL_VERSION, 0);
	fb_vector subgraphs = fb_vector_field(reader, root, MODEL_SUBGRAPHS, 4);
	if (reader->broken) return tflite_fail_malformed(error);
	if (version != SCHEMA_VERSION) return tflite_fail_number(error, TFLITE_NOT_A_MODEL, TFLITE_NONE, TFLITE_NONE, "schema version 3", version);
	if (subgraphs.length == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "a subgraph", 0);
	*subgraph = fb_table_element(reader, subgraphs, 0);
	return reader->broken ? tflite_fail_malformed(error) : TFLITE_OK;
}

int32_t tflite_builtin_of(fb_reader *reader, const fb_table *operator_code) {
	/* The field was one byte until codes went beyond 127; the greater of the two counts (schema, version 3a). */
	int32_t narrow = (int8_t)fb_u8(reader, operator_code, OPERATOR_CODE_DEPRECATED_BUILTIN, 0);
	int32_t wide = fb_i32(reader, operator_code, OPERATOR_CODE_BUILTIN, 0);
	return wide > narrow ? wide : narrow;
}

const tflite_kernel *tflite_find_kernel(const tflite_kernels *kernels, int32_t builtin, int32_t version) {
	for (const tflite_kernels *table = kernels; table != NULL; table = table->rest) {
		for (uint32_t i = 0; i < table->count; i++) {
			const tflite_kernel *kernel = table->rows[i];
			if (kernel->builtin == builtin) return version >= kernel->first_version && version <= kernel->last_version ? kernel : NULL;
		}
	}
	return NULL;
}

/* All that is missing is told at once, so the operator codes are gone through before anything else. */
static tflite_code check_operator_codes(fb_reader *reader, const fb_table *root, const tflite_kernels *kernels, tflite_error *error) {
	fb_vector codes = fb_vector_field(reader, root, MODEL_OPERATOR_CODES, 4);
	fb_spend(reader, codes, 4);
	for (uint32_t i = 0; i < codes.length && !reader->broken; i++) {
		fb_table code = fb_table_element(reader, codes, i);
		int32_t builtin = tflite_builtin_of(reader, &code);
		int32_t version = fb_i32(reader, &code, OPERATOR_CODE_VERSION, 1);
		fb_string_field(reader, &code, OPERATOR_CODE_CUSTOM);
		if (!reader->broken && tflite_find_kernel(kernels, builtin, version) == NULL) {
			return tflite_fail(error, TFLITE_MISSING_OPERATORS, TFLITE_NONE, TFLITE_NONE, "operators that this engine has");
		}
	}
	return reader->broken ? tflite_fail_malformed(error) : TFLITE_OK;
}

static uint32_t round_up(uint32_t bytes, uint32_t alignment) {
	return (bytes + alignment - 1) / alignment * alignment;
}

typedef struct {
	uint32_t tensors;
	uint32_t operators;
	uint32_t tensor_nodes;
	uint32_t operator_nodes;
	uint32_t kept;
	uint32_t order;
	uint32_t total;
} layout;

/* Offsets in the block that loading works in: what is kept, then what only planning needs. */
static tflite_code lay_out(fb_reader *reader, const fb_table *subgraph, layout *at, tflite_error *error) {
	at->tensors = fb_vector_field(reader, subgraph, SUBGRAPH_TENSORS, 4).length;
	at->operators = fb_vector_field(reader, subgraph, SUBGRAPH_OPERATORS, 4).length;
	if (reader->broken) return tflite_fail_malformed(error);
	if (at->tensors == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "at least one tensor", 0);
	if (at->operators == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "at least one operator", 0);
	if (at->tensors > TFLITE_MAX_NODES) {
		return tflite_fail_number(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "at most 4096 tensors", at->tensors);
	}
	if (at->operators > TFLITE_MAX_NODES) {
		return tflite_fail_number(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "at most 4096 operators", at->operators);
	}
	at->operator_nodes = round_up((uint32_t)sizeof(tflite_interpreter), 8);
	at->tensor_nodes = at->operator_nodes + at->operators * (uint32_t)sizeof(tflite_operator_node);
	at->kept = round_up(at->tensor_nodes + at->tensors * (uint32_t)sizeof(tflite_tensor_node), TFLITE_ALIGNMENT);
	uint32_t blocks = at->tensors + at->operators;
	at->order = at->kept + blocks * (uint32_t)sizeof(planner_block);
	at->total = at->order + blocks * (uint32_t)sizeof(uint16_t);
	return TFLITE_OK;
}

tflite_code tflite_survey(const void *model, size_t model_bytes, uint32_t *planning_bytes, tflite_error *error) {
	fb_reader reader;
	fb_table root, subgraph;
	layout at;
	tflite_code code = tflite_open_model(model, model_bytes, &reader, &root, &subgraph, error);
	if (code == TFLITE_OK) code = lay_out(&reader, &subgraph, &at, error);
	*planning_bytes = code == TFLITE_OK ? at.total : 0;
	return code;
}

/* Runs the first half of every kernel's preparation, and adds up what they need. */
static tflite_code check_operators(tflite_interpreter *interpreter, fb_reader *reader, const tflite_limits *limits, tflite_error *error) {
	uint64_t state_bytes = 0;
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		tflite_preparation preparation;
		tflite_code code = tflite_prepare_operator(interpreter, reader, i, &preparation, error);
		if (code != TFLITE_OK) return code;
		interpreter->operators[i].state = (uint32_t)state_bytes;
		interpreter->operators[i].scratch_bytes = preparation.scratch_bytes;
		state_bytes += round_up(preparation.state_bytes, 8);
		interpreter->memory.work = preparation.work > UINT64_MAX - interpreter->memory.work ? UINT64_MAX : interpreter->memory.work + preparation.work;
		if (limits != NULL && interpreter->memory.work > limits->work) {
			return tflite_fail_number(error, TFLITE_TOO_LARGE, (int32_t)i, TFLITE_NONE, "no more work than the caller allows", (int64_t)(interpreter->memory.work & INT64_MAX));
		}
		if (state_bytes > INT32_MAX) return tflite_fail(error, TFLITE_TOO_LARGE, (int32_t)i, TFLITE_NONE, "less than 2 GiB of constants");
	}
	interpreter->state_bytes = round_up((uint32_t)state_bytes, TFLITE_ALIGNMENT);
	return TFLITE_OK;
}

/* Gives tensors and scratch their places in the arena. */
static tflite_code plan_arena(tflite_interpreter *interpreter, planner_block *blocks, uint16_t *order, tflite_error *error) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) {
		const tflite_tensor_node *tensor = &interpreter->tensors[i];
		if (tensor->source != TENSOR_IN_ARENA) continue;
		const planner_block block = { round_up(tensor->bytes, TFLITE_ALIGNMENT), tensor->first, tensor->last, 0 };
		blocks[count++] = block;
	}
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		if (interpreter->operators[i].scratch_bytes == 0) continue;
		const planner_block block = { round_up(interpreter->operators[i].scratch_bytes, TFLITE_ALIGNMENT), (uint16_t)i, (uint16_t)i, 0 };
		blocks[count++] = block;
	}
	if (!planner_place(blocks, order, count, &interpreter->memory.arena_bytes)) {
		return tflite_fail(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "an arena of less than 2 GiB");
	}
	count = 0;
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) {
		if (interpreter->tensors[i].source == TENSOR_IN_ARENA) interpreter->tensors[i].place = blocks[count++].offset;
	}
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		if (interpreter->operators[i].scratch_bytes != 0) interpreter->operators[i].scratch_place = blocks[count++].offset;
	}
	return TFLITE_OK;
}

tflite_code tflite_load(const void *model, size_t model_bytes, const tflite_kernels *kernels, const tflite_limits *limits, void *memory,
                        size_t memory_bytes, tflite_interpreter **interpreter, tflite_error *error) {
	fb_reader reader;
	fb_table root, subgraph;
	layout at;
	*interpreter = NULL;
	tflite_code code = tflite_open_model(model, model_bytes, &reader, &root, &subgraph, error);
	if (code == TFLITE_OK) code = check_operator_codes(&reader, &root, kernels, error);
	if (code == TFLITE_OK) {
		uint32_t subgraphs = fb_vector_field(&reader, &root, MODEL_SUBGRAPHS, 4).length;
		if (subgraphs != 1) code = tflite_fail_number(error, TFLITE_UNSUPPORTED, TFLITE_NONE, TFLITE_NONE, "1 subgraph", subgraphs);
	}
	if (code == TFLITE_OK) code = lay_out(&reader, &subgraph, &at, error);
	if (code != TFLITE_OK) return code;
	if (memory_bytes < at.total) {
		return tflite_fail_number(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block of at least the bytes that tflite_survey tells", (int64_t)memory_bytes);
	}
	if ((uintptr_t)memory % TFLITE_ALIGNMENT != 0) return tflite_fail(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block at an address divisible by 16");
	if (limits != NULL && at.kept > limits->memory_bytes) {
		return tflite_fail_number(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "no more memory than the caller allows", at.kept);
	}
	memset(memory, 0, at.total);
	uint8_t *block = memory;
	tflite_interpreter *loading = memory;
	loading->model = model;
	loading->model_bytes = (uint32_t)model_bytes;
	loading->kernels = kernels;
	loading->tensor_count = at.tensors;
	loading->operator_count = at.operators;
	loading->operators = (tflite_operator_node *)(void *)(block + at.operator_nodes);
	loading->tensors = (tflite_tensor_node *)(void *)(block + at.tensor_nodes);
	code = tflite_load_tensors(loading, &reader, &root, &subgraph, error);
	if (code == TFLITE_OK) code = tflite_load_graph(loading, &reader, &root, &subgraph, error);
	if (code == TFLITE_OK) code = check_operators(loading, &reader, limits, error);
	if (code == TFLITE_OK) {
		code = plan_arena(loading, (planner_block *)(void *)(block + at.kept), (uint16_t *)(void *)(block + at.order), error);
	}
	if (code != TFLITE_OK) return code;
	uint64_t total = (uint64_t)at.kept + loading->state_bytes + loading->memory.arena_bytes;
	if (total > (limits != NULL && limits->memory_bytes < INT32_MAX ? limits->memory_bytes : INT32_MAX)) {
		return tflite_fail_number(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "no more memory than the caller allows", (int64_t)total);
	}
	loading->memory.planning_bytes = at.total;
	loading->memory.kept_bytes = at.kept;
	loading->memory.run_bytes = loading->state_bytes + loading->memory.arena_bytes;
	*interpreter = loading;
	return TFLITE_OK;
}
