/*
 * Band powers on a board, or under sanitizers:
 *
 *     band-powers IN OUT
 *
 * IN is a row of cases: 32-bit length, channels and number of bands; first and last bins, 16 bits each; the window. OUT gets the powers of each. Both little-endian.
 */
#include <stdio.h>
#include <string.h>

#include "power-spectrum.h"

static float window[ASSAY_SPECTRUM_LONGEST * 4], scratch[ASSAY_SPECTRUM_LONGEST], powers[8 * 4];
static assay_band bands[8];

int main(int count, char **parameters) {
    FILE *in = count == 3 ? fopen(parameters[1], "rb") : NULL, *out = count == 3 ? fopen(parameters[2], "wb") : NULL;
    uint32_t sizes[3];
    int failed = in == NULL || out == NULL;
    while (!failed && fread(sizes, sizeof sizes, 1, in) == 1) {
        const size_t values = (size_t)sizes[0] * sizes[1], results = (size_t)sizes[1] * sizes[2];
        failed = sizes[0] > ASSAY_SPECTRUM_LONGEST || sizes[1] > 4 || sizes[2] > 8 || fread(bands, sizeof *bands, sizes[2], in) != sizes[2] || fread(window, sizeof *window, values, in) != values ||
            !assay_bands_fit(sizes[0], bands, sizes[2]) || assay_band_powers(window, sizes[0], sizes[1], bands, sizes[2], scratch, powers) != -1 || fwrite(powers, sizeof *powers, results, out) != results;
    }
    if (out != NULL && fclose(out) != 0) failed = 1;
    if (in != NULL) fclose(in);
    return failed;
}
