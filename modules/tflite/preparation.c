/* What a kernel may ask while it is prepared, and the refusals it may give. */
#include "interpreter.h"
#include "schema.h"

#include <string.h>

uint32_t tflite_tensor_owner(const tflite_interpreter *interpreter, uint32_t index) {
	while (interpreter->tensors[index].source == TENSOR_SHARED) index = interpreter->tensors[index].place;
	return index;
}

/* Where a tensor that shares no other's memory lies, or NULL while it has no place. */
static inline uint8_t *data_of(const tflite_interpreter *interpreter, const tflite_tensor_node *owner) {
	/* Constants are only read; one pointer type for both keeps the operands simple. */
	if (owner->source == TENSOR_CONSTANT) return (uint8_t *)(uintptr_t)(interpreter->model + owner->place);
	if (owner->source == TENSOR_NOWHERE || interpreter->run == NULL) return NULL;
	return interpreter->run + interpreter->arena_place + owner->place;
}

const tflite_subgraph_node *tflite_subgraph_of(const tflite_interpreter *interpreter, uint32_t operator_index) {
	const tflite_subgraph_node *subgraph = interpreter->subgraphs;
	while (operator_index >= (uint32_t)subgraph->first_operator + subgraph->operator_count) subgraph++;
	return subgraph;
}

tflite_code tflite_prepare_operator(tflite_interpreter *interpreter, fb_reader *reader, uint32_t index, uint8_t *kept, tflite_preparation *preparation, tflite_error *error) {
	const tflite_kernel *kernel = interpreter->operators[index].kernel;
	const tflite_operator_plan *plan = &interpreter->plans[index];
	const fb_vector inputs = { plan->inputs, plan->input_count }, outputs = { plan->outputs, plan->output_count }, none = { 0, 0 };
	uint8_t *run = interpreter->run;
	preparation->interpreter = interpreter;
	preparation->error = error;
	preparation->reader = reader;
	preparation->options = fb_table_at(reader, plan->options);
	preparation->custom_options = none;
	if (kernel->builtin == BUILTIN_CUSTOM) {
		const fb_table operation = fb_table_at(reader, plan->table);
		preparation->custom_options = fb_vector_field(reader, &operation, OPERATOR_CUSTOM_OPTIONS, 1);
	}
	preparation->inputs = inputs;
	preparation->outputs = outputs;
	preparation->operator_index = index;
	preparation->first_tensor = tflite_subgraph_of(interpreter, index)->first_tensor;
	preparation->state = run == NULL ? NULL : run + interpreter->operators[index].state;
	preparation->scratch = run == NULL ? NULL : run + interpreter->arena_place + plan->scratch_place;
	preparation->kept = run == NULL ? NULL : kept;
	preparation->state_bytes = 0;
	preparation->scratch_bytes = 0;
	preparation->kept_bytes = 0;
	preparation->work = 0;
	const bool fits = kernel->prepare(preparation);
	/* First: what a broken reader gave may have led the kernel to refuse something else. */
	if (reader->broken) return tflite_fail_malformed(error);
	return fits ? TFLITE_OK : error->code;
}

/* Only those of variables: to all other kernels a handle is no tensor of numbers. */
static bool takes_handles(const tflite_preparation *preparation) {
	const uint8_t builtin = preparation->interpreter->operators[preparation->operator_index].kernel->builtin;
	return builtin == BUILTIN_READ_VARIABLE || builtin == BUILTIN_ASSIGN_VARIABLE;
}

static bool load_operand(tflite_preparation *preparation, fb_vector vector, uint32_t slot, bool optional, tflite_operand *operand) {
	const fb_reader *reader = preparation->reader;
	const tflite_interpreter *interpreter = preparation->interpreter;
	const int32_t listed = slot < vector.length ? fb_i32_element(reader, vector, slot) : -1;
	if (listed < 0) {
		memset(operand, 0, sizeof *operand);
		operand->index = UINT32_MAX;
		return optional || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "an operand that is not left out, number", slot);
	}
	const uint32_t index = (uint32_t)listed + preparation->first_tensor;
	const tflite_tensor_node *node = &interpreter->tensors[index], *owner = node;
	while (owner->source == TENSOR_SHARED) owner = &interpreter->tensors[owner->place];
	const uint32_t rank = node->rank, scale_count = node->scale_count;
	uint32_t count = 1;
	operand->index = index;
	operand->type = (tflite_type)node->type;
	operand->rank = rank;
	/* Spelled out, as a call of memset would take longer. */
	operand->shape[0] = operand->shape[1] = operand->shape[2] = operand->shape[3] = 0;
	operand->shape[4] = operand->shape[5] = operand->shape[6] = operand->shape[7] = 0;
	const uint8_t *dimensions = reader->bytes + node->shape;
	for (uint32_t i = 0; i < rank; i++) {
		uint32_t dimension;
		memcpy(&dimension, dimensions + 4 * i, sizeof dimension);
		operand->shape[i] = dimension;
		count *= dimension;
	}
	operand->count = count;
	operand->bytes = node->bytes;
	operand->data = data_of(interpreter, owner);
	operand->constant = node->source == TENSOR_CONSTANT;
	operand->variable = owner->source == TENSOR_VARIABLE;
	if (operand->type == TFLITE_RESOURCE) {
		if (!takes_handles(preparation)) return tflite_refuse_type(preparation, operand, "a tensor of numbers");
		operand->bytes = owner->bytes;
	}
	operand->scales.position = node->scales;
	operand->scales.length = scale_count;
	operand->scale_count = scale_count;
	operand->dimension = node->dimension;
	operand->scale = scale_count > 0 ? fb_load_f32(reader, node->scales) : 0.0f;
	operand->zero_point = node->zero_point;
	return count != 0 || tflite_refuse(preparation, TFLITE_INVALID_TENSOR, operand, "a tensor that is not empty");
}

bool tflite_input_operand(tflite_preparation *preparation, uint32_t slot, tflite_operand *operand) {
	return load_operand(preparation, preparation->inputs, slot, false, operand);
}

bool tflite_optional_operand(tflite_preparation *preparation, uint32_t slot, tflite_operand *operand) {
	return load_operand(preparation, preparation->inputs, slot, true, operand);
}

bool tflite_output_operand(tflite_preparation *preparation, uint32_t slot, tflite_operand *operand) {
	return load_operand(preparation, preparation->outputs, slot, false, operand);
}

float tflite_channel_scale(const tflite_preparation *preparation, const tflite_operand *operand, uint32_t channel) {
	return operand->scale_count > 1 ? fb_f32_element(preparation->reader, operand->scales, channel) : operand->scale;
}

bool tflite_expect_inputs(tflite_preparation *preparation, uint32_t fewest, uint32_t most) {
	uint32_t inputs = preparation->inputs.length;
	if (inputs < fewest) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "more inputs", inputs);
	return inputs <= most || tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "fewer inputs", inputs);
}

bool tflite_expect_outputs(tflite_preparation *preparation, uint32_t fewest, uint32_t most) {
	uint32_t outputs = preparation->outputs.length;
	if (outputs >= fewest && outputs <= most) return true;
	const char *expected = most == 1 ? "1 output" : outputs < fewest ? "more outputs" : "fewer outputs";
	return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, expected, outputs);
}

bool tflite_expect_operands(tflite_preparation *preparation, uint32_t fewest_inputs, uint32_t most_inputs) {
	return tflite_expect_inputs(preparation, fewest_inputs, most_inputs) && tflite_expect_outputs(preparation, 1, 1);
}

bool tflite_expect_per_tensor(tflite_preparation *preparation, const tflite_operand *operand) {
	return operand->scale_count == 1 ||
	       tflite_refuse_number(preparation, TFLITE_INVALID_QUANTIZATION, operand, "1 scale for the whole tensor", operand->scale_count);
}

static int32_t index_of(const tflite_operand *operand) {
	return operand == NULL || !tflite_is_there(operand) ? TFLITE_NONE : (int32_t)operand->index;
}

#ifdef TFLITE_TERSE
bool tflite_refuse_tersely(tflite_preparation *preparation, tflite_code code, const tflite_operand *operand) {
	tflite_fail_tersely(preparation->error, code, (int32_t)preparation->operator_index, index_of(operand));
	return false;
}
#else
bool tflite_refuse(tflite_preparation *preparation, tflite_code code, const tflite_operand *operand, const char *expected) {
	tflite_fail(preparation->error, code, (int32_t)preparation->operator_index, index_of(operand), expected);
	return false;
}

bool tflite_refuse_number(tflite_preparation *preparation, tflite_code code, const tflite_operand *operand, const char *expected, int64_t got) {
	tflite_fail_number(preparation->error, code, (int32_t)preparation->operator_index, index_of(operand), expected, got);
	return false;
}

bool tflite_refuse_type(tflite_preparation *preparation, const tflite_operand *operand, const char *expected) {
	tflite_refuse_number(preparation, TFLITE_UNSUPPORTED, operand, expected, operand->type);
	preparation->error->got_kind = TFLITE_GOT_TYPE;
	return false;
}
#endif

void *tflite_state(tflite_preparation *preparation, uint32_t state_bytes, uint32_t scratch_bytes, uint64_t work) {
	preparation->state_bytes = state_bytes;
	preparation->scratch_bytes = scratch_bytes;
	preparation->work = work;
	return preparation->state;
}

void *tflite_keep(tflite_preparation *preparation, uint32_t bytes) {
	preparation->kept_bytes = bytes;
	return preparation->kept;
}
