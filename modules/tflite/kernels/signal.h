/* What the operators of TensorFlow Lite Micro's signal library (signal/ in its repository) have in common. */
#ifndef ASSAY_TFLITE_SIGNAL_H
#define ASSAY_TFLITE_SIGNAL_H

#include "../flexbuffer.h"
#include "../kernel.h"

/* Finds the operator's options; refuses it if they are damaged. */
bool signal_options(tflite_preparation *preparation, flexbuffer_map *options);

/* Reads one from low to high; refuses the operator, with `expected`, if it is missing or another. */
bool signal_option(tflite_preparation *preparation, const flexbuffer_map *options, const char *name, int64_t low, int64_t high, const char *expected, int64_t *value);

/* Loads an operand and checks type and rank, which these operators fix. */
bool signal_input(tflite_preparation *preparation, uint32_t slot, tflite_type type, uint32_t rank, tflite_operand *operand);
bool signal_output(tflite_preparation *preparation, uint32_t slot, tflite_type type, uint32_t rank, tflite_operand *operand);

/* Checks that an operand has so many elements. */
bool signal_expect_count(tflite_preparation *preparation, const tflite_operand *operand, uint32_t count);

/* How many bits a number has, without leading zeros. */
static inline uint32_t signal_bits(uint32_t x) {
	uint32_t bits = 0;
	for (uint32_t step = 16; step > 0; step /= 2) {
		if (x >> step == 0) continue;
		x >>= step;
		bits += step;
	}
	return bits + x;
}

#endif
