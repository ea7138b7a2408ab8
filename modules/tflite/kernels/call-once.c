/* CALL_ONCE: runs another subgraph in the first invoke, and again in the first after a reset. */
#include "kernels.h"

typedef struct {
	const tflite_interpreter *interpreter;
	uint32_t subgraph;
	/* kept from one invoke to the next */
	uint8_t *done;
} call_once;

static bool prepare(tflite_preparation *preparation) {
	if (preparation->inputs.length != 0) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "no inputs", preparation->inputs.length);
	if (preparation->outputs.length != 0) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, NULL, "no outputs", preparation->outputs.length);
	int32_t subgraph = fb_i32(preparation->reader, &preparation->options, CALL_ONCE_INIT_SUBGRAPH, 0);
	/* The first subgraph cannot call itself; that the others are there was checked when they were loaded, but for a file with one only. */
	if (subgraph < 1 || (uint32_t)subgraph >= tflite_subgraph_count(preparation->interpreter)) {
		return tflite_refuse_number(preparation, TFLITE_INVALID_GRAPH, NULL, "the number of another subgraph of the file", subgraph);
	}
	call_once *state = tflite_state(preparation, (uint32_t)sizeof(call_once), 0, 1);
	uint8_t *done = tflite_keep(preparation, 1);
	if (state == NULL) return true;
	state->interpreter = preparation->interpreter;
	state->subgraph = (uint32_t)subgraph;
	state->done = done;
	return true;
}

static void invoke(const void *state) {
	const call_once *operation = state;
	if (*operation->done) return;
	*operation->done = 1;
	tflite_run_subgraph(operation->interpreter, operation->subgraph);
}

const tflite_kernel tflite_call_once = { BUILTIN_CALL_ONCE, 1, 1, OPTIONS_CALL_ONCE, "CALL_ONCE", prepare, invoke, NULL };
