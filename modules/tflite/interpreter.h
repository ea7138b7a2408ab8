/* What an interpreter keeps: shared by loading, planning and running; not for kernels, not for callers. */
#ifndef ASSAY_TFLITE_INTERPRETER_H
#define ASSAY_TFLITE_INTERPRETER_H

#include "kernel.h"

/* How a tensor gets its contents. */
enum { TENSOR_NOWHERE = 0, TENSOR_CONSTANT = 1, TENSOR_IN_ARENA = 2 };

/* One tensor. Shape, name and quantization stay in the file and are read when they are asked for. */
typedef struct {
	/* of its table in the file, known to be sound */
	uint32_t table;
	uint32_t bytes;
	/* constant: in the file; in the arena: from its start */
	uint32_t place;
	/* the operators between which it must be kept, both included */
	uint16_t first;
	uint16_t last;
	uint8_t type;
	uint8_t source;
} tflite_tensor_node;

typedef struct {
	const tflite_kernel *kernel;
	uint32_t table;
	/* offset of its state in the running memory */
	uint32_t state;
	uint32_t scratch_bytes;
	uint32_t scratch_place;
} tflite_operator_node;

struct tflite_interpreter {
	const uint8_t *model;
	uint32_t model_bytes;
	uint32_t tensor_count;
	uint32_t operator_count;
	tflite_tensor_node *tensors;
	tflite_operator_node *operators;
	const tflite_kernels *kernels;
	/* indices of tensors, in the file */
	fb_vector inputs;
	fb_vector outputs;
	tflite_memory memory;
	/* the running memory: states, then from state_bytes on the arena */
	uint8_t *run;
	uint32_t state_bytes;
};

/* Bytes of an element of a type in eighths: 4 bits for int4; 0 if the engine knows no such type. */
uint32_t tflite_type_bits(uint8_t type);

/* Sets the error (cleared of numbers) and returns its code. */
tflite_code tflite_fail(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected);

/* The same with what was found. */
tflite_code tflite_fail_number(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected, int64_t got);

/* For a reader that broke. */
tflite_code tflite_fail_malformed(tflite_error *error);

/* Opens the model: identifier, schema version, and the one subgraph. */
tflite_code tflite_open_model(const void *model, size_t model_bytes, fb_reader *reader, fb_table *root, fb_table *subgraph, tflite_error *error);

/* The builtin code of an operator code table: newer files keep it in a wider field. */
int32_t tflite_builtin_of(fb_reader *reader, const fb_table *operator_code);

/* The kernel for a builtin code and version, or NULL. */
const tflite_kernel *tflite_find_kernel(const tflite_kernels *kernels, int32_t builtin, int32_t version);

/* Checks the tensors of the subgraph and fills in their nodes. */
tflite_code tflite_load_tensors(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const fb_table *subgraph, tflite_error *error);

/* Checks inputs, outputs and operators of the subgraph, their order, and between which operators each tensor lives. */
tflite_code tflite_load_graph(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const fb_table *subgraph, tflite_error *error);

/*
 * Has one operator prepared: checks it when `run` of the interpreter is NULL, else fills its state in. Sets what it needs in
 * *preparation.
 */
tflite_code tflite_prepare_operator(tflite_interpreter *interpreter, fb_reader *reader, uint32_t index, tflite_preparation *preparation, tflite_error *error);

/* Where the data of a tensor lies, or NULL while it has no place. */
uint8_t *tflite_tensor_data(const tflite_interpreter *interpreter, uint32_t index);

#endif
