/*
 * The instructions of Arm's DSP extension (Cortex-M4, M7, M33, M55) that the kernels here are made of: two products of 16 bits in one instruction. Bytes are
 * widened two at a time: of a word's four, `even` is the pair 0 and 2, `odd` the pair 1 and 3.
 */
#ifndef ASSAY_TFLITE_ARM_DSP_H
#define ASSAY_TFLITE_ARM_DSP_H

#include <stdint.h>
#include <string.h>

static inline uint32_t dsp_load(const void *from) {
	uint32_t word;
	memcpy(&word, from, sizeof word);
	return word;
}

/* Both halves of a pair. */
static inline uint32_t dsp_pair(int32_t value) {
	return (uint32_t)value << 16 | ((uint32_t)value & 0xffff);
}

/* The even bytes of a word, sign-extended, plus a pair. */
static inline uint32_t dsp_add_even(uint32_t pair, uint32_t word) {
	uint32_t result;
	__asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(pair), "r"(word));
	return result;
}

static inline uint32_t dsp_add_odd(uint32_t pair, uint32_t word) {
	uint32_t result;
	__asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(pair), "r"(word));
	return result;
}

static inline uint32_t dsp_even(uint32_t word) {
	uint32_t result;
	__asm__("sxtb16 %0, %1" : "=r"(result) : "r"(word));
	return result;
}

static inline uint32_t dsp_odd(uint32_t word) {
	uint32_t result;
	__asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
	return result;
}

/* A pair of two low, or two high halves. */
static inline uint32_t dsp_low_halves(uint32_t low, uint32_t high) {
	uint32_t result;
	__asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
	return result;
}

static inline uint32_t dsp_high_halves(uint32_t low, uint32_t high) {
	uint32_t result;
	__asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(high), "r"(low));
	return result;
}

/* sum + a's low half times b's low half + a's high half times b's high half. The sticky overflow flag that this may set is nobody's. */
static inline uint32_t dsp_multiply_pairs(uint32_t a, uint32_t b, uint32_t sum) {
	__asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
	return sum;
}

/* sum + the product of two low halves, of a high and a low one, of two high ones. */
static inline uint32_t dsp_multiply_low(uint32_t a, uint32_t b, uint32_t sum) {
	__asm__("smlabb %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
	return sum;
}

static inline uint32_t dsp_multiply_high_low(uint32_t a, uint32_t b, uint32_t sum) {
	__asm__("smlatb %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
	return sum;
}

static inline uint32_t dsp_multiply_high(uint32_t a, uint32_t b, uint32_t sum) {
	__asm__("smlatt %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b));
	return sum;
}

#endif
