#include "exponential.h"

#include "fixed-point.h"

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

int32_t exponential_of_negative(int32_t x, int32_t integer_bits) {
	/* exp(-2^k) in Q0.31 for k from -2 to 4 */
	static const int32_t factors[7] = { 1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242 };
	const int32_t quarter = 1 << (29 - integer_bits);
	if (x == 0) return INT32_MAX;
	/* The part below a quarter by the series, the rest by one factor for each bit of it. */
	const int32_t part = (x & (quarter - 1)) - quarter;
	const int32_t rest = part - x;
	int32_t result = exponential_near_zero(fixed_shift_left_saturated(part, integer_bits));
	for (int32_t k = 0; k < integer_bits + 2; k++) {
		if ((rest & (quarter << k)) != 0) result = fixed_high_multiply(result, factors[k]);
	}
	return result;
}

/* 2 / (1 + x) as Q2.29, x as below: Newton-Raphson on half of the denominator. */
static int32_t twice_reciprocal(int32_t x) {
	/* 48/17 and -32/17 in Q2.29 give the first estimate */
	const int32_t first = 1515870810, slope = -1010580540, one = 1 << 29;
	const int32_t half = fixed_half_sum(x, INT32_MAX);
	int32_t estimate = first + fixed_high_multiply(half, slope);
	for (int32_t i = 0; i < 3; i++) {
		const int32_t error = one - fixed_high_multiply(half, estimate);
		estimate += fixed_shift_left_saturated(fixed_high_multiply(estimate, error), 2);
	}
	return estimate;
}

int32_t reciprocal_of_one_plus(int32_t x) {
	return fixed_shift_left_saturated(twice_reciprocal(x), 1);
}

int32_t exponential_logistic(int32_t x) {
	if (x == 0) return 1 << 30;
	const int32_t positive = reciprocal_of_one_plus(exponential_of_negative(x > 0 ? -x : x, 4));
	return x > 0 ? positive : INT32_MAX - positive;
}

int32_t exponential_tanh(int32_t x) {
	if (x == 0) return 0;
	/* With e = exp(-2|x|), tanh(|x|) = (1 - e) / (1 + e) = 2 / (1 + e) - 1. Twice a Q4.27 number is that number as Q5.26. */
	const int32_t e = exponential_of_negative(x > 0 ? -x : x, 5);
	const int32_t positive = fixed_shift_left_saturated(twice_reciprocal(e) - (1 << 29), 2);
	return x > 0 ? positive : -positive;
}
