/*
 * What the runtime asks of the board under it. Each folder of `boards/` that is built with `runtime/` implements these functions; C code of modules may call
 * them as well.
 */
#ifndef ASSAY_PLATFORM_H
#define ASSAY_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `out` with `n` bytes from the board's entropy source. 0 = done, else there is no entropy and `out` is undefined. */
int assay_entropy(uint8_t *out, size_t n);

/* Milliseconds since some fixed moment, monotonic, with fractions. */
double assay_ticks(void);

#endif
