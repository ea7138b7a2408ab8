/*
 * The steps of fourier.h's transform for one type of samples. Included by fourier-int16.c, fourier-int32.c and fourier-float32.c after they defined `sample`,
 * `point` (two samples), and the arithmetic: share(x, n), x / n in fixed point, x in float32; product(a, b) of points; times(x, y), plus(x, y), minus(x, y) and
 * half(x) of samples; half_sum(x, y) and half_difference(x, y), which do not overflow before they halve. Fixed-point sums wrap around.
 */

static point shared(point x, int32_t by) {
	const point result = { share(x.r, by), share(x.i, by) };
	return result;
}

static point sum(point a, point b) {
	const point result = { plus(a.r, b.r), plus(a.i, b.i) };
	return result;
}

static point difference(point a, point b) {
	const point result = { minus(a.r, b.r), minus(a.i, b.i) };
	return result;
}

/* a + i b and a - i b */
static point sum_turned(point a, point b) {
	const point result = { minus(a.r, b.i), plus(a.i, b.r) };
	return result;
}

static point difference_turned(point a, point b) {
	const point result = { plus(a.r, b.i), minus(a.i, b.r) };
	return result;
}

/* Each of these makes of 2, 3, 4 or 5 transforms of `m` points one; `stride` is the step in the twiddles. */

static void combine_2(point *out, const point *twiddles, uint32_t stride, uint32_t m) {
	for (uint32_t k = 0; k < m; k++) {
		const point a = shared(out[k], 2), b = product(shared(out[k + m], 2), twiddles[k * stride]);
		out[k] = sum(a, b);
		out[k + m] = difference(a, b);
	}
}

static void combine_3(point *out, const point *twiddles, uint32_t stride, uint32_t m) {
	const sample height = twiddles[stride * m].i;
	for (uint32_t k = 0; k < m; k++) {
		const point a = shared(out[k], 3), b = product(shared(out[k + m], 3), twiddles[k * stride]), c = product(shared(out[k + 2 * m], 3), twiddles[2 * k * stride]);
		const point both = sum(b, c), apart = difference(b, c);
		const point middle = { minus(a.r, half(both.r)), minus(a.i, half(both.i)) }, turned = { times(apart.r, height), times(apart.i, height) };
		out[k] = sum(a, both);
		out[k + m] = sum_turned(middle, turned);
		out[k + 2 * m] = difference_turned(middle, turned);
	}
}

static void combine_4(point *out, const point *twiddles, uint32_t stride, uint32_t m) {
	for (uint32_t k = 0; k < m; k++) {
		const point a = shared(out[k], 4), b = product(shared(out[k + m], 4), twiddles[k * stride]);
		const point c = product(shared(out[k + 2 * m], 4), twiddles[2 * k * stride]), d = product(shared(out[k + 3 * m], 4), twiddles[3 * k * stride]);
		const point even = sum(a, c), odd = difference(a, c), both = sum(b, d), apart = difference(b, d);
		out[k] = sum(even, both);
		out[k + m] = difference_turned(odd, apart);
		out[k + 2 * m] = difference(even, both);
		out[k + 3 * m] = sum_turned(odd, apart);
	}
}

static void combine_5(point *out, const point *twiddles, uint32_t stride, uint32_t m) {
	const point first = twiddles[stride * m], second = twiddles[2 * stride * m];
	for (uint32_t k = 0; k < m; k++) {
		const point a = shared(out[k], 5), b = product(shared(out[k + m], 5), twiddles[k * stride]), c = product(shared(out[k + 2 * m], 5), twiddles[2 * k * stride]);
		const point d = product(shared(out[k + 3 * m], 5), twiddles[3 * k * stride]), e = product(shared(out[k + 4 * m], 5), twiddles[4 * k * stride]);
		const point outer = sum(b, e), outer_apart = difference(b, e), inner = sum(c, d), inner_apart = difference(c, d);
		const point near = { plus(plus(a.r, times(outer.r, first.r)), times(inner.r, second.r)), plus(plus(a.i, times(outer.i, first.r)), times(inner.i, second.r)) };
		const point far = { plus(plus(a.r, times(outer.r, second.r)), times(inner.r, first.r)), plus(plus(a.i, times(outer.i, second.r)), times(inner.i, first.r)) };
		const point near_apart = { plus(times(outer_apart.r, first.i), times(inner_apart.r, second.i)), plus(times(outer_apart.i, first.i), times(inner_apart.i, second.i)) };
		const point far_apart = { minus(times(outer_apart.r, second.i), times(inner_apart.r, first.i)), minus(times(outer_apart.i, second.i), times(inner_apart.i, first.i)) };
		out[k] = sum(a, sum(outer, inner));
		out[k + m] = sum_turned(near, near_apart);
		out[k + 2 * m] = sum_turned(far, far_apart);
		out[k + 3 * m] = difference_turned(far, far_apart);
		out[k + 4 * m] = difference_turned(near, near_apart);
	}
}

/* Puts the points where the stages want them: the digits of the index, one to a stage, in reverse. */
static void scatter(const fourier_plan *plan, const sample *input, uint32_t count, point *out) {
	uint32_t digits[FOURIER_MOST_STAGES] = { 0 };
	uint32_t from = 0;
	for (uint32_t to = 0; to < plan->length; to++) {
		out[to].r = 2 * from < count ? input[2 * from] : 0;
		out[to].i = 2 * from + 1 < count ? input[2 * from + 1] : 0;
		uint32_t stride = plan->length;
		for (uint32_t stage = plan->stages; stage-- > 0;) {
			stride /= plan->radix[stage];
			from += stride;
			if (++digits[stage] < plan->radix[stage]) break;
			digits[stage] = 0;
			from -= stride * plan->radix[stage];
		}
	}
}

static void transform(const fourier_plan *plan, const point *twiddles, point *out) {
	uint32_t m = 1;
	for (uint32_t stage = plan->stages; stage-- > 0;) {
		const uint32_t radix = plan->radix[stage], blocks = plan->length / (m * radix);
		for (uint32_t block = 0; block < blocks; block++) {
			point *at = out + block * m * radix;
			if (radix == 2) combine_2(at, twiddles, blocks, m);
			else if (radix == 3) combine_3(at, twiddles, blocks, m);
			else if (radix == 4) combine_4(at, twiddles, blocks, m);
			else combine_5(at, twiddles, blocks, m);
		}
		m *= radix;
	}
}

/* Takes the transforms of even and odd samples, which are mixed in `out`, apart and makes the spectrum of them, in place. */
static void take_apart(const fourier_plan *plan, const point *twiddles, point *out) {
	const uint32_t length = plan->length;
	const point first = shared(out[0], 2);
	const point lowest = { plus(first.r, first.i), 0 }, highest = { minus(first.r, first.i), 0 };
	for (uint32_t k = 1; k <= length / 2; k++) {
		const point mirrored = { out[length - k].r, minus(0, out[length - k].i) };
		const point a = shared(out[k], 2), b = shared(mirrored, 2);
		const point even = sum(a, b), odd = product(difference(a, b), twiddles[k - 1]);
		const point low = { half_sum(even.r, odd.r), half_sum(even.i, odd.i) }, high = { half_difference(even.r, odd.r), half_difference(odd.i, even.i) };
		out[k] = low;
		out[length - k] = high;
	}
	out[0] = lowest;
	out[length] = highest;
}

static void run(const fourier_plan *plan, const sample *constants, const sample *input, uint32_t count, sample *spectrum) {
	const point *twiddles = (const point *)(const void *)constants;
	point *out = (point *)(void *)spectrum;
	scatter(plan, input, count, out);
	transform(plan, twiddles, out);
	take_apart(plan, twiddles + plan->length, out);
}

static void start(const fourier_plan *plan, sample *constants) {
	point *twiddles = (point *)(void *)constants;
	for (uint32_t i = 0; i < plan->length; i++) twiddles[i] = stored(fourier_twiddle(plan, i));
	for (uint32_t i = 0; i < plan->length / 2; i++) twiddles[plan->length + i] = stored(fourier_last_twiddle(plan, i));
}
