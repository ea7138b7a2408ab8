#include "fourier.h"

#include <math.h>

typedef int32_t sample;

typedef struct {
	sample r;
	sample i;
} point;

/* Q0.31 to the nearest, half up; too large a number wraps around. */
static sample rounded(int64_t product) {
	return (sample)((product + (1 << 30)) >> 31);
}

static sample times(sample x, sample y) {
	return rounded((int64_t)x * y);
}

static sample share(sample x, int32_t by) {
	return rounded((int64_t)x * (INT32_MAX / by));
}

/* No more than 2 * 2^31 * (2^31 - 1) and the half: it fits. */
static point product(point a, point b) {
	const point result = { rounded((int64_t)a.r * b.r - (int64_t)a.i * b.i), rounded((int64_t)a.r * b.i + (int64_t)a.i * b.r) };
	return result;
}

static sample plus(sample x, sample y) {
	return (sample)((uint32_t)x + (uint32_t)y);
}

static sample minus(sample x, sample y) {
	return (sample)((uint32_t)x - (uint32_t)y);
}

static sample half(sample x) {
	return x >> 1;
}

static sample half_sum(sample x, sample y) {
	return half(plus(x, y));
}

static sample half_difference(sample x, sample y) {
	return half(minus(x, y));
}

static point stored(fourier_point x) {
	const point result = { (sample)floor(0.5 + INT32_MAX * x.cosine), (sample)floor(0.5 + INT32_MAX * x.sine) };
	return result;
}

#include "fourier-steps.h"

void fourier_start_int32(const fourier_plan *plan, int32_t *constants) {
	start(plan, constants);
}

void fourier_run_int32(const fourier_plan *plan, const int32_t *constants, const int32_t *input, uint32_t count, int32_t *spectrum) {
	run(plan, constants, input, count, spectrum);
}
