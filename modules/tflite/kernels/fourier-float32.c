#include "fourier.h"

typedef float sample;

typedef struct {
	sample r;
	sample i;
} point;

static sample times(sample x, sample y) {
	return x * y;
}

static sample share(sample x, int32_t by) {
	(void)by;
	return x;
}

static point product(point a, point b) {
	const point result = { a.r * b.r - a.i * b.i, a.r * b.i + a.i * b.r };
	return result;
}

static sample plus(sample x, sample y) {
	return x + y;
}

static sample minus(sample x, sample y) {
	return x - y;
}

static sample half(sample x) {
	return x * 0.5f;
}

static sample half_sum(sample x, sample y) {
	return (x + y) * 0.5f;
}

static sample half_difference(sample x, sample y) {
	return (x - y) * 0.5f;
}

static point stored(fourier_point x) {
	const point result = { (sample)x.cosine, (sample)x.sine };
	return result;
}

#include "fourier-steps.h"

void fourier_start_float32(const fourier_plan *plan, float *constants) {
	start(plan, constants);
}

void fourier_run_float32(const fourier_plan *plan, const float *constants, const float *input, uint32_t count, float *spectrum) {
	run(plan, constants, input, count, spectrum);
}
