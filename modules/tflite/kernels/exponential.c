#include "exponential.h"

#include "fixed-point.h"

/* x * 2^exponent, saturated; exponent from 1 to 30 */
static int32_t shift_left_saturated(int32_t x, int32_t exponent) {
	const int32_t most = (int32_t)(((uint32_t)1 << (31 - exponent)) - 1);
	if (x > most) return INT32_MAX;
	if (x < -most) return INT32_MIN;
	return fixed_shift_left(x, exponent);
}

/* exp on [-1/4, 0) in Q0.31: the Taylor series around -1/8 up to the fourth power. */
static int32_t exponential_near_zero(int32_t a) {
	const int32_t exp_of_minus_eighth = 1895147668;
	const int32_t third = 715827883;
	const int32_t x = a + (1 << 28);
	const int32_t x2 = fixed_high_multiply(x, x);
	const int32_t x3 = fixed_high_multiply(x2, x);
	const int32_t x4 = fixed_high_multiply(x2, x2);
	const int32_t x4_over_4 = fixed_divide_by_power(x4, 2);
	/* x^4 / 24 + x^3 / 6 + x^2 / 2 */
	const int32_t higher = fixed_divide_by_power(fixed_high_multiply(x4_over_4 + x3, third) + x2, 1);
	return exp_of_minus_eighth + fixed_high_multiply(exp_of_minus_eighth, x + higher);
}

int32_t exponential_of_negative(int32_t x) {
	/* exp(-2^k) in Q0.31 for k from -2 to 4 */
	static const int32_t factors[7] = { 1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242 };
	const int32_t quarter = 1 << 24;
	if (x == 0) return INT32_MAX;
	/* The part below a quarter by the series, the rest by one factor for each bit of it. */
	const int32_t part = (x & (quarter - 1)) - quarter;
	const int32_t rest = part - x;
	int32_t result = exponential_near_zero(shift_left_saturated(part, 5));
	for (int32_t k = 0; k < 7; k++) {
		if ((rest & (quarter << k)) != 0) result = fixed_high_multiply(result, factors[k]);
	}
	return result;
}

int32_t reciprocal_of_one_plus(int32_t x) {
	/* Newton-Raphson on half of the denominator; 48/17 and -32/17 in Q2.29 give the first estimate. */
	const int32_t first = 1515870810, slope = -1010580540, one = 1 << 29;
	const int64_t sum = (int64_t)x + INT32_MAX;
	const int32_t half = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
	int32_t estimate = first + fixed_high_multiply(half, slope);
	for (int32_t i = 0; i < 3; i++) {
		const int32_t error = one - fixed_high_multiply(half, estimate);
		estimate += shift_left_saturated(fixed_high_multiply(estimate, error), 2);
	}
	/* The estimate in Q2.29 of 1 / half is twice what is asked for. */
	return shift_left_saturated(estimate, 1);
}
