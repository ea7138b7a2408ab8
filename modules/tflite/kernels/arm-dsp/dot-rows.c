#include "dot-rows.h"

#include "dsp.h"

/* Four bytes of one row: widened, multiplied with what the input's four became. */
#define DOT_ROWS_ROW(sum, at)                               \
	"ldr %[weight], [%[weights]" at "\n\t"                  \
	"sxtb16 %[pair], %[weight]\n\t"                         \
	"sxtb16 %[weight], %[weight], ror #8\n\t"               \
	"smlad " sum ", %[even], %[pair], " sum "\n\t"          \
	"smlad " sum ", %[odd], %[weight], " sum "\n\t"

/* Four bytes of four rows: 23 instructions for 16 products. The first row moves on. */
#define DOT_ROWS_STEP                                       \
	"ldr %[odd], [%[input]], #4\n\t"                        \
	"sxtab16 %[even], %[offsets], %[odd]\n\t"               \
	"sxtab16 %[odd], %[offsets], %[odd], ror #8\n\t"        \
	DOT_ROWS_ROW("%[b]", ", %[stride]]")                    \
	DOT_ROWS_ROW("%[c]", ", %[stride], lsl #1]")            \
	DOT_ROWS_ROW("%[d]", ", %[thrice]]")                    \
	DOT_ROWS_ROW("%[a]", "], #4")

/* By itself, as it takes all registers. */
__attribute__((noinline)) void dot_rows(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t stride, uint32_t count, uint32_t sums[4]) {
	uint32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
	const uint32_t thrice = 3 * stride;
	if (count >= 4) {
		uint32_t even, odd, weight, pair, groups = count / 4;
		/* Two steps a round, of which the first round takes the second only where their number is odd. */
		__asm__ volatile("lsrs %[groups], %[groups], #1\n\t"
		                 "bcs 2f\n"
		                 "1:\n\t"
		                 DOT_ROWS_STEP
		                 "subs %[groups], %[groups], #1\n"
		                 "2:\n\t"
		                 DOT_ROWS_STEP
		                 "bne 1b"
		                 : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [input] "+r"(input), [weights] "+r"(weights), [groups] "+r"(groups), [even] "=&r"(even), [odd] "=&r"(odd),
		                   [weight] "=&r"(weight), [pair] "=&r"(pair)
		                 : [offsets] "r"(dsp_pair(offset)), [stride] "r"(stride), [thrice] "r"(thrice)
		                 : "cc", "memory");
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

uint32_t dot_row(const int8_t *input, int32_t offset, const int8_t *weights, uint32_t count) {
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
