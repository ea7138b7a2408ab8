/*
 * Operators that compute each element of the output from one element of each input, with broadcasting. Such an operator is a
 * function over runs of elements that lie behind each other; which one, its `prepare` chooses by the operands' types. Its state
 * begins with an `elementwise`, its parameters follow, and its invoke is elementwise_invoke.
 */
#ifndef ASSAY_TFLITE_ELEMENTWISE_H
#define ASSAY_TFLITE_ELEMENTWISE_H

#include "broadcast.h"

#include <string.h>

typedef struct {
	uint32_t count;
	/* 1, or 0 where the one element of the input is repeated */
	uint32_t steps[BROADCAST_INPUTS];
	const void *inputs[BROADCAST_INPUTS];
	void *output;
} elementwise_run;

typedef struct elementwise elementwise;

/*
 * `operation` is the operator's state. The run is passed by value, and parameters are best copied before a loop: writing an int8
 * output may change anything that is behind a pointer.
 */
typedef void (*elementwise_kernel)(const elementwise *operation, elementwise_run run);

struct elementwise {
	elementwise_kernel kernel;
	const uint8_t *inputs[BROADCAST_INPUTS];
	uint8_t *output;
	const broadcast_axis *axes;
	uint8_t rank;
	uint8_t input_count;
	/* of one element */
	uint8_t input_bytes[BROADCAST_INPUTS];
	uint8_t output_bytes;
};

typedef struct {
	tflite_operand inputs[BROADCAST_INPUTS];
	tflite_operand output;
	uint32_t input_count;
	broadcast_shape shape;
} elementwise_operands;

/* Loads so many inputs and one output, and checks their shapes. */
bool elementwise_load(tflite_preparation *preparation, uint32_t input_count, elementwise_operands *operands);

/* Checks that inputs and output have the type of the first input. */
bool elementwise_expect_one_type(tflite_preparation *preparation, const elementwise_operands *operands);

/* Checks that no input has a scale: the reference adds and divides int32 only where it stands for itself. */
bool elementwise_expect_no_scales(tflite_preparation *preparation, const elementwise_operands *operands);

/*
 * Asks for the operator's state and fills it in: a copy of `operation`, `state_bytes` long, whose kernel and parameters are set; the
 * rest of the elementwise is found out here. An element costs `work`. Returns true.
 */
bool elementwise_start(tflite_preparation *preparation, const elementwise_operands *operands, elementwise *operation, uint32_t state_bytes, uint32_t work);

void elementwise_invoke(const void *state);

/* Constant data is aligned to 4 bytes only. */
static inline int64_t elementwise_int64(const uint8_t *at) {
	int64_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

#endif
