/*
 * The logistic function and the hyperbolic tangent of int16 numbers, to the bit as the reference's int16 operators compute them: between
 * entries of one table, as tanh(x) = 2 / (1 + exp(-2x)) - 1.
 */
#ifndef ASSAY_TFLITE_SIGMOID_H
#define ASSAY_TFLITE_SIGMOID_H

#include <stdint.h>

/*
 * Entry i is 2^16 / (1 + exp(-x)) at x = i / 24, plus half of the error that interpolation makes in the middle of the step to the
 * next entry, rounded; the last is 65535. A constant, so that it is the same on every board.
 */
extern const uint16_t sigmoid_table[256];

/* The table at `scaled` / 2^bits, interpolated, times 2^bits; `most` beyond the table. */
static inline int32_t sigmoid_look_up(uint32_t scaled, uint32_t bits, int32_t most) {
	const uint32_t index = scaled >> bits;
	if (index >= 255) return most;
	const uint32_t low = sigmoid_table[index], high = sigmoid_table[index + 1];
	return (int32_t)((low << bits) + (scaled & ((1u << bits) - 1)) * (high - low));
}

/* 2^15 / (1 + exp(-x)), for x = scaled / (3 * 2^12); from 0 to 32767. |scaled| below 2^31. */
static inline int16_t sigmoid_int16(int32_t scaled) {
	const uint32_t size = scaled < 0 ? 0u - (uint32_t)scaled : (uint32_t)scaled;
	const int32_t value = sigmoid_look_up(size, 9, 32767 << 10);
	return (int16_t)((scaled >= 0 ? value + (1 << 9) : (1 << 25) - value + (1 << 9) - 1) >> 10);
}

/* 2^15 * tanh(x), for the same x. */
static inline int16_t sigmoid_tanh_int16(int32_t scaled) {
	const uint32_t size = scaled < 0 ? 0u - (uint32_t)scaled : (uint32_t)scaled;
	const int32_t value = sigmoid_look_up(size, 8, 65535 << 8) - (1 << 23);
	return (int16_t)((scaled >= 0 ? value + (1 << 7) : -value + (1 << 7) - 1) >> 8);
}

#endif
