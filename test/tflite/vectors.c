/*
 * A machine's vectors (VECTORS, its vector-*.h) against the arithmetic that they stand for, at the ends of every range:
 *
 *     vectors
 *
 * Says on stderr what differs. Exit: 1 if anything does.
 */
#include <stdbool.h>

#include VECTORS

#include "kernels/fixed-point.h"

#include <stdio.h>

static unsigned long differences;

static void expect(int64_t actual, int64_t expected, const char *what, int64_t a, int64_t b, int64_t c) {
	if (actual == expected) return;
	if (differences++ < 20) fprintf(stderr, "%s of %lld, %lld, %lld: expected %lld, got %lld\n", what, (long long)a, (long long)b, (long long)c, (long long)expected, (long long)actual);
}

/* Numbers at and around the powers of 2, of both signs, and some between; a multiple of LANES. */
enum { CORNERS = 32 * 8 };

static void draw_corners(int32_t *corners) {
	uint32_t state = 1;
	for (int i = 0; i < 32; i++) {
		const uint32_t power = (uint32_t)1 << i;
		const uint32_t near[8] = { power - 1, power, power + 1, 0u - power, 0u - power - 1, 1u - power, power + power / 2, 0u - power - power / 2 };
		memcpy(corners + i * 8, near, sizeof near);
		state = state * 1664525u + 1013904223u;
		memcpy(corners + i * 8 + 6, &state, sizeof state);
	}
}

static void check_scale(const int32_t *corners) {
	for (int i = 0; i < CORNERS; i++) {
		for (int32_t exponent = 1; exponent <= 31; exponent++) {
			if (corners[i] < 1 << 30 || !VECTOR_TAME((int64_t)1 << 31, exponent)) continue;
			int32_t multipliers[LANES], halves[LANES], exponents[LANES];
			for (int lane = 0; lane < LANES; lane++) {
				multipliers[lane] = corners[i];
				exponents[lane] = VECTOR_EXPONENT(exponent, false);
				halves[lane] = VECTOR_HALF(exponent, false);
			}
			const scale by = vector_scale_at(multipliers, halves, exponents);
			const fixed_multiplier multiplier = { corners[i], -exponent };
			for (int from = 0; from < CORNERS; from += LANES) {
				int32_t results[LANES];
				vector_store(results, vector_scale(vector_load(corners + from), by));
				for (int lane = 0; lane < LANES; lane++) expect(results[lane], fixed_multiply(corners[from + lane], multiplier), "vector_scale", corners[from + lane], corners[i], exponent);
			}
		}
	}
}

static void check_scale_alike(const int32_t *corners) {
	for (int i = 0; i < CORNERS; i++) {
		for (int32_t exponent = 0; exponent <= 29 && corners[i] >= 1 << 30; exponent++) {
			alike by;
			vector_set_alike(&by, corners[i], exponent);
			const fixed_multiplier multiplier = { corners[i], -exponent };
			for (int from = 0; from < CORNERS; from += LANES) {
				int32_t values[LANES], results[LANES];
				for (int lane = 0; lane < LANES; lane++) values[lane] = corners[from + lane] / 8;
				vector_store(results, vector_scale_alike(vector_load(values), &by));
				for (int lane = 0; lane < LANES; lane++) expect(results[lane], fixed_multiply(values[lane], multiplier), "vector_scale_alike", values[lane], corners[i], exponent);
			}
		}
	}
}

static void check_narrow(const int32_t *corners) {
	for (int32_t offset = -128; offset <= 127; offset++) {
		for (int from = 0; from < CORNERS; from += 2 * LANES) {
			int32_t values[2 * LANES];
			int8_t results[2 * LANES];
			/* what is scaled by less than one half stays below 2^30 */
			for (int i = 0; i < 2 * LANES; i++) values[i] = corners[from + i] / 2;
			vector_store_bytes(results, vector_clamp(vector_narrow(vector_load(values), vector_load(values + LANES), offset), -100, 101), 2 * LANES);
			for (int i = 0; i < 2 * LANES; i++) expect(results[i], fixed_clamp(values[i] + offset, -100, 101), "vector_narrow", values[i], offset, i);
		}
	}
}

/* Every input with every weight, at each place of a group and with its neighbours at an end of their range. */
static void check_dot(void) {
	const int32_t offsets[] = { -127, 0, 128 };
	for (int trial = 0; trial < 3 * GROUP * 256; trial++) {
		const int32_t offset = offsets[trial % 3], member = trial / 3 % GROUP, x = trial / (3 * GROUP) - 128;
		int8_t values[GROUP];
		element stretched[GROUP];
		memset(values, INT8_MIN, sizeof values);
		values[member] = (int8_t)x;
		vector_stretch(values, offset, stretched, GROUP);
		for (int32_t w = -128; w <= 127; w++) {
			int8_t packed[LANES * GROUP];
			int32_t biases[LANES], sums[LANES];
			for (int lane = 0; lane < LANES; lane++) {
				for (int i = 0; i < GROUP; i++) packed[VECTOR_WEIGHT(lane, i)] = INT8_MIN;
				packed[VECTOR_WEIGHT(lane, member)] = (int8_t)(w ^ lane);
				biases[lane] = lane % 2 == 0 ? INT32_MAX : INT32_MIN;
			}
			vector_store(sums, vector_dot(vector_load(biases), vector_inputs(stretched), vector_weights(packed)));
			for (int lane = 0; lane < LANES; lane++) {
				const int32_t own = w ^ lane, others = (GROUP - 1) * (offset + INT8_MIN) * INT8_MIN, residue = vector_residue(offset) * (own + (GROUP - 1) * INT8_MIN);
				expect(sums[lane], fixed_subtract(fixed_add(biases[lane], (x + offset) * own + others), residue), "vector_dot", x, own, offset);
			}
		}
	}
	for (int32_t offset = -127; offset <= 128; offset++) {
		const int8_t zero_point = (int8_t)-offset;
		element stretched;
		vector_stretch(&zero_point, offset, &stretched, 1);
		expect(vector_zero(offset), stretched, "vector_zero", offset, 0, 0);
	}
}

/* The largest products: of inputs from -255 to 255 with weights of int8. */
static void check_wide(void) {
	static const int16_t ends[] = { -255, -254, -1, 0, 1, 128, 254, 255 };
	for (int trial = 0; trial < 256 * 8; trial++) {
		const int8_t weight = (int8_t)(trial % 256 - 128);
		int16_t values[2 * LANES], with[4 * LANES];
		int8_t row[2 * LANES];
		int32_t sums[2 * LANES];
		for (int i = 0; i < 2 * LANES; i++) {
			values[i] = ends[(trial / 256 + i) % 8];
			row[i] = weight;
			sums[i] = i % 2 == 0 ? INT32_MAX : INT32_MIN;
		}
		for (int i = 0; i < 4 * LANES; i++) with[i] = weight;
		const pair biases = { vector_load(sums), vector_load(sums + LANES) };
		const wide all = vector_wide(values);
		pair results = vector_dot_depth(biases, all, all, vector_wide(with), vector_wide(with + 2 * LANES));
		int32_t each[2 * LANES];
		vector_store(each, results.low);
		vector_store(each + LANES, results.high);
		for (int vector = 0; vector < 2; vector++) {
			for (int lane = 0; lane < LANES; lane++) {
				const int i = vector * LANES + lane;
				expect(each[i], fixed_add(sums[i], 2 * values[DEPTH_CHANNEL(vector, lane)] * weight), "vector_dot_depth", values[DEPTH_CHANNEL(vector, lane)], weight, i);
			}
		}
		uint32_t total = 0, expected = 0;
		vector_store(each, vector_dot_row(biases.low, all, row));
		for (int i = 0; i < LANES; i++) total += (uint32_t)each[i] - (uint32_t)sums[i];
		for (int i = 0; i < 2 * LANES; i++) expected += (uint32_t)(values[i] * weight);
		expect(total, expected, "vector_dot_row", weight, trial / 256, 0);
	}
}

int main(void) {
	int32_t corners[CORNERS];
	draw_corners(corners);
	check_scale(corners);
	check_scale_alike(corners);
	check_narrow(corners);
	check_dot();
	check_wide();
	return differences == 0 ? 0 : 1;
}
