#include "fourier.h"

#include <math.h>

typedef int16_t sample;

typedef struct {
	sample r;
	sample i;
} point;

/* Q0.15 to the nearest, half up; too large a number wraps around. */
static sample rounded(int32_t product) {
	return (sample)((product + (1 << 14)) >> 15);
}

static sample times(sample x, sample y) {
	return rounded((int32_t)x * y);
}

static sample share(sample x, int32_t by) {
	return rounded(x * (INT16_MAX / by));
}

/* No more than 2 * 2^15 * (2^15 - 1) and the half: it fits. */
static point product(point a, point b) {
	const point result = { rounded(a.r * b.r - a.i * b.i), rounded(a.r * b.i + a.i * b.r) };
	return result;
}

static sample plus(sample x, sample y) {
	return (sample)(x + y);
}

static sample minus(sample x, sample y) {
	return (sample)(x - y);
}

static sample half(sample x) {
	return (sample)(x >> 1);
}

static sample half_sum(sample x, sample y) {
	return (sample)((x + y) >> 1);
}

static sample half_difference(sample x, sample y) {
	return (sample)((x - y) >> 1);
}

static point stored(fourier_point x) {
	const point result = { (sample)floor(0.5 + INT16_MAX * x.cosine), (sample)floor(0.5 + INT16_MAX * x.sine) };
	return result;
}

#include "fourier-steps.h"

void fourier_start_int16(const fourier_plan *plan, int16_t *constants) {
	start(plan, constants);
}

void fourier_run_int16(const fourier_plan *plan, const int16_t *constants, const int16_t *input, uint32_t count, int16_t *spectrum) {
	run(plan, constants, input, count, spectrum);
}
