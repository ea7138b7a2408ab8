/*
 * Copying between two tensors that order the same elements differently, which is all that a good part of the operators do. A
 * copy is a nest of axes, each with its step through either tensor. Neighbouring axes that both tensors step through as one
 * become one; innermost elements that lie side by side in both become a run, copied as one piece of memory. So what needs
 * no reordering (a slice of whole rows) costs what memcpy costs, and its plan is a few bytes.
 */
#ifndef ASSAY_TFLITE_RUNS_H
#define ASSAY_TFLITE_RUNS_H

#include "../kernel.h"

/* SPACE_TO_DEPTH makes 6 axes of 4. */
enum { RUNS_MAX_RANK = TFLITE_MAX_RANK };

/* Steps are in bytes; 0 repeats, a negative one goes backwards. */
typedef struct {
	uint32_t count;
	int32_t from;
	int32_t to;
} runs_axis;

/* In a kernel's state; its axes, the outermost first, lie right behind it. */
typedef struct {
	uint32_t run_bytes;
	uint32_t rank;
} runs;

/* While it is planned. Begin with zeroes. */
typedef struct {
	runs runs;
	runs_axis axes[RUNS_MAX_RANK];
} runs_plan;

/* Bytes of one element, or 0, with the error set, if it has no whole ones (int4). */
uint32_t runs_element_bytes(tflite_preparation *preparation, const tflite_operand *operand);

/* Adds an axis inside those that are there: at most RUNS_MAX_RANK. An axis of one element is no axis, whatever its steps. */
void runs_add(runs_plan *plan, uint32_t count, int64_t from, int64_t to);

/* After the last axis. */
void runs_close(runs_plan *plan, uint32_t element_bytes);

/* What a plan takes in a state, behind the runs, and putting it there. */
uint32_t runs_axes_bytes(const runs_plan *plan);
void runs_store(const runs_plan *plan, runs *stored);

/* Copies; `from` and `to` point at the first elements. */
void runs_copy(const runs *stored, const uint8_t *from, uint8_t *to);

/*
 * The end of `prepare` and the `invoke` of operators that fill their output with one such copy; `offset` is that of the first
 * element in the input, in bytes.
 */
bool runs_prepare(tflite_preparation *preparation, const runs_plan *plan, const tflite_operand *input, uint32_t offset, const tflite_operand *output);
void runs_invoke(const void *state);

/* The same for operators that change nothing but the shape: checks type and number of elements. */
bool runs_prepare_whole(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *output);

#endif
