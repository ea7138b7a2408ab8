/* PAD and PADV2: elements of one value around the input. */
#include "constants.h"
#include "kernels.h"
#include "repeated.h"
#include "runs.h"

typedef struct {
	const uint8_t *input;
	uint8_t *output;
	/* NULL if every byte is `byte` */
	const uint8_t *value;
	uint32_t bytes;
	uint32_t element_bytes;
	/* of the input's first element in the output */
	uint32_t offset;
	uint32_t byte;
	runs runs;
	/* its axes lie behind this state */
} pad;

/* The value, if an operand gives it: in the same quantization, which the reference asks of int8 only. */
static bool load_value(tflite_preparation *preparation, const tflite_operand *output, tflite_operand *value) {
	if (!tflite_input_operand(preparation, 2, value)) return false;
	if (value->type != output->type) return tflite_refuse_type(preparation, value, "value of the input's type");
	if (value->count != 1) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, value, "1 value", value->count);
	if (output->type != TFLITE_INT8 || (value->zero_point == output->zero_point && value->scale >= output->scale && value->scale <= output->scale)) return true;
	return tflite_refuse(preparation, TFLITE_INVALID_QUANTIZATION, value, "a value with the output's scale and zero point");
}

/*
 * Where the input goes. Less than 0 before or after takes elements off the output's end only, as in the reference, which goes
 * through the input in order: so what is copied is packed in the input, whatever the input's own dimensions.
 */
static bool plan_copy(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output, const int64_t *paddings, uint32_t element_bytes, runs_plan *plan, uint32_t *offset) {
	int64_t kept[TFLITE_MAX_RANK], from = element_bytes, to = output->bytes, first = 0;
	for (uint32_t i = 0; i < input->rank; i++) {
		const int64_t before = paddings[2 * i], after = paddings[2 * i + 1];
		if (before < INT32_MIN || before > INT32_MAX || after < INT32_MIN || after > INT32_MAX || input->shape[i] + before + after != output->shape[i]) {
			return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "the input's dimensions with the paddings", output->shape[i]);
		}
		kept[i] = output->shape[i] - (before > 0 ? before : 0) - (after > 0 ? after : 0);
		/* Nothing is copied: a plan of an empty run. */
		if (kept[i] <= 0) return true;
		from *= kept[i];
	}
	for (uint32_t i = 0; i < input->rank; i++) {
		from /= kept[i];
		to /= output->shape[i];
		if (paddings[2 * i] > 0) first += paddings[2 * i] * to;
		runs_add(plan, (uint32_t)kept[i], from, to);
	}
	runs_close(plan, element_bytes);
	*offset = (uint32_t)first;
	return true;
}

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input, output, value, amounts;
	int64_t paddings[2 * TFLITE_MAX_RANK];
	if (!tflite_expect_operands(preparation, 2, 3)) return false;
	if (!tflite_input_operand(preparation, 0, &input) || !tflite_input_operand(preparation, 1, &amounts) || !tflite_output_operand(preparation, 0, &output)) return false;
	if (output.type != input.type) return tflite_refuse_type(preparation, &output, "output of the input's type");
	const uint32_t element_bytes = runs_element_bytes(preparation, &input);
	if (element_bytes == 0) return false;
	const bool given = preparation->inputs.length == 3;
	if (given && !load_value(preparation, &output, &value)) return false;
	if (output.rank != input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &output, "as many dimensions as the input", output.rank);
	if (amounts.count != 2 * input.rank) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, &amounts, "2 paddings for each dimension", amounts.count);
	if (!constants_read(preparation, &amounts, amounts.count, paddings)) return false;
	runs_plan plan;
	uint32_t offset = 0;
	memset(&plan, 0, sizeof plan);
	if (!plan_copy(preparation, &input, &output, paddings, element_bytes, &plan, &offset)) return false;
	pad *state = tflite_state(preparation, (uint32_t)sizeof(pad) + runs_axes_bytes(&plan), 0, (uint64_t)output.count * 2);
	if (state == NULL) return true;
	state->input = input.data;
	state->output = output.data;
	state->value = given ? value.data : NULL;
	state->bytes = output.bytes;
	state->element_bytes = element_bytes;
	state->offset = offset;
	/* 0 is the zero point where there is one; the reference takes int16 to have none. */
	state->byte = input.type == TFLITE_INT8 || input.type == TFLITE_UINT8 ? (uint8_t)output.zero_point : 0;
	runs_store(&plan, &state->runs);
	return true;
}

static void invoke(const void *state) {
	const pad *operation = state;
	if (operation->value == NULL) memset(operation->output, (int)operation->byte, operation->bytes);
	else repeat_element(operation->output, operation->bytes, operation->value, operation->element_bytes);
	runs_copy(&operation->runs, operation->input, operation->output + operation->offset);
}

const tflite_kernel tflite_pad = { BUILTIN_PAD, 1, 4, OPTIONS_PAD, "PAD", prepare, invoke, NULL };
const tflite_kernel tflite_padv2 = { BUILTIN_PADV2, 1, 4, OPTIONS_PADV2, "PADV2", prepare, invoke, NULL };
