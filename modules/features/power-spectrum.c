#include "power-spectrum.h"

#include "sine-table.h"

/* The project's own builds say -ffp-contract=off; in others a fused multiply-add would change the last bit. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

/* Steps of a full turn in the table of sines, of which it holds the first quarter. */
#define TURN ASSAY_SPECTRUM_LONGEST
#define QUARTER (TURN / 4)

/* cos(2π step / TURN), 0 ≤ step < TURN */
static float cosine(size_t step) {
    if (step > TURN / 2) step = TURN - step;
    return step <= QUARTER ? assay_sines[QUARTER - step] : -assay_sines[step - QUARTER];
}

/* sin(2π step / TURN), 0 ≤ step ≤ TURN / 2 */
static float sine(size_t step) {
    return assay_sines[step <= QUARTER ? step : TURN / 2 - step];
}

/*
 * One channel, without its mean and under a Hann window (periodic: 0.5 - 0.5 cos(2π n / length)), as length / 2 complex numbers: sample 2n is the real part of
 * number n, sample 2n + 1 its imaginary part. They lie in bit-reversed order, as `transform` takes them. Returns the number of the sample that is bad, or -1.
 */
static long load(const float *window, size_t length, size_t channels, float *scratch) {
    const size_t half = length / 2, stride = TURN / length;
    float sum = 0, mean;
    size_t n, reversed = 0;
    for (n = 0; n < length; n++) {
        const float value = window[n * channels];
        /* also false for NaN */
        if (!(value >= -ASSAY_SPECTRUM_LARGEST && value <= ASSAY_SPECTRUM_LARGEST)) return (long)n;
        sum += value;
    }
    mean = sum / (float)length;
    for (n = 0; n < half; n++) {
        size_t bit = half / 2, part;
        for (part = 0; part < 2; part++) {
            const size_t sample = 2 * n + part;
            const float weight = 0.5f - 0.5f * cosine(sample * stride);
            scratch[2 * reversed + part] = (window[sample * channels] - mean) * weight;
        }
        /* adds 1 from the left */
        while (bit != 0 && (reversed & bit) != 0) {
            reversed ^= bit;
            bit /= 2;
        }
        reversed |= bit;
    }
    return -1;
}

/* Decimation in time, radix 2, in place (Cooley and Tukey 1965). */
static void transform(float *z, size_t count) {
    size_t size, start, j;
    for (size = 2; size <= count; size *= 2) {
        const size_t half = size / 2, stride = TURN / size;
        for (start = 0; start < count; start += size) {
            for (j = 0; j < half; j++) {
                float *a = z + 2 * (start + j), *b = a + size;
                const float c = cosine(j * stride), s = sine(j * stride);
                const float re = c * b[0] + s * b[1], im = c * b[1] - s * b[0];
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] = a[0] + re;
                a[1] = a[1] + im;
            }
        }
    }
}

/* Squared magnitude of bin k of the real signal, whose even samples are the transform's real part and whose odd samples its imaginary part; bins 0 and
 * length / 2 halved, since all others stand for two of the full transform. */
static float bin_power(const float *z, size_t length, size_t k) {
    const size_t half = length / 2, stride = TURN / length;
    const float *a = z + 2 * (k == half ? 0 : k), *b = z + 2 * (k == 0 || k == half ? 0 : half - k);
    const float even_re = 0.5f * (a[0] + b[0]), even_im = 0.5f * (a[1] - b[1]);
    const float odd_re = 0.5f * (a[1] + b[1]), odd_im = 0.5f * (b[0] - a[0]);
    const float c = cosine(k * stride), s = sine(k * stride);
    const float re = even_re + (c * odd_re + s * odd_im);
    const float im = even_im + (c * odd_im - s * odd_re);
    const float power = re * re + im * im;
    return k == 0 || k == half ? 0.5f * power : power;
}

int assay_bands_fit(size_t length, const assay_band *bands, size_t count) {
    size_t i;
    if (length < ASSAY_SPECTRUM_SHORTEST || length > ASSAY_SPECTRUM_LONGEST || (length & (length - 1)) != 0) return 0;
    for (i = 0; i < count; i++) {
        if (bands[i].first > bands[i].last || bands[i].last > length / 2) return 0;
    }
    return 1;
}

long assay_band_powers(const float *window, size_t length, size_t channels, const assay_band *bands, size_t count, float *scratch, float *powers) {
    /* Parseval: two sides, the transform's length, and the sum of the squared weights, which is 3/8 of the length. */
    const float scale = 16.0f / (float)(3 * length * length);
    size_t channel, band, k;
    for (channel = 0; channel < channels; channel++) {
        const long bad = load(window + channel, length, channels, scratch);
        if (bad >= 0) return bad * (long)channels + (long)channel;
        transform(scratch, length / 2);
        for (band = 0; band < count; band++) {
            float sum = 0;
            for (k = bands[band].first; k <= bands[band].last; k++) sum += bin_power(scratch, length, k);
            powers[band * channels + channel] = sum * scale;
        }
    }
    return -1;
}
