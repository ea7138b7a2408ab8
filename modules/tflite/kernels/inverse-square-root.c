#include "inverse-square-root.h"

fixed_multiplier inverse_square_root(int32_t x) {
	const int32_t one = 1 << 28, three_halves = (1 << 28) + (1 << 27), half_sqrt_2 = 1518500250;
	fixed_multiplier result = { INT32_MAX, 0 };
	if (x <= 1) return result;
	/* x * 4^n in [2^27, 2^29) is, as Q3.28 of half of that, in [1/4, 1); each step of n doubles the result. */
	int32_t right = 11;
	while (x >= 1 << 29) {
		x /= 4;
		right++;
	}
	const int32_t pairs = (fixed_leading_zeros((uint32_t)x) - 1) / 2 - 1;
	right -= pairs;
	const int32_t fraction = (x << (2 * pairs)) >> 1;
	const int32_t half = fixed_divide_by_power(fraction, 1);
	/* Newton-Raphson from 1: r = r * (3 - x * r^2) / 2. Products have the integer bits of both factors: 6, 9. */
	int32_t root = one;
	for (int32_t i = 0; i < 5; i++) {
		const int32_t cube = fixed_shift_left_saturated(fixed_high_multiply(fixed_high_multiply(root, root), root), 6);
		const int32_t next = fixed_high_multiply(three_halves, root) - fixed_high_multiply(half, cube);
		root = fixed_shift_left_saturated(next, 3);
	}
	result.multiplier = fixed_high_multiply(root, half_sqrt_2);
	if (right < 0) {
		result.multiplier = fixed_shift_left(result.multiplier, -right);
		right = 0;
	}
	result.shift = -right;
	return result;
}
