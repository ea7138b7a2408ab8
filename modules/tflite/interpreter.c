/* Starting, running, and what a caller may ask of a loaded model. */
#include "interpreter.h"
#include "kernels/fixed-point.h"
#include "schema.h"

#include <string.h>

tflite_memory tflite_memory_of(const tflite_interpreter *interpreter) {
	return interpreter->memory;
}

tflite_code tflite_start(tflite_interpreter *interpreter, void *memory, size_t memory_bytes, tflite_error *error) {
	fb_reader reader = fb_open(interpreter->model, interpreter->model_bytes);
	if (memory_bytes < interpreter->memory.run_bytes) {
		return tflite_fail_number(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block of at least run_bytes", (int64_t)memory_bytes);
	}
	if ((uintptr_t)memory % TFLITE_ALIGNMENT != 0) return tflite_fail(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a block at an address divisible by 16");
	/* So that what an invoke reads never depends on what the memory held before. */
	memset(memory, 0, interpreter->memory.run_bytes);
	interpreter->run = memory;
	uint8_t *kept = interpreter->run + interpreter->state_bytes;
	for (uint32_t i = 0; i < interpreter->operator_count; i++) {
		tflite_preparation preparation;
		tflite_code code = tflite_prepare_operator(interpreter, &reader, i, kept, &preparation, error);
		kept += (preparation.kept_bytes + 7) / 8 * 8;
		if (code == TFLITE_OK) continue;
		interpreter->run = NULL;
		return code;
	}
	tflite_reset(interpreter);
	return tflite_fail(error, TFLITE_OK, TFLITE_NONE, TFLITE_NONE, NULL);
}

void tflite_reset(tflite_interpreter *interpreter) {
	memset(interpreter->run + interpreter->state_bytes, 0, interpreter->arena_place - interpreter->state_bytes);
	for (uint32_t i = 0; i < interpreter->tensor_count; i++) {
		const tflite_tensor_node *tensor = &interpreter->tensors[i];
		if (tensor->source == TENSOR_VARIABLE) memset(tflite_tensor_data(interpreter, i), tensor->fill, tensor->bytes);
	}
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

static tflite_tensor describe(const tflite_interpreter *interpreter, uint32_t index) {
	fb_reader reader = fb_open(interpreter->model, interpreter->model_bytes);
	const tflite_tensor_node *node = &interpreter->tensors[index];
	fb_table table = fb_table_at(&reader, node->table);
	fb_table quantization = fb_table_field(&reader, &table, TENSOR_QUANTIZATION);
	fb_vector name = fb_string_field(&reader, &table, TENSOR_NAME);
	fb_vector shape = fb_vector_field(&reader, &table, TENSOR_SHAPE, 4);
	fb_vector scales = fb_vector_field(&reader, &quantization, QUANTIZATION_SCALE, 4);
	fb_vector zero_points = fb_vector_field(&reader, &quantization, QUANTIZATION_ZERO_POINT, 8);
	tflite_tensor tensor;
	memset(&tensor, 0, sizeof tensor);
	tensor.name = (const char *)interpreter->model + name.position;
	tensor.name_bytes = name.length;
	tensor.type = (tflite_type)node->type;
	tensor.rank = shape.length;
	for (uint32_t i = 0; i < shape.length; i++) tensor.shape[i] = (uint32_t)fb_i32_element(&reader, shape, i);
	tensor.bytes = node->bytes;
	if (scales.length > 0) tensor.scale = fb_f32_element(&reader, scales, 0);
	if (zero_points.length > 0) tensor.zero_point = (int32_t)fb_i64_element(&reader, zero_points, 0);
	tensor.data = tflite_tensor_data(interpreter, index);
	return tensor;
}

static uint32_t tensor_in(const tflite_interpreter *interpreter, fb_vector indices, uint32_t index) {
	fb_reader reader = fb_open(interpreter->model, interpreter->model_bytes);
	return (uint32_t)fb_i32_element(&reader, indices, index);
}

tflite_tensor tflite_input(const tflite_interpreter *interpreter, uint32_t index) {
	return describe(interpreter, tensor_in(interpreter, interpreter->inputs, index));
}

tflite_tensor tflite_output(const tflite_interpreter *interpreter, uint32_t index) {
	return describe(interpreter, tensor_in(interpreter, interpreter->outputs, index));
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
