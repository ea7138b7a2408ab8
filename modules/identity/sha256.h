/* SHA-256 (FIPS 180-4). */
#ifndef ASSAY_SHA256_H
#define ASSAY_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define ASSAY_SHA256_BYTES 32

/* A digest in the making. Its members belong to the implementation. */
typedef struct {
    uint32_t state[8];
    uint32_t block[16];
    size_t bytes;
} assay_sha256_state;

/* Digest of `n` bytes; `data` may be NULL if `n` is 0. */
void assay_sha256(const uint8_t *data, size_t n, uint8_t out[ASSAY_SHA256_BYTES]);

/* The same in pieces: begin, any number of updates, end. `end` leaves nothing of the data in `state`. */
void assay_sha256_begin(assay_sha256_state *state);
void assay_sha256_update(assay_sha256_state *state, const uint8_t *data, size_t n);
void assay_sha256_end(assay_sha256_state *state, uint8_t out[ASSAY_SHA256_BYTES]);

#endif
