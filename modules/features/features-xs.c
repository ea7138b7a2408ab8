/* XS natives of the front ends: thin glue over power-spectrum.h. Nothing is allocated while the buffers are in use, so none of them moves. */
#include "xsmc.h"

#include "power-spectrum.h"

/* Argument `index`, a buffer that begins at a multiple of `alignment`. */
static void *buffer(xsMachine *the, int index, int writable, size_t alignment, xsUnsignedValue *bytes) {
    void *data;
    if (writable) xsmcGetBufferWritable(xsArg(index), &data, bytes);
    else xsmcGetBufferReadable(xsArg(index), &data, bytes);
    if ((uintptr_t)data % alignment != 0) xsRangeError("expected a buffer at a multiple of %d bytes", (int)alignment);
    return data;
}

/*
 * (window: bytes of float, channels: number, bands: bytes of uint16_t, first and last bins, scratch: bytes of float, powers: bytes of float) → -1, or the index of a value
 * of the window that is not finite or too large. The window's length is scratch's.
 */
void xs_features_bandPowers(xsMachine *the) {
    xsUnsignedValue window_bytes, band_bytes, scratch_bytes, power_bytes;
    xsIntegerValue channels;
    const float *window;
    const assay_band *bands;
    float *scratch, *powers;
    size_t length, count;
    if (xsmcArgc != 5) xsTypeError("expected 5 arguments, got %d", (int)xsmcArgc);
    channels = xsmcToInteger(xsArg(1));
    window = buffer(the, 0, 0, sizeof(float), &window_bytes);
    bands = buffer(the, 2, 0, sizeof(uint16_t), &band_bytes);
    scratch = buffer(the, 3, 1, sizeof(float), &scratch_bytes);
    powers = buffer(the, 4, 1, sizeof(float), &power_bytes);
    length = scratch_bytes / sizeof(float);
    count = band_bytes / sizeof(assay_band);
    if (!assay_bands_fit(length, bands, count)) xsRangeError("expected bands of a window of %d samples", (int)length);
    if (channels < 1 || channels > 4096 || window_bytes != length * (size_t)channels * sizeof(float) || power_bytes != count * (size_t)channels * sizeof(float)) {
        xsRangeError("expected a window and powers of %d channels, got %d and %d bytes", (int)channels, (int)window_bytes, (int)power_bytes);
    }
    xsmcSetInteger(xsResult, (xsIntegerValue)assay_band_powers(window, length, (size_t)channels, bands, count, scratch, powers));
}
