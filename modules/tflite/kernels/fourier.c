#include "fourier.h"

bool fourier_plan_for(uint32_t samples, fourier_plan *plan) {
	uint32_t rest = samples / 2, radix = 4;
	plan->length = rest;
	plan->stages = 0;
	if (samples % 2 != 0 || samples < 4 || samples > FOURIER_MOST_LENGTH) return false;
	/* Fours first, then a two, then threes and fives. */
	while (rest > 1) {
		while (radix <= 5 && rest % radix != 0) radix = radix == 4 ? 2 : radix == 2 ? 3 : radix == 3 ? 5 : 6;
		if (radix > 5) return false;
		plan->radix[plan->stages++] = (uint8_t)radix;
		rest /= radix;
	}
	return true;
}

/*
 * cos and sin of an angle from -2 pi to 0, as a multiple of pi / 6 and a rest within pi / 12. So the angles whose cosine or sine is 1/2 have a
 * rest that is nothing but the rounding of the angle, which decides to which side 32767 / 2 is rounded.
 */
static fourier_point point_at(double angle) {
	/* cos(k pi / 6) as a double, and what that leaves out */
	static const double cosines[12] = { 1.0, 0.8660254037844386, 0.5, 0.0, -0.5, -0.8660254037844386, -1.0, -0.8660254037844386, -0.5, 0.0, 0.5, 0.8660254037844386 };
	static const double rests[12] = { 0.0, 5.0175421109034514e-17, 0.0, 0.0, 0.0, -5.0175421109034514e-17, 0.0, -5.0175421109034514e-17, 0.0, 0.0, 0.0, 5.0175421109034514e-17 };
	/* pi / 6 in 49 bits, so that 12 times it is exact, and what that leaves out */
	const double sixth = 0x1.0c152382d7360p-1, rest_of_sixth = 0x1.61196eccb83d6p-51;
	const int32_t k = (int32_t)(0.5 - angle / sixth);
	const double x = (angle + k * sixth) + k * rest_of_sixth, x2 = x * x;
	/* Taylor series from the smallest term on: sin(x) / x - 1 up to x^14, cos(x) - 1 up to x^16. */
	double sine = 0.0, cosine = 0.0;
	for (int32_t n = 15; n > 1; n -= 2) sine = -x2 / (double)(n * (n - 1)) * (1.0 + sine);
	for (int32_t n = 16; n > 0; n -= 2) cosine = -x2 / (double)(n * (n - 1)) * (1.0 + cosine);
	sine = x + x * sine;
	/* angle = x - k pi / 6; the sine of -k pi / 6 is the cosine of a quarter turn more. Small terms first, so that one rounding counts. */
	const int32_t at = k % 12, quarter = (k + 3) % 12;
	const double c = cosines[at], s = cosines[quarter];
	const fourier_point point = { c + (c * cosine - s * sine + rests[at]), s + (s * cosine + c * sine + rests[quarter]) };
	return point;
}

/* The angles are rounded as kissfft rounds them. */
static const double pi = 3.14159265358979323846;

fourier_point fourier_twiddle(const fourier_plan *plan, uint32_t index) {
	return point_at(-2.0 * pi * (double)index / (double)plan->length);
}

fourier_point fourier_last_twiddle(const fourier_plan *plan, uint32_t index) {
	return point_at(-pi * ((double)(index + 1) / (double)plan->length + 0.5));
}
