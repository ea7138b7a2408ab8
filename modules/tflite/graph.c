/* Checks the graph: that every operator comes after what it needs, and how long each tensor must be kept. */
#include "interpreter.h"
#include "schema.h"

/* Operands of one operator; the largest in the schema, an LSTM, has 24 inputs, and CONCATENATION as many as it likes. */
enum { MAX_OPERANDS = 256 };

static tflite_code check_index(const tflite_subgraph_node *subgraph, int32_t index, int32_t operator_index, tflite_error *error) {
	if (index >= 0 && index < subgraph->tensor_count) return TFLITE_OK;
	return tflite_fail_number(error, TFLITE_INVALID_GRAPH, operator_index, TFLITE_NONE, "the index of a tensor of the file", index);
}

/* A tensor that gets its contents at run time must have room in the arena. */
static tflite_code give_room(tflite_interpreter *interpreter, int32_t index, uint16_t step, int32_t operator_index, tflite_error *error) {
	tflite_tensor_node *tensor = &interpreter->tensors[index];
	if (tensor->source == TENSOR_CONSTANT) {
		return tflite_fail(error, TFLITE_INVALID_GRAPH, operator_index, index, "a tensor to write to, not one with constant data");
	}
	if (tensor->source != TENSOR_NOWHERE) return tflite_fail(error, TFLITE_INVALID_GRAPH, operator_index, index, "a tensor that nothing else writes");
	if (tensor->bytes == 0) return tflite_fail(error, TFLITE_INVALID_TENSOR, operator_index, index, "a tensor that is not empty");
	tensor->source = TENSOR_IN_ARENA;
	tensor->first = step;
	tensor->last = step;
	return TFLITE_OK;
}

/* A tensor, and whatever it shares its memory with, is needed in that step. */
static void keep_until(tflite_interpreter *interpreter, int32_t index, uint16_t step) {
	tflite_tensor_node *owner = &interpreter->tensors[tflite_tensor_owner(interpreter, (uint32_t)index)];
	if (step > owner->last) owner->last = step;
}

static tflite_code load_inputs(tflite_interpreter *interpreter, fb_reader *reader, const tflite_subgraph_node *subgraph, tflite_error *error) {
	fb_table table = fb_table_at(reader, subgraph->table);
	fb_vector inputs = fb_vector_field(reader, &table, SUBGRAPH_INPUTS, 4);
	fb_vector outputs = fb_vector_field(reader, &table, SUBGRAPH_OUTPUTS, 4);
	if (reader->broken) return tflite_fail_malformed(error);
	if (inputs.length > MAX_OPERANDS || outputs.length > MAX_OPERANDS) {
		return tflite_fail(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "at most 256 inputs and 256 outputs");
	}
	if (subgraph == interpreter->subgraphs) {
		interpreter->inputs = inputs;
		interpreter->outputs = outputs;
		if (outputs.length == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "at least one output", 0);
	} else if (inputs.length + outputs.length > 0) {
		return tflite_fail_number(error, TFLITE_UNSUPPORTED, TFLITE_NONE, TFLITE_NONE, "no inputs and outputs in subgraphs other than the first", inputs.length + outputs.length);
	}
	for (uint32_t i = 0; i < inputs.length; i++) {
		int32_t index = fb_i32_element(reader, inputs, i);
		tflite_code code = check_index(subgraph, index, TFLITE_NONE, error);
		if (code == TFLITE_OK) code = give_room(interpreter, index, 0, TFLITE_NONE, error);
		if (code != TFLITE_OK) return code;
	}
	return TFLITE_OK;
}

static bool lists(const fb_reader *reader, fb_vector indices, int32_t index) {
	for (uint32_t i = 0; i < indices.length; i++) {
		if (fb_i32_element(reader, indices, i) == index) return true;
	}
	return false;
}

/*
 * RESHAPE and its like give the output the input's memory, so that nothing is copied. Not where the caller would write (as the
 * graph's input) what it reads as the graph's output, and not from constants, which need no arena.
 */
static void share(tflite_interpreter *interpreter, const fb_reader *reader, const tflite_subgraph_node *subgraph, int32_t input, int32_t output) {
	const uint32_t owner = tflite_tensor_owner(interpreter, (uint32_t)input);
	tflite_tensor_node *from = &interpreter->tensors[owner], *to = &interpreter->tensors[output];
	if (from->source != TENSOR_IN_ARENA || to->source != TENSOR_IN_ARENA || from->bytes != to->bytes) return;
	if (subgraph == interpreter->subgraphs && lists(reader, interpreter->outputs, output) && lists(reader, interpreter->inputs, (int32_t)owner)) return;
	if (to->last > from->last) from->last = to->last;
	to->source = TENSOR_SHARED;
	to->place = owner;
}

static bool passes_through(uint8_t builtin) {
	return builtin == BUILTIN_RESHAPE || builtin == BUILTIN_SQUEEZE || builtin == BUILTIN_EXPAND_DIMS;
}

/* Graphs repeat few codes: mostly one of the last operators had the same, which is found sooner than a kernel. */
static const tflite_kernel *find_kernel(const tflite_interpreter *interpreter, fb_reader *reader, fb_vector codes, uint32_t number, uint32_t opcode) {
	for (uint32_t i = number; i-- > 0 && number - i <= 32;) {
		if (interpreter->plans[i].scratch_place == opcode) return interpreter->operators[i].kernel;
	}
	const fb_table code = fb_table_element(reader, codes, opcode);
	return tflite_find_kernel(interpreter->kernels, reader, &code);
}

/* `at` counts the operators of the subgraph. Errors tell operators and tensors by their numbers in all. */
static tflite_code load_operator(tflite_interpreter *interpreter, fb_reader *reader, fb_vector codes, const fb_table *operation, const tflite_subgraph_node *subgraph,
                                 uint16_t at, tflite_error *error) {
	const int32_t number = subgraph->first_operator + at;
	tflite_operator_node *node = &interpreter->operators[number];
	uint32_t opcode = (uint32_t)fb_i32(reader, operation, OPERATOR_OPCODE_INDEX, 0);
	fb_vector inputs = fb_vector_field(reader, operation, OPERATOR_INPUTS, 4);
	fb_vector outputs = fb_vector_field(reader, operation, OPERATOR_OUTPUTS, 4);
	uint8_t options_type = fb_u8(reader, operation, OPERATOR_OPTIONS_TYPE, OPTIONS_NONE);
	const fb_table options = fb_table_field(reader, operation, OPERATOR_OPTIONS);
	fb_vector_field(reader, operation, OPERATOR_CUSTOM_OPTIONS, 1);
	if (reader->broken) return tflite_fail_malformed(error);
	if (opcode >= codes.length) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, number, TFLITE_NONE, "the index of an operator code of the file", opcode);
	node->kernel = find_kernel(interpreter, reader, codes, (uint32_t)number, opcode);
	if (node->kernel == NULL) return tflite_fail(error, TFLITE_MISSING_OPERATORS, number, TFLITE_NONE, "operators that this engine has");
	if (options_type != OPTIONS_NONE && options_type != node->kernel->options_type) {
		return tflite_fail_number(error, TFLITE_INVALID_OPERATOR, number, TFLITE_NONE, "that operator's kind of options", options_type);
	}
	if (inputs.length > MAX_OPERANDS || outputs.length > MAX_OPERANDS) {
		return tflite_fail(error, TFLITE_TOO_LARGE, number, TFLITE_NONE, "at most 256 inputs and 256 outputs");
	}
	tflite_operator_plan *plan = &interpreter->plans[number];
	plan->table = operation->position;
	plan->options = options_type == OPTIONS_NONE ? 0 : options.position;
	plan->inputs = inputs.position;
	plan->input_count = (uint16_t)inputs.length;
	plan->outputs = outputs.position;
	plan->output_count = (uint16_t)outputs.length;
	plan->scratch_place = opcode;
	for (uint32_t i = 0; i < inputs.length; i++) {
		int32_t index = fb_i32_element(reader, inputs, i);
		/* An optional operand that is left out. */
		if (index == -1) continue;
		if (check_index(subgraph, index, number, error) != TFLITE_OK) return error->code;
		index += subgraph->first_tensor;
		const tflite_tensor_node *tensor = &interpreter->tensors[index];
		/* An empty tensor has no contents to wait for. */
		if (tensor->source == TENSOR_NOWHERE && tensor->bytes != 0) {
			return tflite_fail(error, TFLITE_INVALID_GRAPH, number, index, "inputs that are constant, inputs of the graph, or written by an earlier operator");
		}
		keep_until(interpreter, index, at);
	}
	for (uint32_t i = 0; i < outputs.length; i++) {
		int32_t index = fb_i32_element(reader, outputs, i);
		tflite_code wrong = check_index(subgraph, index, number, error);
		if (wrong == TFLITE_OK) wrong = give_room(interpreter, index + subgraph->first_tensor, at, number, error);
		if (wrong != TFLITE_OK) return wrong;
	}
	if (passes_through(node->kernel->builtin) && inputs.length > 0 && outputs.length == 1) {
		int32_t input = fb_i32_element(reader, inputs, 0), output = fb_i32_element(reader, outputs, 0);
		if (input >= 0) share(interpreter, reader, subgraph, input + subgraph->first_tensor, output + subgraph->first_tensor);
	}
	return TFLITE_OK;
}

tflite_code tflite_load_graph(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const tflite_subgraph_node *subgraph, tflite_error *error) {
	fb_table table = fb_table_at(reader, subgraph->table);
	fb_vector operators = fb_vector_field(reader, &table, SUBGRAPH_OPERATORS, 4);
	fb_vector codes = fb_vector_field(reader, root, MODEL_OPERATOR_CODES, 4);
	tflite_code code = load_inputs(interpreter, reader, subgraph, error);
	for (uint32_t i = 0; i < operators.length && code == TFLITE_OK; i++) {
		fb_table operation = fb_table_element(reader, operators, i);
		code = load_operator(interpreter, reader, codes, &operation, subgraph, (uint16_t)i, error);
	}
	if (subgraph != interpreter->subgraphs) return code;
	for (uint32_t i = 0; i < interpreter->outputs.length && code == TFLITE_OK; i++) {
		int32_t index = fb_i32_element(reader, interpreter->outputs, i);
		code = check_index(subgraph, index, TFLITE_NONE, error);
		if (code != TFLITE_OK) break;
		if (interpreter->tensors[index].source == TENSOR_NOWHERE) code = tflite_fail(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, index, "outputs that an operator writes");
		/* Kept until the caller has read it. */
		else keep_until(interpreter, index, (uint16_t)operators.length);
	}
	return code;
}
