#include "logarithm.h"

#include "exponential.h"
#include "fixed-point.h"

/*
 * x = r * 2^n, with r from 2^-3/4 to 2^-1/4 or n by halves: two candidates, one for r and one for r * sqrt(1/2), of which the
 * one nearer to sqrt(sqrt(1/2)) is taken; then ln(x) = n * ln(2) + ln(r) by a rational function of q = 2 * (r - sqrt(sqrt(1/2))).
 * Powers n are in Q6.25, all else in Q0.31.
 */
int32_t logarithm(int32_t x) {
	const int32_t ln_2 = 1488522236, fourth_root_of_half = 1805811301, root_of_half = 1518500250;
	/* 2^1/4 times 11/240, 1/20 and 1/4, and 2^3/4 - 2^1/4 */
	const int32_t a = 117049297, b = 127690142, c = 638450708, d = 1057819769;
	const int32_t unit = 1 << 25, quarter = 1 << 23;
	const int32_t zeros = fixed_leading_zeros((uint32_t)x);
	const int32_t first_r = fixed_shift_left_saturated(fixed_high_multiply(fixed_shift_left_saturated(x, zeros - 1), root_of_half), 1);
	const int32_t first_n = (12 - zeros) * unit + quarter;
	const int32_t second_zeros = fixed_leading_zeros((uint32_t)fixed_high_multiply(x, root_of_half)) - 1;
	const int32_t second_r = fixed_shift_left_saturated(x, second_zeros);
	const int32_t second_n = (12 - second_zeros) * unit - quarter;
	const int32_t r = first_r < second_r ? first_r : second_r;
	const int32_t n = first_n > second_n ? first_n : second_n;
	const int32_t middle = fixed_half_sum(r, fourth_root_of_half);
	const int32_t q = 2 * (r - fourth_root_of_half);
	const int32_t square = fixed_high_multiply(q, q);
	const int32_t numerator = fixed_high_multiply(q, r) + fixed_high_multiply(fixed_high_multiply(q, square), a);
	const int32_t denominator_less_1 = fixed_high_multiply(middle, d + q + fixed_high_multiply(b, square)) + fixed_high_multiply(c, q);
	const int32_t logarithm_of_r = fixed_high_multiply(fixed_divide_by_power(numerator, 6), reciprocal_of_one_plus(denominator_less_1));
	return fixed_shift_left_saturated(fixed_high_multiply(n, ln_2) + logarithm_of_r, 1);
}
