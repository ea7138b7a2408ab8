/*
 * What kernels/simd asks of a vector machine. One file for each, vector-*.h, defines all of this; the kernels (product.h and what
 * is built on it) are written once and compiled into each machine's file: avx2.c, avx512-vnni.c, neon.c,
 * neon-dotprod.c, wasm.c.
 *
 * LANES            sums in a vector
 * COLUMN           neighbouring vectors of sums, 2 or 4, that stay in registers for four places together
 * GROUP            products that `vector_dot` adds to each sum
 * lanes            a vector of LANES int32, which add and multiply modulo 2^32
 * element          an input as vector_dot takes it
 * inputs, weights  a vector of GROUP inputs (repeated for each lane), and of GROUP weights for each lane
 * bytes            2 x LANES int8
 *
 * lanes vector_load(const int32_t *)                               any alignment, as everywhere
 * void vector_store(int32_t *, lanes)
 * inputs vector_inputs(const element *)
 * weights vector_weights(const int8_t *)                           lies as VECTOR_WEIGHT(lane, member of the group) says
 * lanes vector_dot(lanes sums, inputs, weights)
 * int32_t vector_residue(int32_t offset)                           what vector_stretch leaves out: sum((x + offset) * w) = dot + residue * sum(w)
 * element vector_zero(int32_t offset)                              stands for x = -offset, the zero point
 * void vector_stretch(const int8_t *, int32_t offset, element *, size_t count)
 *
 * The same for layers whose channels do not meet, with 2 x LANES channels at a time in two vectors of sums:
 *
 * DEPTH_CHANNEL(vector, lane)                                      which channel a sum is for
 * DEPTH_WEIGHT(channel, tap)                                       where its weight lies among those of two taps
 * pair { lanes low, high }, wide                                   two vectors of sums; 2 x LANES int16
 * wide vector_wide(const int16_t *)
 * pair vector_dot_depth(pair sums, wide first, wide second, wide, wide)    inputs of two taps, then their weights
 * void vector_stretch_wide(const int8_t *, int32_t offset, int16_t *, size_t count)
 *
 * For rows of weights that lie as they are, ending in the sum of all lanes:
 *
 * lanes vector_dot_row(lanes sums, wide, const int8_t *)           adds products of 2 x LANES inputs and weights, in any lane
 *
 * For pools of 2 x LANES channels at a time:
 *
 * wide vector_repeat_wide(int32_t), vector_widen(const int8_t *), vector_add_wide(wide, wide)
 * void vector_store_wide(int16_t *, wide)
 * bytes vector_load_bytes(const int8_t *), vector_max(bytes, bytes)
 *
 * For operators on pairs of elements:
 *
 * pair vector_part(wide)                                           neighbours in neighbouring lanes
 * lanes vector_shift_left(lanes, int32_t), vector_add(lanes, lanes), vector_multiply(lanes, lanes)
 *
 * From a sum to an output, as fixed-point.h does it, for layers that are tame (finish.h):
 *
 * VECTOR_TAME(most, exponent)                                      whether it scales sums up to `most` with an exponent from 1 to 31
 * VECTOR_NEAR(most, exponent)                                      whether it has a shorter way for them; 0 where there is none
 * VECTOR_EXPONENT(exponent, near), VECTOR_HALF(exponent, near)     what it keeps of an exponent, for either way
 * scale vector_scale_at(const int32_t *multipliers, const int32_t *halves, const int32_t *exponents)
 * lanes vector_scale(lanes sums, scale)                            h = (sum * multiplier + 2^30) >> 31, then
 *                                                                  (h + 2^(exponent - 1) - (1 if h is negative)) >> exponent
 * bytes vector_narrow_near(lanes, scale, lanes, scale, int32_t offset)    the same of two vectors by the shorter way, narrowed
 * alike, void vector_set_alike(alike *, int32_t multiplier, int32_t exponent)
 *                                                                  a scale for all lanes, exponent from 0 to 29
 * lanes vector_scale_alike(lanes, const alike *)                   the same for numbers below 2^29; nothing is divided if the exponent is 0
 * bytes vector_narrow(lanes first, lanes second, int32_t offset)   adds in 16 bits and narrows, saturating
 * bytes vector_narrow_depth(pair, int32_t offset)                  the same, from the order of DEPTH_CHANNEL
 * bytes vector_clamp(bytes, int8_t low, int8_t high)
 * void vector_store_bytes(int8_t *, bytes, uint32_t count)         the first `count` of them
 */
#ifndef ASSAY_TFLITE_VECTOR_H
#define ASSAY_TFLITE_VECTOR_H

/* For functions that are one loop with constant bounds once they are inlined, so that sums stay in registers. */
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* Keeps the compiler from taking a pointer that a loop moves apart into a start and an index, and adding them up at each turn. */
#define STEADY(pointer) __asm__("" : "+r"(pointer))

#endif
