/* What goes beyond one graph that forgets: resource variables, and subgraphs that a CALL_ONCE runs. */
#include "interpreter.h"
#include "schema.h"

#include <string.h>

static bool is_operator(const tflite_interpreter *interpreter, uint32_t index, uint8_t builtin) {
	return interpreter->operators[index].kernel->builtin == builtin;
}

tflite_code tflite_load_calls(tflite_interpreter *interpreter, fb_reader *reader, tflite_error *error) {
	/* An only subgraph is never called: a call of it would be found by its kernel. */
	if (interpreter->subgraph_count == 1) return TFLITE_OK;
	for (uint32_t i = 1; i < interpreter->subgraph_count; i++) interpreter->subgraphs[i].first_step = UINT16_MAX;
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		if (!is_operator(interpreter, i, BUILTIN_CALL_ONCE)) continue;
		if (i >= interpreter->subgraphs[0].operator_count) return tflite_fail(error, TFLITE_UNSUPPORTED, (int32_t)i, TFLITE_NONE, "CALL_ONCE in the first subgraph only");
		fb_table options = fb_table_at(reader, interpreter->plans[i].options);
		int32_t called = fb_i32(reader, &options, CALL_ONCE_INIT_SUBGRAPH, 0);
		if (reader->broken) return tflite_fail_malformed(error);
		if (called < 1 || (uint32_t)called >= interpreter->subgraph_count) {
			return tflite_fail_number(error, TFLITE_INVALID_GRAPH, (int32_t)i, TFLITE_NONE, "the number of another subgraph of the file", called);
		}
		tflite_subgraph_node *subgraph = &interpreter->subgraphs[called];
		if (i < subgraph->first_step) subgraph->first_step = (uint16_t)i;
		subgraph->last_step = (uint16_t)i;
	}
	for (uint32_t i = 1; i < interpreter->subgraph_count; i++) {
		tflite_subgraph_node *subgraph = &interpreter->subgraphs[i];
		/* One that never runs is laid out as if it ran first. */
		if (subgraph->first_step == UINT16_MAX) subgraph->first_step = 0;
		for (uint32_t k = 0; k < subgraph->tensor_count; k++) {
			tflite_tensor_node *tensor = &interpreter->tensors[subgraph->first_tensor + k];
			if (tensor->source != TENSOR_IN_ARENA) continue;
			tensor->first = subgraph->first_step;
			tensor->last = subgraph->last_step;
		}
	}
	return TFLITE_OK;
}

/* The tensor in a place of an operator's inputs or outputs, or UINT32_MAX if it has none. */
static uint32_t tensor_at(const tflite_interpreter *interpreter, const fb_reader *reader, uint32_t operator_index, fb_vector indices, uint32_t slot) {
	const int32_t index = slot < indices.length ? fb_i32_element(reader, indices, slot) : -1;
	return index < 0 ? UINT32_MAX : (uint32_t)index + tflite_subgraph_of(interpreter, operator_index)->first_tensor;
}

static uint32_t input_of(const tflite_interpreter *interpreter, const fb_reader *reader, uint32_t operator_index, uint32_t slot) {
	const tflite_operator_plan *plan = &interpreter->plans[operator_index];
	const fb_vector indices = { plan->inputs, plan->input_count };
	return tensor_at(interpreter, reader, operator_index, indices, slot);
}

static uint32_t output_of(const tflite_interpreter *interpreter, const fb_reader *reader, uint32_t operator_index) {
	const tflite_operator_plan *plan = &interpreter->plans[operator_index];
	const fb_vector indices = { plan->outputs, plan->output_count };
	return tensor_at(interpreter, reader, operator_index, indices, 0);
}

static fb_vector name_of(const tflite_interpreter *interpreter, fb_reader *reader, uint32_t operator_index, uint32_t field) {
	const fb_table options = fb_table_at(reader, interpreter->plans[operator_index].options);
	return fb_string_field(reader, &options, field);
}

static bool same_string(fb_reader *reader, fb_vector a, fb_vector b) {
	if (a.length != b.length) return false;
	/* Thousands of handles with one long name each would otherwise compare for a long time. */
	fb_spend(reader, a, 1);
	return !reader->broken && memcmp(reader->bytes + a.position, reader->bytes + b.position, a.length) == 0;
}

/* The first handle of a variable becomes the variable; later ones of the same name share it. */
static tflite_code find_handles(tflite_interpreter *interpreter, fb_reader *reader, tflite_error *error) {
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		if (!is_operator(interpreter, i, BUILTIN_VAR_HANDLE)) continue;
		uint32_t handle = output_of(interpreter, reader, i);
		if (reader->broken) return tflite_fail_malformed(error);
		if (handle == UINT32_MAX) return tflite_fail_number(error, TFLITE_INVALID_OPERATOR, (int32_t)i, TFLITE_NONE, "1 output", 0);
		tflite_tensor_node *node = &interpreter->tensors[handle];
		if (node->type != TFLITE_RESOURCE) {
			const tflite_code code = tflite_fail_number(error, TFLITE_INVALID_OPERATOR, (int32_t)i, (int32_t)handle, "a handle of type resource", node->type);
			error->got_kind = TFLITE_GOT_TYPE;
			return code;
		}
		node->source = TENSOR_VARIABLE;
		node->bytes = 0;
		node->zero_point = 0;
		node->first = UINT16_MAX;
		node->last = UINT16_MAX;
		const fb_vector name = name_of(interpreter, reader, i, VAR_HANDLE_SHARED_NAME), container = name_of(interpreter, reader, i, VAR_HANDLE_CONTAINER);
		for (uint32_t k = 0; k < i && node->source == TENSOR_VARIABLE && !reader->broken; k++) {
			if (!is_operator(interpreter, k, BUILTIN_VAR_HANDLE)) continue;
			const uint32_t other = output_of(interpreter, reader, k);
			/* Only with variables themselves, so that n handles of one variable cost n comparisons. */
			if (interpreter->tensors[other].source != TENSOR_VARIABLE || !same_string(reader, name, name_of(interpreter, reader, k, VAR_HANDLE_SHARED_NAME))) continue;
			/* A container that is left out means any, as in the reference. */
			if (container.position != 0 && !same_string(reader, container, name_of(interpreter, reader, k, VAR_HANDLE_CONTAINER))) continue;
			node->source = TENSOR_SHARED;
			node->place = other;
		}
		if (reader->broken) return tflite_fail_malformed(error);
	}
	return TFLITE_OK;
}

/* A variable is as large as what is assigned to it and read from it, and starts with the zero point of what is assigned first. */
static tflite_code size_variable(tflite_interpreter *interpreter, fb_reader *reader, uint32_t index, bool assigned, tflite_error *error) {
	const uint32_t handle = input_of(interpreter, reader, index, 0);
	const uint32_t value = assigned ? input_of(interpreter, reader, index, 1) : output_of(interpreter, reader, index);
	if (reader->broken) return tflite_fail_malformed(error);
	if (handle == UINT32_MAX || value == UINT32_MAX) return tflite_fail(error, TFLITE_INVALID_OPERATOR, (int32_t)index, TFLITE_NONE, "a handle and a value");
	tflite_tensor_node *variable = &interpreter->tensors[tflite_tensor_owner(interpreter, handle)];
	if (variable->type != TFLITE_RESOURCE || variable->source != TENSOR_VARIABLE) {
		return tflite_fail(error, TFLITE_INVALID_OPERATOR, (int32_t)index, (int32_t)handle, "a handle that a VAR_HANDLE made");
	}
	const tflite_tensor_node *node = &interpreter->tensors[value];
	if (node->bytes == 0) return tflite_fail(error, TFLITE_INVALID_TENSOR, (int32_t)index, (int32_t)value, "a tensor that is not empty");
	if (variable->bytes != 0 && variable->bytes != node->bytes) {
		return tflite_fail_number(error, TFLITE_INVALID_OPERATOR, (int32_t)index, (int32_t)value, "as many bytes as elsewhere in that variable", node->bytes);
	}
	variable->bytes = node->bytes;
	/* `place` is free until the arena is planned: it says whether something was assigned. */
	if (!assigned || variable->place != 0) return TFLITE_OK;
	variable->place = 1;
	variable->zero_point = node->zero_point;
	return TFLITE_OK;
}

/*
 * What is read from a variable shares its memory if the variable stays as it is until the last use of what was read. From the
 * last operator to the first, `first` of a variable says in which step it is next assigned to.
 */
static void share_reads(tflite_interpreter *interpreter, fb_reader *reader) {
	uint32_t next_call = UINT32_MAX;
	for (uint32_t i = interpreter->subgraphs[0].operator_count; i-- > 0;) {
		if (is_operator(interpreter, i, BUILTIN_CALL_ONCE)) next_call = i;
		const bool assigns = is_operator(interpreter, i, BUILTIN_ASSIGN_VARIABLE);
		if (!assigns && !is_operator(interpreter, i, BUILTIN_READ_VARIABLE)) continue;
		const uint32_t owner = tflite_tensor_owner(interpreter, input_of(interpreter, reader, i, 0));
		tflite_tensor_node *variable = &interpreter->tensors[owner];
		if (assigns) {
			variable->first = (uint16_t)i;
			continue;
		}
		tflite_tensor_node *value = &interpreter->tensors[output_of(interpreter, reader, i)];
		if (value->source != TENSOR_IN_ARENA || variable->first <= value->last || next_call <= value->last) continue;
		value->source = TENSOR_SHARED;
		value->place = owner;
	}
}

tflite_code tflite_load_variables(tflite_interpreter *interpreter, fb_reader *reader, tflite_error *error) {
	bool any = false;
	for (uint32_t i = 0; i < interpreter->operator_count && !any; i++) {
		const uint8_t builtin = interpreter->operators[i].kernel->builtin;
		any = builtin == BUILTIN_VAR_HANDLE || builtin == BUILTIN_READ_VARIABLE || builtin == BUILTIN_ASSIGN_VARIABLE;
	}
	if (any && find_handles(interpreter, reader, error) != TFLITE_OK) return error->code;
	for (uint32_t i = 0; any && i < interpreter->operator_count; i++) {
		const bool assigns = is_operator(interpreter, i, BUILTIN_ASSIGN_VARIABLE);
		if (!assigns && !is_operator(interpreter, i, BUILTIN_READ_VARIABLE)) continue;
		if (size_variable(interpreter, reader, i, assigns, error) != TFLITE_OK) return error->code;
	}
	if (any) share_reads(interpreter, reader);
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) {
		tflite_tensor_node *tensor = &interpreter->tensors[i];
		if (tensor->type != TFLITE_RESOURCE) continue;
		if (tensor->source == TENSOR_IN_ARENA || tensor->source == TENSOR_CONSTANT) return tflite_fail(error, TFLITE_INVALID_GRAPH, TFLITE_NONE, (int32_t)i, "a handle that a VAR_HANDLE made");
		tensor->first = 0;
	}
	return reader->broken ? tflite_fail_malformed(error) : TFLITE_OK;
}
