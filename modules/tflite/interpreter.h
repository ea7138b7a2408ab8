/* What an interpreter keeps: shared by loading, planning and running; not for kernels, not for callers. */
#ifndef ASSAY_TFLITE_INTERPRETER_H
#define ASSAY_TFLITE_INTERPRETER_H

#include "kernel.h"

/*
 * How a tensor gets its contents. TENSOR_VARIABLE: it lies in the arena and keeps its contents from one invoke to the next; the
 * handle of a resource variable (VAR_HANDLE) is such a tensor, and stands for the variable. TENSOR_SHARED: what it holds is what
 * another tensor holds, so it lies where that one does.
 */
enum { TENSOR_NOWHERE = 0, TENSOR_CONSTANT = 1, TENSOR_IN_ARENA = 2, TENSOR_VARIABLE = 3, TENSOR_SHARED = 4 };

/* One tensor, from loading until the model is started. */
typedef struct {
	uint32_t bytes;
	/* constant: in the file; in the arena: from its start; shared: the index of the other tensor */
	uint32_t place;
	/* the steps (operators of the first subgraph) between which it must be kept, both included */
	uint16_t first;
	uint16_t last;
	/* positions in the file of the first dimension and the first scale */
	uint32_t shape;
	uint32_t scales;
	uint32_t scale_count;
	/* the first; 0 if there is none. A variable is filled with its lowest byte at the start and by tflite_reset */
	int32_t zero_point;
	uint8_t type;
	uint8_t source;
	uint8_t rank;
	/* that the scales belong to */
	uint8_t dimension;
} tflite_tensor_node;

/* One operator, from loading until the model is started: positions in the file of its table, its options (0: none) and its operands. */
typedef struct {
	uint32_t table;
	uint32_t options;
	uint32_t inputs;
	uint32_t outputs;
	uint16_t input_count;
	uint16_t output_count;
	uint32_t scratch_bytes;
	/* in the arena; while the graph is loaded, the index of the operator's code */
	uint32_t scratch_place;
} tflite_operator_plan;

/* One operator. */
typedef struct {
	const tflite_kernel *kernel;
	/* offset of its state in the running memory */
	uint32_t state;
} tflite_operator_node;

/* A variable of a model that was started: where it lies in the running memory, and what it is filled with. */
typedef struct {
	uint32_t place;
	uint32_t bytes;
	uint8_t fill;
} tflite_variable;

/*
 * The first subgraph is what an invoke runs; the others run when a CALL_ONCE says so. Tensors and operators are numbered through:
 * those of the first subgraph, then those of the second, and so on.
 */
typedef struct {
	uint32_t table;
	uint16_t first_tensor;
	uint16_t first_operator;
	uint16_t tensor_count;
	uint16_t operator_count;
	/* of the first subgraph between which it may run, both included; none of them if it never does */
	uint16_t first_step;
	uint16_t last_step;
} tflite_subgraph_node;

struct tflite_interpreter {
	const uint8_t *model;
	uint32_t model_bytes;
	/* of all subgraphs */
	uint32_t tensor_count;
	uint32_t operator_count;
	uint32_t subgraph_count;
	tflite_subgraph_node *subgraphs;
	tflite_operator_node *operators;
	/* only until the model is started: then NULL */
	tflite_tensor_node *tensors;
	tflite_operator_plan *plans;
	const tflite_kernels *kernels;
	/* indices of tensors, in the file */
	fb_vector inputs;
	fb_vector outputs;
	tflite_memory memory;
	/*
	 * The running memory: states; from variables_place on what tflite_reset fills; from places_place on where inputs, then outputs lie;
	 * from kept_place on what operators keep; the arena from arena_place on.
	 */
	uint8_t *run;
	uint32_t variable_count;
	uint32_t variables_place;
	uint32_t places_place;
	uint32_t kept_place;
	uint32_t arena_place;
};

/* Bytes of an element of a type in eighths: 4 bits for int4; 0 if the engine knows no such type. */
uint32_t tflite_type_bits(uint8_t type);

/* Sets the error (cleared of numbers) and returns its code. With -DTFLITE_TERSE without texts and numbers, as in kernel.h. */
#ifdef TFLITE_TERSE
tflite_code tflite_fail_tersely(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index);
#define tflite_fail(error, code, operator_index, tensor_index, expected) ((void)(expected), tflite_fail_tersely(error, code, operator_index, tensor_index))
#define tflite_fail_number(error, code, operator_index, tensor_index, expected, got) ((void)(expected), (void)(got), tflite_fail_tersely(error, code, operator_index, tensor_index))
#define tflite_fail_malformed(error) tflite_fail_tersely(error, TFLITE_MALFORMED, TFLITE_NONE, TFLITE_NONE)
#else
tflite_code tflite_fail(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected);

/* The same with what was found. */
tflite_code tflite_fail_number(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected, int64_t got);

/* For a reader that broke. */
tflite_code tflite_fail_malformed(tflite_error *error);
#endif

/* Opens the model: identifier, schema version, and that there are subgraphs. */
tflite_code tflite_open_model(const void *model, size_t model_bytes, fb_reader *reader, fb_table *root, tflite_error *error);

/* The builtin code of an operator code table: newer files keep it in a wider field. */
int32_t tflite_builtin_of(fb_reader *reader, const fb_table *operator_code);

/* The kernel for an operator code table, or NULL. */
const tflite_kernel *tflite_find_kernel(const tflite_kernels *kernels, fb_reader *reader, const fb_table *operator_code);

/* The bytes of a tensor of that shape and type, or UINT32_MAX if they are too many or a dimension is negative. */
uint32_t tflite_tensor_bytes(const fb_reader *reader, fb_vector shape, uint8_t type);

/* Checks the tensors of a subgraph and fills in their nodes. */
tflite_code tflite_load_tensors(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const tflite_subgraph_node *subgraph, tflite_error *error);

/* Checks inputs, outputs and operators of a subgraph, their order, and between which steps each tensor lives. */
tflite_code tflite_load_graph(tflite_interpreter *interpreter, fb_reader *reader, const fb_table *root, const tflite_subgraph_node *subgraph, tflite_error *error);

/* The subgraph that an operator is of. */
const tflite_subgraph_node *tflite_subgraph_of(const tflite_interpreter *interpreter, uint32_t operator_index);

/*
 * With -DTFLITE_WITHOUT_VARIABLES a firmware's engine refuses models with handles of variables or several subgraphs, and lacks what they need:
 * tflite_load_calls and tflite_load_variables.
 */
#ifdef TFLITE_WITHOUT_VARIABLES
enum { TFLITE_HAS_VARIABLES = 0 };
#else
enum { TFLITE_HAS_VARIABLES = 1 };
#endif

/* Finds when subgraphs other than the first run, and has their tensors kept then. */
tflite_code tflite_load_calls(tflite_interpreter *interpreter, fb_reader *reader, tflite_error *error);

/*
 * Finds which variable each handle stands for and how large it is, and lets what is read from a variable share its memory where
 * nothing is assigned to it in between.
 */
tflite_code tflite_load_variables(tflite_interpreter *interpreter, fb_reader *reader, tflite_error *error);

/*
 * Has one operator prepared: checks it when `run` of the interpreter is NULL, else fills its state in; what it keeps then lies at
 * `kept`. Sets what it needs in *preparation.
 */
tflite_code tflite_prepare_operator(tflite_interpreter *interpreter, fb_reader *reader, uint32_t index, uint8_t *kept, tflite_preparation *preparation, tflite_error *error);

/* The tensor whose memory a tensor shares: itself, if none. */
uint32_t tflite_tensor_owner(const tflite_interpreter *interpreter, uint32_t index);

#endif
