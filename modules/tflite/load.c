/* Loading: finds everything, checks everything, and plans where everything lies. */
#include "interpreter.h"
#include "planner.h"
#include "schema.h"

#include <string.h>

/* All that is missing is told at once, so the operator codes are gone through before anything else. */
static tflite_code check_operator_codes(fb_reader *reader, const fb_table *root, const tflite_kernels *kernels, tflite_error *error) {
	fb_vector codes = fb_vector_field(reader, root, MODEL_OPERATOR_CODES, 4);
	fb_spend(reader, codes, 4);
	for (uint32_t i = 0; i < codes.length && !reader->broken; i++) {
		fb_table code = fb_table_element(reader, codes, i);
		const tflite_kernel *kernel = tflite_find_kernel(kernels, reader, &code);
		if (!reader->broken && kernel == NULL) return tflite_fail(error, TFLITE_MISSING_OPERATORS, TFLITE_NONE, TFLITE_NONE, "operators that this engine has");
	}
	return reader->broken ? tflite_fail_malformed(error) : TFLITE_OK;
}

static uint32_t round_up(uint32_t bytes, uint32_t alignment) {
	return (bytes + alignment - 1) / alignment * alignment;
}

typedef struct {
	uint32_t subgraphs;
	uint32_t tensors;
	uint32_t operators;
	/* offsets in the block that loading works in: what is kept, what starting needs too, then what only planning needs */
	uint32_t subgraph_nodes;
	uint32_t operator_nodes;
	uint32_t kept;
	uint32_t operator_plans;
	uint32_t blocks;
	uint32_t order;
	uint32_t total;
} layout;

static tflite_code too_many(tflite_error *error, const char *most, uint32_t got) {
	return tflite_fail_number(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, most, got);
}

/* Counts what the subgraphs hold. */
static tflite_code count_nodes(fb_reader *reader, const fb_table *root, layout *at, tflite_error *error) {
	fb_vector subgraphs = fb_vector_field(reader, root, MODEL_SUBGRAPHS, 4);
	at->subgraphs = subgraphs.length;
	at->tensors = 0;
	at->operators = 0;
	if (reader->broken) return tflite_fail_malformed(error);
	if (subgraphs.length == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "a subgraph", 0);
	if (!TFLITE_HAS_VARIABLES && subgraphs.length > 1) return tflite_fail_number(error, TFLITE_UNSUPPORTED, TFLITE_NONE, TFLITE_NONE, "1 subgraph", subgraphs.length);
	if (subgraphs.length > TFLITE_MAX_SUBGRAPHS) return too_many(error, "at most 64 subgraphs", subgraphs.length);
	for (uint32_t i = 0; i < subgraphs.length; i++) {
		fb_table subgraph = fb_table_element(reader, subgraphs, i);
		uint32_t tensors = fb_vector_field(reader, &subgraph, SUBGRAPH_TENSORS, 4).length;
		uint32_t operators = fb_vector_field(reader, &subgraph, SUBGRAPH_OPERATORS, 4).length;
		if (reader->broken) return tflite_fail_malformed(error);
		if (i == 0 && tensors == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "at least one tensor", 0);
		if (i == 0 && operators == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "at least one operator", 0);
		if (tensors > TFLITE_MAX_NODES - at->tensors) return too_many(error, "at most 4096 tensors", tensors);
		if (operators > TFLITE_MAX_NODES - at->operators) return too_many(error, "at most 4096 operators", operators);
		at->tensors += tensors;
		at->operators += operators;
	}
	/* Each is listed in a place of its own, unless vectors overlap; so loading works in no more than 16 times the file's size. */
	if (at->tensors + at->operators > reader->size / 4) return tflite_fail_malformed(error);
	return TFLITE_OK;
}

static tflite_code lay_out(fb_reader *reader, const fb_table *root, layout *at, tflite_error *error) {
	if (count_nodes(reader, root, at, error) != TFLITE_OK) return error->code;
	at->subgraph_nodes = round_up((uint32_t)sizeof(tflite_interpreter), 8);
	at->operator_nodes = round_up(at->subgraph_nodes + at->subgraphs * (uint32_t)sizeof(tflite_subgraph_node), 8);
	at->kept = round_up(at->operator_nodes + at->operators * (uint32_t)sizeof(tflite_operator_node), TFLITE_ALIGNMENT);
	at->operator_plans = at->kept + at->tensors * (uint32_t)sizeof(tflite_tensor_node);
	at->blocks = at->operator_plans + at->operators * (uint32_t)sizeof(tflite_operator_plan);
	const uint32_t blocks = at->tensors + at->operators;
	at->order = at->blocks + blocks * (uint32_t)sizeof(planner_block);
	at->total = at->order + blocks * (uint32_t)sizeof(uint16_t);
	return TFLITE_OK;
}

tflite_code tflite_survey(const void *model, size_t model_bytes, uint32_t *planning_bytes, tflite_error *error) {
	fb_reader reader;
	fb_table root;
	layout at;
	tflite_code code = tflite_open_model(model, model_bytes, &reader, &root, error);
	if (code == TFLITE_OK) code = lay_out(&reader, &root, &at, error);
	*planning_bytes = code == TFLITE_OK ? at.total : 0;
	return code;
}

/* Checks tensors and graphs of all subgraphs. */
static tflite_code load_subgraphs(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, tflite_error *error) {
	fb_vector tables = fb_vector_field(reader, root, MODEL_SUBGRAPHS, 4);
	uint32_t tensors = 0, operators = 0;
	for (uint32_t i = 0; i < interpreter->subgraph_count; i++) {
		tflite_subgraph_node *subgraph = &interpreter->subgraphs[i];
		fb_table table = fb_table_element(reader, tables, i);
		subgraph->table = table.position;
		subgraph->first_tensor = (uint16_t)tensors;
		subgraph->first_operator = (uint16_t)operators;
		subgraph->tensor_count = (uint16_t)fb_vector_field(reader, &table, SUBGRAPH_TENSORS, 4).length;
		subgraph->operator_count = (uint16_t)fb_vector_field(reader, &table, SUBGRAPH_OPERATORS, 4).length;
		tensors += subgraph->tensor_count;
		operators += subgraph->operator_count;
		tflite_code code = tflite_load_tensors(interpreter, reader, root, subgraph, error);
		if (code == TFLITE_OK) code = tflite_load_graph(interpreter, reader, root, subgraph, error);
		if (code != TFLITE_OK) return code;
	}
	if (!TFLITE_HAS_VARIABLES) return TFLITE_OK;
	tflite_code code = tflite_load_calls(interpreter, reader, error);
	return code == TFLITE_OK ? tflite_load_variables(interpreter, reader, error) : code;
}

/* Runs the first half of every kernel's preparation, and adds up what they need. */
static tflite_code check_operators(tflite_interpreter *interpreter, fb_reader *reader, const tflite_limits *limits, tflite_error *error) {
	uint64_t state_bytes = 0, kept_bytes = 0;
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		tflite_preparation preparation;
		tflite_code code = tflite_prepare_operator(interpreter, reader, i, NULL, &preparation, error);
		if (code != TFLITE_OK) return code;
		interpreter->operators[i].state = (uint32_t)state_bytes;
		interpreter->plans[i].scratch_bytes = preparation.scratch_bytes;
		state_bytes += round_up(preparation.state_bytes, 8);
		kept_bytes += round_up(preparation.kept_bytes, 8);
		interpreter->memory.work = preparation.work > UINT64_MAX - interpreter->memory.work ? UINT64_MAX : interpreter->memory.work + preparation.work;
		if (limits != NULL && interpreter->memory.work > limits->work) {
			return tflite_fail_number(error, TFLITE_TOO_LARGE, (int32_t)i, TFLITE_NONE, "no more work than the caller allows", (int64_t)(interpreter->memory.work & INT64_MAX));
		}
		if (state_bytes + kept_bytes > INT32_MAX - (1 << 20)) return tflite_fail(error, TFLITE_TOO_LARGE, (int32_t)i, TFLITE_NONE, "less than 2 GiB of constants");
	}
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) interpreter->variable_count += interpreter->tensors[i].source == TENSOR_VARIABLE;
	interpreter->variables_place = (uint32_t)state_bytes;
	interpreter->places_place = interpreter->variables_place + interpreter->variable_count * (uint32_t)sizeof(tflite_variable);
	interpreter->kept_place = round_up(interpreter->places_place + (interpreter->inputs.length + interpreter->outputs.length) * (uint32_t)sizeof(uint32_t), 8);
	interpreter->arena_place = round_up(interpreter->kept_place + (uint32_t)kept_bytes, TFLITE_ALIGNMENT);
	return TFLITE_OK;
}

/* Gives tensors and scratch their places in the arena. */
static tflite_code plan_arena(tflite_interpreter *interpreter, planner_block *blocks, uint16_t *order, tflite_error *error) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) {
		const tflite_tensor_node *tensor = &interpreter->tensors[i];
		if (tensor->source != TENSOR_IN_ARENA && tensor->source != TENSOR_VARIABLE) continue;
		const planner_block block = { round_up(tensor->bytes, TFLITE_ALIGNMENT), tensor->first, tensor->last, 0 };
		blocks[count++] = block;
	}
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		if (interpreter->plans[i].scratch_bytes == 0) continue;
		const tflite_subgraph_node *subgraph = tflite_subgraph_of(interpreter, i);
		const bool called = subgraph != interpreter->subgraphs;
		const planner_block block = { round_up(interpreter->plans[i].scratch_bytes, TFLITE_ALIGNMENT), called ? subgraph->first_step : (uint16_t)i,
			                          called ? subgraph->last_step : (uint16_t)i, 0 };
		blocks[count++] = block;
	}
	if (!planner_place(blocks, order, count, &interpreter->memory.arena_bytes)) {
		return tflite_fail(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "an arena of less than 2 GiB");
	}
	count = 0;
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) {
		tflite_tensor_node *tensor = &interpreter->tensors[i];
		if (tensor->source == TENSOR_IN_ARENA || tensor->source == TENSOR_VARIABLE) tensor->place = blocks[count++].offset;
	}
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		if (interpreter->plans[i].scratch_bytes != 0) interpreter->plans[i].scratch_place = blocks[count++].offset;
	}
	return TFLITE_OK;
}

/* Checks the caller's block and lays the interpreter out in it. */
static tflite_code begin(const layout *at, const tflite_limits *limits, void *memory, size_t memory_bytes, tflite_error *error) {
	if (memory_bytes < at->total) {
		return tflite_fail_number(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block of at least the bytes that tflite_survey tells", (int64_t)memory_bytes);
	}
	if ((uintptr_t)memory % TFLITE_ALIGNMENT != 0) return tflite_fail(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block at an address divisible by 16");
	if (limits != NULL && at->kept > limits->memory_bytes) {
		return tflite_fail_number(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "no more memory than the caller allows", at->kept);
	}
	/* Blocks and their order are written before they are read. */
	memset(memory, 0, at->blocks);
	uint8_t *block = memory;
	tflite_interpreter *loading = memory;
	loading->subgraph_count = at->subgraphs;
	loading->tensor_count = at->tensors;
	loading->operator_count = at->operators;
	loading->subgraphs = (tflite_subgraph_node *)(void *)(block + at->subgraph_nodes);
	loading->operators = (tflite_operator_node *)(void *)(block + at->operator_nodes);
	loading->tensors = (tflite_tensor_node *)(void *)(block + at->kept);
	loading->plans = (tflite_operator_plan *)(void *)(block + at->operator_plans);
	return TFLITE_OK;
}

tflite_code tflite_load(const void *model, size_t model_bytes, const tflite_kernels *kernels, const tflite_limits *limits, void *memory,
                        size_t memory_bytes, tflite_interpreter **interpreter, tflite_error *error) {
	fb_reader reader;
	fb_table root;
	layout at;
	*interpreter = NULL;
	tflite_code code = tflite_open_model(model, model_bytes, &reader, &root, error);
	if (code == TFLITE_OK) code = check_operator_codes(&reader, &root, kernels, error);
	if (code == TFLITE_OK) code = lay_out(&reader, &root, &at, error);
	if (code == TFLITE_OK) code = begin(&at, limits, memory, memory_bytes, error);
	if (code != TFLITE_OK) return code;
	uint8_t *block = memory;
	tflite_interpreter *loading = memory;
	loading->model = model;
	loading->model_bytes = (uint32_t)model_bytes;
	loading->kernels = kernels;
	code = load_subgraphs(loading, &reader, &root, error);
	if (code == TFLITE_OK) code = check_operators(loading, &reader, limits, error);
	if (code == TFLITE_OK) {
		code = plan_arena(loading, (planner_block *)(void *)(block + at.blocks), (uint16_t *)(void *)(block + at.order), error);
	}
	if (code != TFLITE_OK) return code;
	/* What starting needs lies where the arena will be. */
	const uint32_t starting_bytes = at.blocks - at.kept, arena_bytes = loading->memory.arena_bytes;
	const uint64_t run_bytes = (uint64_t)loading->arena_place + (arena_bytes > starting_bytes ? arena_bytes : starting_bytes), total = at.kept + run_bytes;
	if (total > (limits != NULL && limits->memory_bytes < INT32_MAX ? limits->memory_bytes : INT32_MAX)) {
		return tflite_fail_number(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "no more memory than the caller allows", (int64_t)total);
	}
	loading->memory.planning_bytes = at.total;
	loading->memory.kept_bytes = at.kept;
	loading->memory.run_bytes = (uint32_t)run_bytes;
	*interpreter = loading;
	return TFLITE_OK;
}
