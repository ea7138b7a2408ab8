/*
 * ECDSA over secp256k1 (SEC 1 §4.1) as statements use it: nonces of RFC 6979 with SHA-256, low s only.
 * Every function returns 1 for yes or done, 0 for no. Secrets are wiped from the stack; nothing is allocated.
 */
#ifndef ASSAY_ECDSA_H
#define ASSAY_ECDSA_H

#include <stddef.h>
#include <stdint.h>

#define ASSAY_SECRET_BYTES 32
#define ASSAY_PUBLIC_KEY_BYTES 65
#define ASSAY_DIGEST_BYTES 32
#define ASSAY_SIGNATURE_BYTES 64

/* Room for a context, given by the caller. Must not move while it is in use: it points into itself. */
typedef union {
    uint8_t bytes[1024];
    uint64_t align_integer;
    void *align_pointer;
} assay_ecdsa_memory;

typedef struct assay_ecdsa assay_ecdsa;

/* Makes a context in `memory`; NULL only if the library was built with larger tables than `memory` has room for. */
assay_ecdsa *assay_ecdsa_init(assay_ecdsa_memory *memory);

/* The public key 04 || x || y; 0 if the secret is 0 or not below the group's order, and then `out` is zero. */
int assay_ecdsa_public_key(const assay_ecdsa *ecdsa, const uint8_t secret[ASSAY_SECRET_BYTES], uint8_t out[ASSAY_PUBLIC_KEY_BYTES]);

/* The signature r || s of a digest, s at most n/2; 0 if the secret is no secret key, and then `out` is zero. */
int assay_ecdsa_sign(const assay_ecdsa *ecdsa, const uint8_t secret[ASSAY_SECRET_BYTES], const uint8_t digest[ASSAY_DIGEST_BYTES], uint8_t out[ASSAY_SIGNATURE_BYTES]);

/* Whether the signature r || s, s at most n/2, is right; 0 also if the key is not a point of the curve in the form 04 || x || y. */
int assay_ecdsa_verify(const assay_ecdsa *ecdsa, const uint8_t public_key[ASSAY_PUBLIC_KEY_BYTES], const uint8_t digest[ASSAY_DIGEST_BYTES], const uint8_t signature[ASSAY_SIGNATURE_BYTES]);

/* Overwrites `n` bytes in a way that the compiler keeps. */
void assay_wipe(void *memory, size_t n);

#endif
