/*
 * ecdsa.h and sha256.h on libsecp256k1, in one translation unit with it: that is how the library exposes its hash.
 *
 * The build gives the library's folder as a system include path, and a folder with the `ecmult_static_context.h` that the library's
 * gen_context.c writes for ECMULT_GEN_PREC_BITS. The tables are the smallest on every board, so that a test on Linux runs what a
 * microcontroller runs.
 */
#ifndef ECMULT_GEN_PREC_BITS
#define ECMULT_GEN_PREC_BITS 2
#endif
#ifndef ECMULT_WINDOW_SIZE
#define ECMULT_WINDOW_SIZE 2
#endif
#ifndef USE_ECMULT_STATIC_PRECOMPUTATION
#define USE_ECMULT_STATIC_PRECOMPUTATION 1
#endif
#ifndef USE_NUM_NONE
#define USE_NUM_NONE 1
#endif
#ifndef USE_FIELD_INV_BUILTIN
#define USE_FIELD_INV_BUILTIN 1
#endif
#ifndef USE_SCALAR_INV_BUILTIN
#define USE_SCALAR_INV_BUILTIN 1
#endif
#if !defined(USE_FIELD_5X52) && !defined(USE_FIELD_10X26)
#ifdef __SIZEOF_INT128__
#define HAVE___INT128 1
#define USE_FIELD_5X52 1
#define USE_SCALAR_4X64 1
#else
#define USE_FIELD_10X26 1
#define USE_SCALAR_8X32 1
#endif
#endif
/* The library's own callbacks print and abort; a device has nowhere to print to. */
#ifndef USE_EXTERNAL_DEFAULT_CALLBACKS
#define USE_EXTERNAL_DEFAULT_CALLBACKS 1
#endif

#include <src/secp256k1.c>

#include <stdlib.h>
#include <string.h>

#include "ecdsa.h"
#include "sha256.h"

void secp256k1_default_illegal_callback_fn(const char *message, void *data) {
    /* The function that was called with an illegal argument then returns 0. */
    (void)message;
    (void)data;
}

void secp256k1_default_error_callback_fn(const char *message, void *data) {
    (void)message;
    (void)data;
    abort();
}

void assay_wipe(void *memory, size_t n) {
    volatile uint8_t *bytes = memory;
    while (n-- > 0) *bytes++ = 0;
}

void assay_sha256_begin(assay_sha256_state *state) {
    secp256k1_sha256 hash;
    secp256k1_sha256_initialize(&hash);
    memcpy(state->state, hash.s, sizeof state->state);
    memset(state->block, 0, sizeof state->block);
    state->bytes = 0;
}

void assay_sha256_update(assay_sha256_state *state, const uint8_t *data, size_t n) {
    secp256k1_sha256 hash;
    if (n == 0) return;
    memcpy(hash.s, state->state, sizeof hash.s);
    memcpy(hash.buf, state->block, sizeof hash.buf);
    hash.bytes = state->bytes;
    secp256k1_sha256_write(&hash, data, n);
    memcpy(state->state, hash.s, sizeof hash.s);
    memcpy(state->block, hash.buf, sizeof hash.buf);
    state->bytes = hash.bytes;
}

void assay_sha256_end(assay_sha256_state *state, uint8_t out[ASSAY_SHA256_BYTES]) {
    secp256k1_sha256 hash;
    memcpy(hash.s, state->state, sizeof hash.s);
    memcpy(hash.buf, state->block, sizeof hash.buf);
    hash.bytes = state->bytes;
    secp256k1_sha256_finalize(&hash, out);
    assay_wipe(&hash, sizeof hash);
    assay_wipe(state, sizeof *state);
}

void assay_sha256(const uint8_t *data, size_t n, uint8_t out[ASSAY_SHA256_BYTES]) {
    secp256k1_sha256 hash;
    secp256k1_sha256_initialize(&hash);
    if (n > 0) secp256k1_sha256_write(&hash, data, n);
    secp256k1_sha256_finalize(&hash, out);
    assay_wipe(&hash, sizeof hash);
}

static const secp256k1_context *context_of(const assay_ecdsa *ecdsa) {
    return (const secp256k1_context *)ecdsa;
}

assay_ecdsa *assay_ecdsa_init(assay_ecdsa_memory *memory) {
    const unsigned int flags = SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY;
    if (secp256k1_context_preallocated_size(flags) > sizeof memory->bytes) return NULL;
    return (assay_ecdsa *)secp256k1_context_preallocated_create(memory->bytes, flags);
}

int assay_ecdsa_public_key(const assay_ecdsa *ecdsa, const uint8_t secret[ASSAY_SECRET_BYTES], uint8_t out[ASSAY_PUBLIC_KEY_BYTES]) {
    secp256k1_pubkey key;
    size_t size = ASSAY_PUBLIC_KEY_BYTES;
    memset(out, 0, ASSAY_PUBLIC_KEY_BYTES);
    if (!secp256k1_ec_pubkey_create(context_of(ecdsa), &key, secret)) return 0;
    return secp256k1_ec_pubkey_serialize(context_of(ecdsa), out, &size, &key, SECP256K1_EC_UNCOMPRESSED);
}

int assay_ecdsa_sign(const assay_ecdsa *ecdsa, const uint8_t secret[ASSAY_SECRET_BYTES], const uint8_t digest[ASSAY_DIGEST_BYTES], uint8_t out[ASSAY_SIGNATURE_BYTES]) {
    secp256k1_ecdsa_signature signature;
    secp256k1_scalar scalar;
    uint8_t reduced[ASSAY_DIGEST_BYTES];
    memset(out, 0, ASSAY_SIGNATURE_BYTES);
    /* RFC 6979 §2.3.4 seeds the nonce with the digest modulo n; the library would take it as it is. */
    secp256k1_scalar_set_b32(&scalar, digest, NULL);
    secp256k1_scalar_get_b32(reduced, &scalar);
    /* NULL: the nonce function of RFC 6979. The library returns low s. */
    if (!secp256k1_ecdsa_sign(context_of(ecdsa), &signature, reduced, secret, NULL, NULL)) return 0;
    return secp256k1_ecdsa_signature_serialize_compact(context_of(ecdsa), out, &signature);
}

int assay_ecdsa_verify(const assay_ecdsa *ecdsa, const uint8_t public_key[ASSAY_PUBLIC_KEY_BYTES], const uint8_t digest[ASSAY_DIGEST_BYTES], const uint8_t signature[ASSAY_SIGNATURE_BYTES]) {
    secp256k1_pubkey key;
    secp256k1_ecdsa_signature parsed;
    /* The library also takes the hybrid forms 06 and 07, which are a second encoding of the same key. */
    if (public_key[0] != 4) return 0;
    if (!secp256k1_ec_pubkey_parse(context_of(ecdsa), &key, public_key, ASSAY_PUBLIC_KEY_BYTES)) return 0;
    if (!secp256k1_ecdsa_signature_parse_compact(context_of(ecdsa), &parsed, signature)) return 0;
    /* Refuses high s: no signature has a second form. */
    return secp256k1_ecdsa_verify(context_of(ecdsa), &parsed, digest, &key);
}
