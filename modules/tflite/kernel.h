/*
 * What lies between the interpreter and a kernel. An operator is one file in kernels/ that defines its tflite_kernel, and one row in kernels/table.c.
 *
 * `prepare` is called twice. When the model is loaded it checks the operator and says what it needs: it calls tflite_state
 * once, gets NULL and returns. When the interpreter is started it does the same, gets its state and fills it in, with all
 * that invoke needs: pointers, geometry, multipliers. `invoke` gets that state and nothing else, and cannot fail.
 *
 * What an operator remembers from one invoke to the next lies in variable tensors, or in bytes that it asks for by tflite_keep:
 * both are filled anew at the start and by tflite_reset, so that a kernel has nothing to reset itself.
 */
#ifndef ASSAY_TFLITE_KERNEL_H
#define ASSAY_TFLITE_KERNEL_H

#include "flatbuffer.h"
#include "tflite.h"

typedef struct tflite_preparation tflite_preparation;

typedef struct {
	/* BuiltinOperator of the schema, and the versions of it that the kernel computes */
	uint8_t builtin;
	uint8_t first_version;
	uint8_t last_version;
	/* BuiltinOptions that the operator may carry; none is always allowed, and means all defaults */
	uint8_t options_type;
	/* as in the schema; of a custom operator, what the file calls it */
	const char *name;
	bool (*prepare)(tflite_preparation *preparation);
	void (*invoke)(const void *state);
	/* runs built-in vectors; NULL if the operator has none */
	bool (*self_check)(void);
} tflite_kernel;

/* A kernel's self check, left out (with its vectors) by -DTFLITE_WITHOUT_SELF_CHECK: the machine that builds a firmware runs the same checks. */
#ifdef TFLITE_WITHOUT_SELF_CHECK
#define TFLITE_SELF_CHECK(check) (0 ? (check) : NULL)
#else
#define TFLITE_SELF_CHECK(check) (check)
#endif

struct tflite_kernels {
	const char *variant;
	const tflite_kernel *const *rows;
	uint32_t count;
	/* where to look for what is not among the rows; NULL at the last */
	const tflite_kernels *rest;
};

/*
 * Whether the kernels of a type are built in. All are, unless a firmware's build leaves out those that its model does not use
 * (-DTFLITE_WITHOUT_FLOAT32 and so on); a model that needs one is refused then. With a constant, the compiler drops the code.
 */
static inline bool tflite_has(tflite_type type) {
#ifdef TFLITE_WITHOUT_FLOAT32
	if (type == TFLITE_FLOAT32) return false;
#endif
#ifdef TFLITE_WITHOUT_INT16
	if (type == TFLITE_INT16) return false;
#endif
#ifdef TFLITE_WITHOUT_INT4
	if (type == TFLITE_INT4) return false;
#endif
#ifdef TFLITE_WITHOUT_INT32
	if (type == TFLITE_INT32) return false;
#endif
#ifdef TFLITE_WITHOUT_INT64
	if (type == TFLITE_INT64) return false;
#endif
	(void)type;
	return true;
}

/* One operator while it is prepared. */
struct tflite_preparation {
	tflite_interpreter *interpreter;
	tflite_error *error;
	fb_reader *reader;
	fb_table options;
	/* of a custom operator: FlexBuffers, unchecked */
	fb_vector custom_options;
	fb_vector inputs;
	fb_vector outputs;
	uint32_t operator_index;
	/* of its subgraph: what its operands are counted from */
	uint32_t first_tensor;
	/* where the state goes; NULL when the model is loaded */
	void *state;
	uint8_t *scratch;
	/* what tflite_keep gives; NULL when the model is loaded */
	uint8_t *kept;
	uint32_t state_bytes;
	uint32_t scratch_bytes;
	uint32_t kept_bytes;
	uint64_t work;
};

/* An operand of an operator. */
typedef struct {
	uint32_t index;
	tflite_type type;
	uint32_t rank;
	uint32_t shape[TFLITE_MAX_RANK];
	/* elements and bytes; never 0 */
	uint32_t count;
	uint32_t bytes;
	/* constant data, or its place in the arena once that exists, else NULL */
	uint8_t *data;
	bool constant;
	/* keeps its contents from one invoke to the next, and may be written to although it is an input */
	bool variable;
	/* quantization: none if scale_count is 0; per channel along `dimension` if above 1 */
	uint32_t scale_count;
	uint32_t dimension;
	fb_vector scales;
	float scale;
	int32_t zero_point;
} tflite_operand;

/*
 * Operand number `slot`. False, with the error set, if the operator has no such operand or it is empty. An optional one that
 * is left out has index UINT32_MAX.
 */
bool tflite_input_operand(tflite_preparation *preparation, uint32_t slot, tflite_operand *operand);
bool tflite_optional_operand(tflite_preparation *preparation, uint32_t slot, tflite_operand *operand);
bool tflite_output_operand(tflite_preparation *preparation, uint32_t slot, tflite_operand *operand);

static inline bool tflite_is_there(const tflite_operand *operand) {
	return operand->index != UINT32_MAX;
}

/* The scale of a channel: that of the whole tensor if it is quantized per tensor. */
float tflite_channel_scale(const tflite_preparation *preparation, const tflite_operand *operand, uint32_t channel);

/* Checks how many inputs (from, to, both included) and outputs (one) the operator has. */
bool tflite_expect_operands(tflite_preparation *preparation, uint32_t fewest_inputs, uint32_t most_inputs);

/* The two halves of that, for operators with several outputs; UINT32_MAX is as many as the file likes. */
bool tflite_expect_inputs(tflite_preparation *preparation, uint32_t fewest, uint32_t most);
bool tflite_expect_outputs(tflite_preparation *preparation, uint32_t fewest, uint32_t most);

/* Checks that an integer operand has a scale, one only. */
bool tflite_expect_per_tensor(tflite_preparation *preparation, const tflite_operand *operand);

/*
 * Sets the error and returns false, for `return tflite_refuse_…(…)`. `operand` may be NULL. With -DTFLITE_TERSE errors carry code, operator and tensor only: texts
 * and numbers, a fifth of a firmware's engine, stay on the machine that built it and loaded the same model with the same checks.
 */
#ifdef TFLITE_TERSE
bool tflite_refuse_tersely(tflite_preparation *preparation, tflite_code code, const tflite_operand *operand);
#define tflite_refuse(preparation, code, operand, expected) ((void)(expected), tflite_refuse_tersely(preparation, code, operand))
#define tflite_refuse_number(preparation, code, operand, expected, got) ((void)(expected), (void)(got), tflite_refuse_tersely(preparation, code, operand))
#define tflite_refuse_type(preparation, operand, expected) ((void)(expected), tflite_refuse_tersely(preparation, TFLITE_UNSUPPORTED, operand))
#else
bool tflite_refuse(tflite_preparation *preparation, tflite_code code, const tflite_operand *operand, const char *expected);
bool tflite_refuse_number(tflite_preparation *preparation, tflite_code code, const tflite_operand *operand, const char *expected, int64_t got);
bool tflite_refuse_type(tflite_preparation *preparation, const tflite_operand *operand, const char *expected);
#endif

/*
 * Asks for the kernel's state, aligned to 8 bytes, and for bytes of the arena that it may use while it runs. NULL when the
 * model is loaded: the kernel then returns true.
 */
void *tflite_state(tflite_preparation *preparation, uint32_t state_bytes, uint32_t scratch_bytes, uint64_t work);

/*
 * Asks for bytes that are kept from one invoke to the next and are 0 before the first; aligned to 8 bytes. Call it once, after
 * tflite_state. NULL when the model is loaded.
 */
void *tflite_keep(tflite_preparation *preparation, uint32_t bytes);

/* For CALL_ONCE: how many subgraphs there are, and runs the operators of one. */
uint32_t tflite_subgraph_count(const tflite_interpreter *interpreter);
void tflite_run_subgraph(const tflite_interpreter *interpreter, uint32_t subgraph);

#endif
