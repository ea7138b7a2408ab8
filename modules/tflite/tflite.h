/*
 * An interpreter for TensorFlow Lite models, for machines from a microcontroller up: int8 results equal those of TensorFlow
 * Lite for Microcontrollers' reference kernels (double rounding) to the bit.
 *
 * The model is read where it lies (flash) and is taken as hostile: everything is checked by tflite_load, so that
 * tflite_invoke has nothing left to fail at. The core allocates nothing and keeps no globals. The caller gives memory, twice:
 *
 *     tflite_survey  -> how many bytes loading works in
 *     tflite_load    -> checks the model, plans where each tensor lies; says how many bytes running takes
 *     tflite_start   -> prepares the kernels in those bytes
 *     tflite_invoke  -> as often as one likes: write the inputs, invoke, read the outputs
 *     tflite_reset   -> forgets what the model's variables remember
 *
 * With one block for all (static memory on a board): give its front to tflite_load, and everything from
 * `memory.kept_bytes` on to tflite_start; the block holds kept_bytes + run_bytes, and planning_bytes until it is started.
 *
 * Little-endian machines. The model must stay where it is, unchanged, as long as the interpreter is used.
 */
#ifndef ASSAY_TFLITE_H
#define ASSAY_TFLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Blocks of memory start on such an address. */
enum { TFLITE_ALIGNMENT = 16 };

/* More tensors or operators than this, in all subgraphs, are refused: planning takes quadratic time. */
enum { TFLITE_MAX_NODES = 4096 };

enum { TFLITE_MAX_SUBGRAPHS = 64 };

enum { TFLITE_MAX_RANK = 8 };

/* An index in an error that says nothing. */
enum { TFLITE_NONE = -1 };

typedef enum {
	TFLITE_OK = 0,
	/* an offset, a length or a string leaves the file: the bytes are damaged */
	TFLITE_MALFORMED,
	/* no TensorFlow Lite file of schema version 3 */
	TFLITE_NOT_A_MODEL,
	/* the model needs operators or versions of them that the engine lacks; the message lists all of them */
	TFLITE_MISSING_OPERATORS,
	/* sound, but the engine lacks that kind of tensor, graph or option */
	TFLITE_UNSUPPORTED,
	/* an index out of range, an operator before what it needs, an output that is no operator's to write */
	TFLITE_INVALID_GRAPH,
	/* a shape, a type or the size of constant data that contradict each other */
	TFLITE_INVALID_TENSOR,
	/* a scale or zero point that is missing or out of range */
	TFLITE_INVALID_QUANTIZATION,
	/* an operator whose options or operands do not fit each other */
	TFLITE_INVALID_OPERATOR,
	/* the caller's limits, or those of the engine, are exceeded */
	TFLITE_TOO_LARGE,
	/* the caller's block is too small or misaligned */
	TFLITE_MEMORY
} tflite_code;

/* The values are those of the schema's TensorType. */
typedef enum {
	TFLITE_FLOAT32 = 0,
	TFLITE_FLOAT16 = 1,
	TFLITE_INT32 = 2,
	TFLITE_UINT8 = 3,
	TFLITE_INT64 = 4,
	TFLITE_BOOL = 6,
	TFLITE_INT16 = 7,
	TFLITE_INT8 = 9,
	TFLITE_FLOAT64 = 10,
	TFLITE_UINT64 = 12,
	/* a handle of a variable */
	TFLITE_RESOURCE = 13,
	TFLITE_UINT32 = 15,
	TFLITE_UINT16 = 16,
	TFLITE_INT4 = 17
} tflite_type;

/* What went wrong and where; tflite_message puts it in words. */
typedef struct {
	tflite_code code;
	/* index of the operator and of the tensor, or TFLITE_NONE; those of a second subgraph follow on the first one's */
	int32_t operator_index;
	int32_t tensor_index;
	/* "expected <expected>, got <got>"; a static string, NULL (and nothing got) in an engine that is built with -DTFLITE_TERSE */
	const char *expected;
	enum { TFLITE_GOT_NOTHING, TFLITE_GOT_NUMBER, TFLITE_GOT_TYPE } got_kind;
	int64_t got;
} tflite_error;

/* The kernels that an interpreter may use: see kernel.h. A firmware links a table with just those that its model needs. */
typedef struct tflite_kernels tflite_kernels;

/* All operators in plain C. */
extern const tflite_kernels tflite_portable_kernels;

/* A variant that the machine could run but that got an operator wrong in its self check; NULLs if there is none. Static strings. */
typedef struct {
	const char *variant;
	const char *kernel;
} tflite_rejection;

/* The fastest kernels that the machine has and that pass their self check, which takes milliseconds: keep what this returns. */
const tflite_kernels *tflite_pick_kernels(tflite_rejection *rejection);
const tflite_kernels *tflite_best_kernels(void);

/* The variants that the machine can run, the fastest first, whatever their self check says; NULL after the last, which is the portable one. */
const tflite_kernels *tflite_variants(uint32_t index);

typedef struct {
	/* most bytes of kept_bytes + run_bytes */
	uint32_t memory_bytes;
	/* most work of one invoke, see tflite_memory: what keeps a crafted file from running for hours */
	uint64_t work;
} tflite_limits;

typedef struct {
	/* what tflite_load works in, and must stay until tflite_start; and how much of its front is needed as long as the interpreter lives */
	uint32_t planning_bytes;
	uint32_t kept_bytes;
	/* what tflite_start takes: the kernels' constants and the arena in which tensors share memory */
	uint32_t run_bytes;
	uint32_t arena_bytes;
	/* what one invoke costs: multiply-accumulates, and what takes about as long as one */
	uint64_t work;
} tflite_memory;

typedef struct {
	/* not terminated; as in the file, so any bytes */
	const char *name;
	uint32_t name_bytes;
	tflite_type type;
	uint32_t rank;
	uint32_t shape[TFLITE_MAX_RANK];
	uint32_t bytes;
	/* real = scale * (stored - zero_point); scale is 0 where the tensor is not quantized */
	float scale;
	int32_t zero_point;
	/* where the caller writes (input) or reads (output); NULL before tflite_start */
	void *data;
} tflite_tensor;

typedef struct tflite_interpreter tflite_interpreter;

/* Says in *planning_bytes what tflite_load needs. Reads little more than the number of tensors and operators. */
tflite_code tflite_survey(const void *model, size_t model_bytes, uint32_t *planning_bytes, tflite_error *error);

/* Checks and plans. `model` must be aligned to 4 bytes, `memory` to TFLITE_ALIGNMENT; *interpreter lies in `memory`. */
tflite_code tflite_load(const void *model, size_t model_bytes, const tflite_kernels *kernels, const tflite_limits *limits, void *memory,
                        size_t memory_bytes, tflite_interpreter **interpreter, tflite_error *error);

/* What the loaded model takes. */
tflite_memory tflite_memory_of(const tflite_interpreter *interpreter);

/*
 * Prepares the kernels in `memory` (run_bytes, aligned to TFLITE_ALIGNMENT), which they then own. Once: an interpreter that was
 * started, or failed to, is not started again. `memory` may begin kept_bytes into the block that was given to tflite_load.
 */
tflite_code tflite_start(tflite_interpreter *interpreter, void *memory, size_t memory_bytes, tflite_error *error);

/* Runs all operators once. Inputs share memory with what comes later: write all of them before each invoke. */
void tflite_invoke(tflite_interpreter *interpreter);

/* Sets the model's variables to what they were after tflite_start. */
void tflite_reset(tflite_interpreter *interpreter);

uint32_t tflite_input_count(const tflite_interpreter *interpreter);
uint32_t tflite_output_count(const tflite_interpreter *interpreter);
uint32_t tflite_operator_count(const tflite_interpreter *interpreter);

/* Input, output or operator (of all subgraphs) number `index`, which must be below its count. An operator is named as in the schema. */
tflite_tensor tflite_input(const tflite_interpreter *interpreter, uint32_t index);
tflite_tensor tflite_output(const tflite_interpreter *interpreter, uint32_t index);
const char *tflite_operator_name(const tflite_interpreter *interpreter, uint32_t index);

/*
 * Stores float values as the input's type takes them: round(value / scale) + zero point, in float32, half away from zero,
 * saturated; NaN becomes the lowest value. Takes float32 inputs as they are. False if the type is another, or the number of
 * values is not the tensor's.
 */
bool tflite_store_floats(const tflite_tensor *input, const float *values, size_t count);

/* Runs the vectors that the table's kernels carry; *failed becomes the first operator that got one wrong, or NULL. */
bool tflite_self_check(const tflite_kernels *kernels, const char **failed);

/* The name of the set of kernels: "portable", "avx2", "avx512-vnni", "neon", "wasm-simd". */
const char *tflite_variant(const tflite_kernels *kernels);

/* "MALFORMED" for TFLITE_MALFORMED and so on. */
const char *tflite_code_name(tflite_code code);

/* "int8" for TFLITE_INT8 and so on. */
const char *tflite_type_name(tflite_type type);

/*
 * Writes a terminated message into `text`, cut to `text_bytes`: "operator 3 CONV_2D: expected stride at least 1, got 0".
 * `kernels` are those that were given to tflite_load. Bytes of the file appear as printable ASCII only.
 */
void tflite_message(const void *model, size_t model_bytes, const tflite_kernels *kernels, const tflite_error *error, char *text,
                    size_t text_bytes);

#endif
