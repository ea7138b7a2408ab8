/* Checks the graph: that every operator comes after what it needs, and how long each tensor must be kept. */
#include "interpreter.h"
#include "schema.h"

/* Operands of one operator; the largest in the schema, an LSTM, has 24 inputs, and CONCATENATION as many as it likes. */
enum { MAX_OPERANDS = 256 };

static tflite_code check_index(const tflite_interpreter *interpreter, int32_t index, int32_t operator_index, tflite_error *error) {
	if (index >= 0 && (uint32_t)index < interpreter->tensor_count) return TFLITE_OK;
	return tflite_fail_number(error, TFLITE_INVALID_GRAPH, operator_index, TFLITE_NONE, "the index of a tensor of the file", index);
}

/* A tensor that gets its contents at run time must have room in the arena. */
static tflite_code give_room(tflite_interpreter *interpreter, int32_t index, uint16_t first, int32_t operator_index, tflite_error *error) {
	tflite_tensor_node *tensor = &interpreter->tensors[index];
	if (tensor->source == TENSOR_CONSTANT) {
		return tflite_fail(error, TFLITE_INVALID_GRAPH, operator_index, index, "a tensor to write to, not one with constant data");
	}
	if (tensor->source == TENSOR_IN_ARENA) return tflite_fail(error, TFLITE_INVALID_GRAPH, operator_index, index, "a tensor that nothing else writes");
	if (tensor->bytes == 0) return tflite_fail(error, TFLITE_INVALID_TENSOR, operator_index, index, "a tensor that is not empty");
	tensor->source = TENSOR_IN_ARENA;
	tensor->first = first;
	tensor->last = first;
	return TFLITE_OK;
}

static tflite_code load_inputs(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *subgraph, tflite_error *error) {
	interpreter->inputs = fb_vector_field(reader, subgraph, SUBGRAPH_INPUTS, 4);
	interpreter->outputs = fb_vector_field(reader, subgraph, SUBGRAPH_OUTPUTS, 4);
	if (reader->broken) return tflite_fail_malformed(error);
	if (interpreter->inputs.length > MAX_OPERANDS || interpreter->outputs.length > MAX_OPERANDS) {
		return tflite_fail(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "at most 256 inputs and 256 outputs");
	}
	if (interpreter->outputs.length == 0) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, TFLITE_NONE, "at least one output", 0);
	for (uint32_t i = 0; i < interpreter->inputs.length; i++) {
		int32_t index = fb_i32_element(reader, interpreter->inputs, i);
		tflite_code code = check_index(interpreter, index, TFLITE_NONE, error);
		if (code == TFLITE_OK) code = give_room(interpreter, index, 0, TFLITE_NONE, error);
		if (code != TFLITE_OK) return code;
	}
	return TFLITE_OK;
}

static tflite_code load_operator(tflite_interpreter *interpreter, fb_reader *reader, fb_vector codes, const fb_table *operation, uint16_t at, tflite_error *error) {
	tflite_operator_node *node = &interpreter->operators[at];
	uint32_t opcode = (uint32_t)fb_i32(reader, operation, OPERATOR_OPCODE_INDEX, 0);
	fb_vector inputs = fb_vector_field(reader, operation, OPERATOR_INPUTS, 4);
	fb_vector outputs = fb_vector_field(reader, operation, OPERATOR_OUTPUTS, 4);
	uint8_t options_type = fb_u8(reader, operation, OPERATOR_OPTIONS_TYPE, OPTIONS_NONE);
	fb_table_field(reader, operation, OPERATOR_OPTIONS);
	if (reader->broken) return tflite_fail_malformed(error);
	if (opcode >= codes.length) return tflite_fail_number(error, TFLITE_INVALID_GRAPH, at, TFLITE_NONE, "the index of an operator code of the file", opcode);
	fb_table code = fb_table_element(reader, codes, opcode);
	node->table = operation->position;
	node->kernel = tflite_find_kernel(interpreter->kernels, tflite_builtin_of(reader, &code), fb_i32(reader, &code, OPERATOR_CODE_VERSION, 1));
	if (node->kernel == NULL) return tflite_fail(error, TFLITE_MISSING_OPERATORS, at, TFLITE_NONE, "operators that this engine has");
	if (options_type != OPTIONS_NONE && options_type != node->kernel->options_type) {
		return tflite_fail_number(error, TFLITE_INVALID_OPERATOR, at, TFLITE_NONE, "that operator's kind of options", options_type);
	}
	if (inputs.length > MAX_OPERANDS || outputs.length > MAX_OPERANDS) {
		return tflite_fail(error, TFLITE_TOO_LARGE, at, TFLITE_NONE, "at most 256 inputs and 256 outputs");
	}
	for (uint32_t i = 0; i < inputs.length; i++) {
		int32_t index = fb_i32_element(reader, inputs, i);
		/* An optional operand that is left out. */
		if (index == -1) continue;
		if (check_index(interpreter, index, at, error) != TFLITE_OK) return error->code;
		tflite_tensor_node *tensor = &interpreter->tensors[index];
		/* An empty tensor has no contents to wait for. */
		if (tensor->source == TENSOR_NOWHERE && tensor->bytes != 0) {
			return tflite_fail(error, TFLITE_INVALID_GRAPH, at, index, "inputs that are constant, inputs of the graph, or written by an earlier operator");
		}
		tensor->last = at;
	}
	for (uint32_t i = 0; i < outputs.length; i++) {
		int32_t index = fb_i32_element(reader, outputs, i);
		tflite_code wrong = check_index(interpreter, index, at, error);
		if (wrong == TFLITE_OK) wrong = give_room(interpreter, index, at, at, error);
		if (wrong != TFLITE_OK) return wrong;
	}
	return TFLITE_OK;
}

tflite_code tflite_load_graph(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const fb_table *subgraph, tflite_error *error) {
	fb_vector operators = fb_vector_field(reader, subgraph, SUBGRAPH_OPERATORS, 4);
	fb_vector codes = fb_vector_field(reader, root, MODEL_OPERATOR_CODES, 4);
	tflite_code code = load_inputs(interpreter, reader, subgraph, error);
	for (uint32_t i = 0; i < operators.length && code == TFLITE_OK; i++) {
		fb_table operation = fb_table_element(reader, operators, i);
		code = load_operator(interpreter, reader, codes, &operation, (uint16_t)i, error);
	}
	for (uint32_t i = 0; i < interpreter->outputs.length && code == TFLITE_OK; i++) {
		int32_t index = fb_i32_element(reader, interpreter->outputs, i);
		code = check_index(interpreter, index, TFLITE_NONE, error);
		if (code != TFLITE_OK) break;
		tflite_tensor_node *tensor = &interpreter->tensors[index];
		if (tensor->source == TENSOR_NOWHERE) code = tflite_fail(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, index, "outputs that an operator writes");
		/* Kept until the caller has read it. */
		tensor->last = (uint16_t)operators.length;
	}
	return code;
}
