/* Four rows of weights times one row of input, read as it is: fully connected layers, and convolutions at a single place. */
#ifndef ASSAY_TFLITE_ARM_DSP_DOT_ROWS_H
#define ASSAY_TFLITE_ARM_DSP_DOT_ROWS_H

#include "dsp.h"

/* Four bytes of one row: widened, multiplied with what the input's four became. */
#define DOT_ROWS_STEP(sum, weights)                 \
	"sxtb16 %[pair], " weights "\n\t"               \
	"sxtb16 " weights ", " weights ", ror #8\n\t"   \
	"smlad " sum ", %[even], %[pair], " sum "\n\t"  \
	"smlad " sum ", %[odd], " weights ", " sum "\n\t"

/* Adds to `sums` the sums of (input[i] + offset) * weights[row * stride + i] over i below `count`, of four rows. */
static inline void dot_rows(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t stride, uint32_t count, uint32_t sums[4]) {
	uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
	const uint32_t offsets = dsp_pair(offset), thrice = 3 * stride;
	const int8_t *end = input + count / 4 * 4;
	while (input < end) {
		uint32_t even = dsp_load(input), odd, weight, pair;
		input += 4;
		__asm__ volatile("sxtab16 %[odd], %[offsets], %[even], ror #8\n\t"
		        "sxtab16 %[even], %[offsets], %[even]\n\t"
		        "ldr %[weight], [%[weights], %[stride]]\n\t"
		        DOT_ROWS_STEP("%[b]", "%[weight]")
		        "ldr %[weight], [%[weights], %[stride], lsl #1]\n\t"
		        DOT_ROWS_STEP("%[c]", "%[weight]")
		        "ldr %[weight], [%[weights], %[thrice]]\n\t"
		        DOT_ROWS_STEP("%[d]", "%[weight]")
		        "ldr %[weight], [%[weights]], #4\n\t"
		        DOT_ROWS_STEP("%[a]", "%[weight]")
		        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [weights] "+r"(weights), [even] "+r"(even), [odd] "=&r"(odd), [weight] "=&r"(weight),
		          [pair] "=&r"(pair)
		        : [offsets] "r"(offsets), [stride] "r"(stride), [thrice] "r"(thrice)
		        : "memory");
	}
	for (uint32_t i = count % 4; i > 0; i--, weights++) {
		const int32_t value = *input++ + offset;
		a += (uint32_t)(value * weights[0]);
		b += (uint32_t)(value * weights[stride]);
		c += (uint32_t)(value * weights[2 * stride]);
		d += (uint32_t)(value * weights[thrice]);
	}
	sums[0] = a;
	sums[1] = b;
	sums[2] = c;
	sums[3] = d;
}

/* The same for a single row. */
static inline uint32_t dot_row(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t count) {
	uint32_t sum = 0;
	const uint32_t offsets = dsp_pair(offset);
	for (; count >= 4; count -= 4, input += 4, weights += 4) {
		const uint32_t values = dsp_load(input), with = dsp_load(weights);
		sum = dsp_multiply_pairs(dsp_add_even(offsets, values), dsp_even(with), sum);
		sum = dsp_multiply_pairs(dsp_add_odd(offsets, values), dsp_odd(with), sum);
	}
	for (; count > 0; count--) sum += (uint32_t)((*input++ + offset) * *weights++);
	return sum;
}

#endif
