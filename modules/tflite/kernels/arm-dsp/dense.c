#include "dense.h"

#include "dot-rows.h"
#include "requantize.h"

/* Outputs whose sums are finished together. */
enum { TOGETHER = 16 };

void dense_int8(const layer_finish *finish, const int8_t *input, int32_t offset, const int8_t *weights, uint32_t depth, uint32_t first, uint32_t count, uint32_t start, int8_t *output) {
	uint32_t sums[TOGETHER];
	for (uint32_t done = 0; done < count; done += TOGETHER) {
		const uint32_t together = count - done < TOGETHER ? count - done : TOGETHER;
		uint32_t i = 0;
		for (; i + 4 <= together; i += 4, weights += 4 * (size_t)depth) {
			for (uint32_t k = 0; k < 4; k++) sums[i + k] = start;
			dot_rows(input, offset, weights, depth, depth, sums + i);
		}
		for (; i < together; i++, weights += depth) sums[i] = start + dot_row(input, offset, weights, depth);
		requantize_sums(finish, first + done, 1, sums, together, output + done, 1);
	}
	requantize_activation(&finish->range, output, count);
}
