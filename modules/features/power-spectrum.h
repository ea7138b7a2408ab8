/**
 * Power of a signal in bands of frequency: mean removed, Hann window, fast Fourier transform, sums of squared magnitudes.
 *
 * The same bits on every machine: binary32 additions, multiplications and divisions alone, in a fixed order, none fused; what is no such operation (sines) stands in
 * a table. No memory but the caller's. `band-powers-twin.ts` does the same in TypeScript, operation by operation: change both or none.
 */
#ifndef ASSAY_POWER_SPECTRUM_H
#define ASSAY_POWER_SPECTRUM_H

#include <stddef.h>
#include <stdint.h>

/* Samples in a window: powers of two from ASSAY_SPECTRUM_SHORTEST to ASSAY_SPECTRUM_LONGEST. */
#define ASSAY_SPECTRUM_SHORTEST 4
#define ASSAY_SPECTRUM_LONGEST 512

/* Largest magnitude of a value: with it no sum overflows. */
#define ASSAY_SPECTRUM_LARGEST 1e9f

/* Bins `first` to `last`, both included. Bin k holds the frequency k × rate / length; 0 ≤ first ≤ last ≤ length / 2. */
typedef struct {
    uint16_t first;
    uint16_t last;
} assay_band;

/** Whether `assay_band_powers` takes windows of this length and these bands. */
int assay_bands_fit(size_t length, const assay_band *bands, size_t count);

/**
 * The power of each channel in each band, in the square of the window's unit: over all bins from 0 to length / 2 about the signal's variance.
 *
 * @param window  samples, row-major [sample][channel], `length` × `channels` values; is only read
 * @param length  and `bands`: such that assay_bands_fit
 * @param scratch `length` values
 * @param powers  row-major [band][channel], `count` × `channels` values
 * @return -1, or the index in `window` of a value that is not finite or above ASSAY_SPECTRUM_LARGEST; then `powers` are not all written
 */
long assay_band_powers(const float *window, size_t length, size_t channels, const assay_band *bands, size_t count, float *scratch, float *powers);

#endif
