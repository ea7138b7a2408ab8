/* Starting, running, and what a caller may ask of a loaded model. */
#include "interpreter.h"
#include "kernels/fixed-point.h"
#include "schema.h"

#include <string.h>

tflite_memory tflite_memory_of(const tflite_interpreter *interpreter) {
	return interpreter->memory;
}

/* The indices of inputs, then outputs. */
static uint32_t tensor_in(const tflite_interpreter *interpreter, uint32_t index) {
	const fb_reader reader = fb_open(interpreter->model, interpreter->model_bytes);
	const uint32_t inputs = interpreter->inputs.length;
	return (uint32_t)(index < inputs ? fb_i32_element(&reader, interpreter->inputs, index) : fb_i32_element(&reader, interpreter->outputs, index - inputs));
}

/* An output may be constant data, which lies in the file. */
static const uint32_t place_in_file = (uint32_t)1 << 31;

static uint32_t *places_of(const tflite_interpreter *interpreter) {
	return (uint32_t *)(void *)(interpreter->run + interpreter->places_place);
}

static tflite_variable *variables_of(const tflite_interpreter *interpreter) {
	return (tflite_variable *)(void *)(interpreter->run + interpreter->variables_place);
}

/* Writes down what is asked for after the start, when the nodes of tensors are gone. */
static void keep_places(tflite_interpreter *interpreter) {
	uint32_t *places = places_of(interpreter);
	tflite_variable *variable = variables_of(interpreter);
	for (uint32_t i = 0; i < interpreter->inputs.length + interpreter->outputs.length; i++) {
		const tflite_tensor_node *node = &interpreter->tensors[tflite_tensor_owner(interpreter, tensor_in(interpreter, i))];
		places[i] = node->source == TENSOR_CONSTANT ? place_in_file | node->place : interpreter->arena_place + node->place;
	}
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) {
		const tflite_tensor_node *node = &interpreter->tensors[i];
		if (node->source != TENSOR_VARIABLE) continue;
		variable->place = interpreter->arena_place + node->place;
		variable->bytes = node->bytes;
		variable->fill = node->type == TFLITE_INT8 || node->type == TFLITE_RESOURCE ? (uint8_t)node->zero_point : 0;
		variable++;
	}
}

/* An invoke writes what it reads, but for inputs that the caller has not written. */
static void clear_inputs(tflite_interpreter *interpreter) {
	for (uint32_t i = 0; i < interpreter->inputs.length; i++) {
		const tflite_tensor tensor = tflite_input(interpreter, i);
		memset(tensor.data, 0, tensor.bytes);
	}
}

/* The nodes of tensors and operators go to where the arena will be: the caller's block may begin where they lie. */
static void move_nodes(tflite_interpreter *interpreter, uint8_t *memory) {
	const size_t tensor_bytes = interpreter->tensor_count * sizeof(tflite_tensor_node), plan_bytes = interpreter->operator_count * sizeof(tflite_operator_plan);
	const uint8_t *from = (const uint8_t *)interpreter->tensors;
	uint8_t *to = memory + interpreter->arena_place;
	/* From the last word to the first: if the two overlap, it is because the arena lies further back in the same block. */
	for (size_t at = tensor_bytes + plan_bytes; at > 0;) {
		at -= sizeof(uint32_t);
		uint32_t word;
		memcpy(&word, from + at, sizeof word);
		memcpy(to + at, &word, sizeof word);
	}
	interpreter->tensors = (tflite_tensor_node *)(void *)(memory + interpreter->arena_place);
	interpreter->plans = (tflite_operator_plan *)(void *)(memory + interpreter->arena_place + tensor_bytes);
}

tflite_code tflite_start(tflite_interpreter *interpreter, void *memory, size_t memory_bytes, tflite_error *error) {
	fb_reader reader = fb_open(interpreter->model, interpreter->model_bytes);
	tflite_code code = TFLITE_OK;
	if (memory_bytes < interpreter->memory.run_bytes) {
		return tflite_fail_number(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block of at least run_bytes", (int64_t)memory_bytes);
	}
	if ((uintptr_t)memory % TFLITE_ALIGNMENT != 0) return tflite_fail(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block at an address divisible by 16");
	if (interpreter->tensors == NULL) return tflite_fail(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a model that was not started before");
	move_nodes(interpreter, memory);
	/* So that what an invoke reads never depends on what the memory held before. */
	memset(memory, 0, interpreter->arena_place);
	interpreter->run = memory;
	uint8_t *kept = interpreter->run + interpreter->kept_place;
	for (uint32_t i = 0; i < interpreter->operator_count && code == TFLITE_OK; i++) {
		tflite_preparation preparation;
		code = tflite_prepare_operator(interpreter, &reader, i, kept, &preparation, error);
		kept += (preparation.kept_bytes + 7) / 8 * 8;
	}
	if (code == TFLITE_OK) keep_places(interpreter);
	else interpreter->run = NULL;
	interpreter->tensors = NULL;
	interpreter->plans = NULL;
	if (code != TFLITE_OK) return code;
	clear_inputs(interpreter);
	tflite_reset(interpreter);
	return tflite_fail(error, TFLITE_OK, TFLITE_NONE, TFLITE_NONE, NULL);
}

void tflite_reset(tflite_interpreter *interpreter) {
	const tflite_variable *variables = variables_of(interpreter);
	memset(interpreter->run + interpreter->kept_place, 0, interpreter->arena_place - interpreter->kept_place);
	for (uint32_t i = 0; i < interpreter->variable_count; i++) memset(interpreter->run + variables[i].place, variables[i].fill, variables[i].bytes);
}

uint32_t tflite_subgraph_count(const tflite_interpreter *interpreter) {
	return interpreter->subgraph_count;
}

void tflite_run_subgraph(const tflite_interpreter *interpreter, uint32_t subgraph) {
	const tflite_operator_node *node = interpreter->operators + interpreter->subgraphs[subgraph].first_operator;
	const tflite_operator_node *end = node + interpreter->subgraphs[subgraph].operator_count;
	for (; node < end; node++) node->kernel->invoke(interpreter->run + node->state);
}

void tflite_invoke(tflite_interpreter *interpreter) {
	tflite_run_subgraph(interpreter, 0);
}

uint32_t tflite_input_count(const tflite_interpreter *interpreter) {
	return interpreter->inputs.length;
}

uint32_t tflite_output_count(const tflite_interpreter *interpreter) {
	return interpreter->outputs.length;
}

uint32_t tflite_operator_count(const tflite_interpreter *interpreter) {
	return interpreter->operator_count;
}

const char *tflite_operator_name(const tflite_interpreter *interpreter, uint32_t index) {
	return interpreter->operators[index].kernel->name;
}

/* Everything but the place is in the file. `index` counts inputs, then outputs. */
static tflite_tensor describe(const tflite_interpreter *interpreter, uint32_t index) {
	fb_reader reader = fb_open(interpreter->model, interpreter->model_bytes);
	const fb_table subgraph = fb_table_at(&reader, interpreter->subgraphs[0].table);
	const fb_vector tensors = fb_vector_field(&reader, &subgraph, SUBGRAPH_TENSORS, 4);
	const fb_table table = fb_table_element(&reader, tensors, tensor_in(interpreter, index));
	const fb_table quantization = fb_table_field(&reader, &table, TENSOR_QUANTIZATION);
	const fb_vector name = fb_string_field(&reader, &table, TENSOR_NAME);
	const fb_vector shape = fb_vector_field(&reader, &table, TENSOR_SHAPE, 4);
	const fb_vector scales = fb_vector_field(&reader, &quantization, QUANTIZATION_SCALE, 4);
	const fb_vector zero_points = fb_vector_field(&reader, &quantization, QUANTIZATION_ZERO_POINT, 8);
	tflite_tensor tensor;
	memset(&tensor, 0, sizeof tensor);
	tensor.name = (const char *)interpreter->model + name.position;
	tensor.name_bytes = name.length;
	tensor.type = (tflite_type)fb_u8(&reader, &table, TENSOR_TYPE, TFLITE_FLOAT32);
	tensor.rank = shape.length;
	for (uint32_t i = 0; i < shape.length; i++) tensor.shape[i] = (uint32_t)fb_i32_element(&reader, shape, i);
	/* A handle holds nothing that the caller could read. */
	tensor.bytes = tensor.type == TFLITE_RESOURCE ? 0 : tflite_tensor_bytes(&reader, shape, (uint8_t)tensor.type);
	if (scales.length > 0) tensor.scale = fb_f32_element(&reader, scales, 0);
	if (zero_points.length > 0) tensor.zero_point = (int32_t)fb_i64_element(&reader, zero_points, 0);
	if (interpreter->run == NULL) return tensor;
	const uint32_t place = places_of(interpreter)[index];
	/* Constants are only read; one pointer type for all keeps the structure simple. */
	tensor.data = (place & place_in_file) != 0 ? (uint8_t *)(uintptr_t)(interpreter->model + (place - place_in_file)) : interpreter->run + place;
	return tensor;
}

tflite_tensor tflite_input(const tflite_interpreter *interpreter, uint32_t index) {
	return describe(interpreter, index);
}

tflite_tensor tflite_output(const tflite_interpreter *interpreter, uint32_t index) {
	return describe(interpreter, interpreter->inputs.length + index);
}

bool tflite_store_floats(const tflite_tensor *input, const float *values, size_t count) {
	uint32_t element_bytes = tflite_type_bits((uint8_t)input->type) / 8;
	if (element_bytes == 0 || count != input->bytes / element_bytes) return false;
	switch (input->type) {
		case TFLITE_FLOAT32:
			memcpy(input->data, values, input->bytes);
			return true;
		case TFLITE_INT8:
			if (!(input->scale > 0)) return false;
			for (size_t i = 0; i < count; i++) ((int8_t *)input->data)[i] = (int8_t)fixed_quantize(values[i], input->scale, input->zero_point, INT8_MIN, INT8_MAX);
			return true;
		case TFLITE_UINT8:
			if (!(input->scale > 0)) return false;
			for (size_t i = 0; i < count; i++) ((uint8_t *)input->data)[i] = (uint8_t)fixed_quantize(values[i], input->scale, input->zero_point, 0, UINT8_MAX);
			return true;
		case TFLITE_INT16:
			if (!(input->scale > 0)) return false;
			for (size_t i = 0; i < count; i++) ((int16_t *)input->data)[i] = (int16_t)fixed_quantize(values[i], input->scale, input->zero_point, INT16_MIN, INT16_MAX);
			return true;
		default:
			return false;
	}
}

const char *tflite_variant(const tflite_kernels *kernels) {
	return kernels->variant;
}

bool tflite_self_check(const tflite_kernels *kernels, const char **failed) {
	*failed = NULL;
	for (const tflite_kernels *table = kernels; table != NULL; table = table->rest) {
		for (uint32_t i = 0; i < table->count; i++) {
			const tflite_kernel *kernel = table->rows[i];
			if (kernel->self_check == NULL || kernel->self_check()) continue;
			*failed = kernel->name;
			return false;
		}
	}
	return true;
}
