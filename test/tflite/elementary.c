/*
 * Compares kernels/elementary.c with the system's functions in double: one JSON line, a list of {"name", "tried", "farthest"}, the
 * latter in units in the last place of the float. Exit: 1 if infinities, NaN or the sign of 0 differ.
 *
 *     elementary STEP        tries every STEPth float, by its bits
 */
#include "kernels/elementary.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double exponential(double x) { return exp(x); }
static double exponential_minus_1(double x) { return expm1(x); }
static double logistic(double x) { return 1.0 / (1.0 + exp(-x)); }
static double hyperbolic_tangent(double x) { return tanh(x); }
static double logarithm(double x) { return log(x); }
static double sine(double x) { return sin(x); }
static double cosine(double x) { return cos(x); }

static const struct {
	const char *name;
	float (*ours)(float x);
	double (*theirs)(double x);
} functions[] = {
	{ "exp", elementary_exp, exponential },     { "exp_minus_1", elementary_exp_minus_1, exponential_minus_1 },
	{ "logistic", elementary_logistic, logistic }, { "tanh", elementary_tanh, hyperbolic_tangent },
	{ "log", elementary_log, logarithm },       { "sin", elementary_sin, sine },
	{ "cos", elementary_cos, cosine },
};

static float float_of(uint32_t bits) {
	float x;
	memcpy(&x, &bits, sizeof x);
	return x;
}

static bool differ(const char *name, float x, float actual, double expected) {
	fprintf(stderr, "%s(%a): expected %a, got %a\n", name, (double)x, expected, (double)actual);
	return false;
}

/* The remainder is exact. */
static bool check_remainder(uint32_t step) {
	for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step) {
		const float x = float_of((uint32_t)bits), y = float_of((uint32_t)(bits * 2654435761u));
		const float actual = elementary_remainder(x, y), expected = fmodf(x, y);
		if (isnan(expected) ? !isnan(actual) : memcmp(&actual, &expected, sizeof actual) != 0) return differ("remainder", x, actual, (double)expected);
	}
	return true;
}

int main(int count, char **arguments) {
	const uint32_t step = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 0;
	bool good = step > 0 && check_remainder(step);
	printf("[");
	for (size_t i = 0; good && i < sizeof functions / sizeof functions[0]; i++) {
		double farthest = 0.0;
		unsigned long tried = 0;
		for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step, tried++) {
			const float x = float_of((uint32_t)bits), actual = functions[i].ours(x);
			const double expected = functions[i].theirs((double)x);
			const float nearest = (float)expected;
			if (isnan(expected) || isinf(nearest) || nearest == 0.0f) {
				const bool same = isnan(expected) ? isnan(actual) : actual == nearest && !signbit(actual) == !signbit(nearest);
				if (!same) good = differ(functions[i].name, x, actual, expected);
				continue;
			}
			const float size = fabsf(nearest), next = nextafterf(size, HUGE_VALF);
			const double distance = fabs((double)actual - expected) / ((double)next - (double)size);
			if (distance > farthest) farthest = distance;
		}
		printf("%s{\"name\":\"%s\",\"tried\":%lu,\"farthest\":%.5f}", i == 0 ? "" : ",", functions[i].name, tried, farthest);
	}
	printf("]\n");
	return good ? 0 : 1;
}
