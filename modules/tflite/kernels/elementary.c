#include "elementary.h"

#include <string.h>

static uint32_t bits_of(float x) {
	uint32_t bits;
	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static float from_bits(uint32_t bits) {
	float x;
	memcpy(&x, &bits, sizeof x);
	return x;
}

static float infinity(void) {
	return from_bits(0x7f800000);
}

/* 2^exponent; exponent from -1022 to 1023 */
static double power_of_two(int32_t exponent) {
	const uint64_t bits = (uint64_t)(exponent + 1023) << 52;
	double power;
	memcpy(&power, &bits, sizeof power);
	return power;
}

/* exp(x) for x from -700 to 700, to 1e-15: 2^k * exp(r), where r is at most ln(2) / 2 away from 0, by Taylor's series. */
static double exponential(double x) {
	/* ln(2) in two parts: products of the first, of 32 bits, with k are exact. */
	const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33, log2_e = 0x1.71547652b82fep+0;
	const int32_t k = (int32_t)(x * log2_e + (x < 0 ? -0.5 : 0.5));
	const double r = (x - k * ln2_high) - k * ln2_low;
	double sum = 1.0;
	for (int32_t i = 13; i > 0; i--) sum = 1.0 + sum * r / i;
	return sum * power_of_two(k);
}

float elementary_exp(float x) {
	if (x != x) return x;
	/* above, more than the largest float; below, less than half of the smallest */
	if (x > 88.722839f) return infinity();
	if (x < -104.0f) return 0.0f;
	return (float)exponential((double)x);
}

float elementary_exp_minus_1(float x) {
	const double d = (double)x;
	if (x != x || x == 0.0f) return x;
	if (x > 88.722839f) return infinity();
	if (x < -30.0f) return -1.0f;
	/* Near 0 the difference would lose what a float keeps. */
	if (x > -0.01f && x < 0.01f) return (float)(d + d * d * (1.0 / 2 + d * (1.0 / 6 + d * (1.0 / 24 + d * (1.0 / 120)))));
	return (float)(exponential(d) - 1.0);
}

float elementary_logistic(float x) {
	if (x != x) return x;
	if (x > 88.0f) return 1.0f;
	if (x < -104.0f) return 0.0f;
	return (float)(1.0 / (1.0 + exponential(-(double)x)));
}

float elementary_tanh(float x) {
	const double d = (double)x;
	if (x != x || x == 0.0f) return x;
	if (x > 20.0f) return 1.0f;
	if (x < -20.0f) return -1.0f;
	if (x > -0.01f && x < 0.01f) return (float)(d - d * d * d * (1.0 / 3 - d * d * (2.0 / 15)));
	const double power = exponential(2.0 * d);
	return (float)((power - 1.0) / (power + 1.0));
}

float elementary_log(float x) {
	const double ln2 = 0x1.62e42fefa39efp-1;
	if (x != x || x == infinity()) return x;
	if (x == 0.0f) return -infinity();
	if (x < 0.0f) return from_bits(0x7fc00000);
	/* x = 2^exponent * m, m from sqrt(1/2) to sqrt(2); subnormal numbers are made normal first */
	const double normal = (double)x * power_of_two(149);
	uint64_t bits;
	memcpy(&bits, &normal, sizeof bits);
	int32_t exponent = (int32_t)(bits >> 52) - 1023 - 149;
	bits = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1023 << 52;
	double m;
	memcpy(&m, &bits, sizeof m);
	if (m > 1.4142135623730951) {
		m *= 0.5;
		exponent++;
	}
	/* log(m) = 2 artanh(f), by its series */
	const double f = (m - 1.0) / (m + 1.0), square = f * f;
	double sum = 0.0;
	for (int32_t i = 21; i > 0; i -= 2) sum = sum * square + 1.0 / i;
	return (float)(exponent * ln2 + 2.0 * f * sum);
}

/* An angle as a multiple of a right angle, taken modulo 4, and the rest, at most half of a right angle, in radians. */
typedef struct {
	uint32_t quarter;
	double rest;
} angle;

/* Of |x|. As Payne and Hanek, "Radian reduction for trigonometric functions", 1983: only those bits of 2 / pi count that neither make multiples of four right angles nor vanish. */
static angle reduce(float x) {
	const double half_pi = 0x1.921fb54442d18p+0;
	/* 2 / pi, 224 bits of it behind 32 zeros */
	static const uint32_t two_over_pi[8] = { 0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab };
	const uint32_t bits = bits_of(x) & 0x7fffffff;
	const int32_t exponent = (int32_t)(bits >> 23) - 150;
	const uint64_t mantissa = (bits & 0x7fffff) | 0x800000;
	/* less than half of a right angle: nothing to take off, and the exponent may be below the table */
	if (bits < 0x3f490fdb) {
		const angle small = { 0, (double)from_bits(bits) };
		return small;
	}
	/* Two bits before the point and 94 behind it: of 2 / pi * 2^exponent from the bit of weight 2 on. */
	const uint32_t from = (uint32_t)(exponent + 30), word = from / 32, shift = from % 32;
	uint32_t window[3];
	for (uint32_t i = 0; i < 3; i++) {
		const uint64_t pair = (uint64_t)two_over_pi[word + i] << 32 | (word + i + 1 < 8 ? two_over_pi[word + i + 1] : 0);
		window[i] = (uint32_t)(pair >> (32 - shift));
	}
	const uint64_t high = (uint64_t)window[0] << 32 | window[1];
	const uint64_t turns = mantissa * high + (mantissa * window[2] >> 32);
	const uint64_t quarter = (turns + ((uint64_t)1 << 61)) >> 62;
	const uint64_t rest = turns - (quarter << 62);
	/* rest is a signed number in two's complement */
	const double fraction = rest >> 63 != 0 ? -(double)(0 - rest) : (double)rest;
	const angle reduced = { (uint32_t)quarter & 3, fraction * power_of_two(-62) * half_pi };
	return reduced;
}

/* Taylor's series on half of a right angle to either side of 0. */
static double sine_near_zero(double x) {
	const double square = x * x;
	double sum = 1.0;
	for (int32_t i = 16; i > 0; i -= 2) sum = 1.0 - sum * square / (i * (i + 1));
	return x * sum;
}

static double cosine_near_zero(double x) {
	const double square = x * x;
	double sum = 1.0;
	for (int32_t i = 17; i > 0; i -= 2) sum = 1.0 - sum * square / (i * (i + 1));
	return sum;
}

static double sine_of(angle a) {
	const double size = (a.quarter & 1) != 0 ? cosine_near_zero(a.rest) : sine_near_zero(a.rest);
	return (a.quarter & 2) != 0 ? -size : size;
}

float elementary_sin(float x) {
	if (x != x || x == infinity() || x == -infinity()) return from_bits(0x7fc00000);
	if (x == 0.0f) return x;
	const double sine = sine_of(reduce(x));
	return (float)(x < 0.0f ? -sine : sine);
}

float elementary_cos(float x) {
	if (x != x || x == infinity() || x == -infinity()) return from_bits(0x7fc00000);
	angle a = reduce(x);
	a.quarter++;
	return (float)sine_of(a);
}

/* |x| = mantissa * 2^exponent, of a finite number */
static uint32_t mantissa_of(uint32_t bits, int32_t *exponent) {
	const uint32_t biased = bits >> 23 & 0xff;
	*exponent = biased == 0 ? -149 : (int32_t)biased - 150;
	return biased == 0 ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000;
}

float elementary_remainder(float dividend, float divisor) {
	const float size = dividend < 0.0f ? -dividend : dividend, by = divisor < 0.0f ? -divisor : divisor;
	if (!(size < infinity()) || !(by > 0.0f)) return from_bits(0x7fc00000);
	if (size < by) return dividend;
	int32_t from, to;
	const uint64_t modulus = mantissa_of(bits_of(by), &to);
	uint64_t rest = mantissa_of(bits_of(size), &from) % modulus;
	/* Long division, 40 bits at a time: the rest has 24. */
	while (from > to) {
		const int32_t step = from - to < 40 ? from - to : 40;
		rest = (rest << step) % modulus;
		from -= step;
	}
	const float remainder = (float)((double)rest * power_of_two(to));
	return dividend < 0.0f ? -remainder : remainder;
}

float elementary_split(float x, int32_t *exponent) {
	const uint32_t bits = bits_of(x);
	*exponent = (int32_t)(bits >> 23) - 126;
	return from_bits((bits & 0x7fffff) | (uint32_t)126 << 23);
}
